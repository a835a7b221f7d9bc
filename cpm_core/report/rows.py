"""One line of the scorecard, read from its frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from cpm_core.model.kpi import Better, Unit
from cpm_core.model.text import Locale
from cpm_core.report import format as fmt
from cpm_core.report.inputs import SCORECARD_COLUMNS, ReportData

if TYPE_CHECKING:
    import pandas as pd

Mood = Literal["good", "bad", "flat"]

_WORDS = frozenset(
    "kpi title unit better period state reason complete_reason status previous_period change_reason year_period "
    "year_reason signal signal_reason signal_basis provider version".split()
)
_FLAGS = frozenset(("complete", "change_significant", "year_significant"))
UNMEASURED = ("failed", "blocked", "no data", "undefined")


class Row(NamedTuple):
    """The columns of `SCORECARD_COLUMNS`; missing words are empty, missing figures NaN."""

    kpi: str
    title: str
    unit: Unit
    better: Better
    period: str
    value: float
    low: float
    high: float
    n: float
    numerator: float
    denominator: float
    state: str
    reason: str
    complete: bool
    complete_reason: str
    target_low: float
    target_high: float
    status: str
    previous_period: str
    previous: float
    change: float
    change_low: float
    change_high: float
    change_reason: str
    year_period: str
    year_ago: float
    year_change: float
    year_reason: str
    change_significant: bool
    year_significant: bool
    signal: str
    signal_basis: str
    signal_reason: str
    provider: str
    version: str

    @property
    def measured(self) -> bool:
        """Whether there is a figure."""
        return self.state not in UNMEASURED and fmt.is_number(self.value)

    @property
    def has_target(self) -> bool:
        """Whether it is held against a target."""
        return fmt.is_number(self.target_low) or fmt.is_number(self.target_high)

    @property
    def judged(self) -> bool:
        """Whether a change of it may be called more than noise: on few rows nothing is."""
        return self.measured and self.state == "ok"

    @property
    def signal_way(self) -> int:
        """Where its signal points to: 1 up, -1 down, 0 if there is none."""
        if not (self.judged and self.signal):
            return 0
        return 1 if "above" in self.signal else -1

    @property
    def change_way(self) -> int:
        """Where a change on the period before points to that is more than noise: 1, -1, or 0 if it is not."""
        return sign(self.change) if self.judged and self.change_significant else 0

    @property
    def year_way(self) -> int:
        """The same of the change on the year before."""
        return sign(self.year_change) if self.judged and self.year_significant else 0

    @property
    def ways(self) -> tuple[int, ...]:
        """Where all that is more than noise points to."""
        return tuple(way for way in (self.change_way, self.year_way, self.signal_way) if way)

    @property
    def stands_out(self) -> bool:
        """Whether anything of it is more than noise."""
        return bool(self.ways)

    @property
    def why_not(self) -> str:
        """The reason why there is no figure, or no judgement on it."""
        return self.reason or self.complete_reason or self.change_reason

    def mood(self, direction: float) -> Mood:
        """Whether a move up (above 0) or down (below 0) is good."""
        if self.better == "neither" or not direction:
            return "flat"
        return "good" if (direction > 0) == (self.better == "higher") else "bad"

    def shown(self, figure: float, locale: Locale, currency: str) -> str:
        """A figure in this KPI's unit."""
        return fmt.value(figure, self.unit, locale, currency)


def sign(move: float) -> int:
    """1 up, -1 down, 0 for no move or none known."""
    return (move > 0) - (move < 0)


def read_rows(data: ReportData) -> tuple[Row, ...]:
    """The scorecard's lines, in its order."""
    return rows_of(data.scorecard)


def rows_of(scorecard: pd.DataFrame) -> tuple[Row, ...]:
    """The lines of a frame of `SCORECARD_COLUMNS`."""
    records = scorecard.to_dict("records")
    return tuple(Row(*(_cell(name, record.get(name)) for name in SCORECARD_COLUMNS)) for record in records)


def _cell(name: str, value: Any) -> Any:
    missing = value is None or value != value  # noqa: PLR0124  NaN differs from itself
    if name in _WORDS:
        return "" if missing else str(value)
    if name in _FLAGS:
        return False if missing else bool(value)
    return fmt.number(value)
