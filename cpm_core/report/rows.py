"""One line of the scorecard, read from its frame."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from cpm_core.model.kpi import Better, Unit
from cpm_core.model.text import Locale
from cpm_core.report import format as fmt
from cpm_core.report.inputs import SCORECARD_COLUMNS, ReportData

Mood = Literal["good", "bad", "flat"]

_WORDS = frozenset(
    "kpi title unit better period state reason complete_reason status previous_period change_reason year_period "
    "year_reason signal signal_reason provider version".split()
)
_FLAGS = frozenset(("complete", "significant"))
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
    significant: bool
    signal: str
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
    def stands_out(self) -> bool:
        """Whether its change is more than noise."""
        return self.measured and self.state == "ok" and (self.significant or bool(self.signal))

    @property
    def by_year(self) -> bool:
        """Whether it can be compared with the year before only."""
        return not fmt.is_number(self.change) and fmt.is_number(self.year_change)

    @property
    def why_not(self) -> str:
        """The reason why there is no figure, or no judgement on it."""
        return self.reason or self.complete_reason or self.change_reason

    def mood(self, direction: float) -> Mood:
        """Whether a move up (above 0) or down (below 0) is good."""
        if self.better == "neither" or not direction:
            return "flat"
        return "good" if (direction > 0) == (self.better == "higher") else "bad"

    @property
    def direction(self) -> int:
        """Where what stands out points to: 1 up, -1 down."""
        if self.significant:
            move = self.year_change if self.by_year else self.change
            return (move > 0) - (move < 0)
        return 1 if "above" in self.signal else -1 if "below" in self.signal else 0

    def shown(self, figure: float, locale: Locale, currency: str) -> str:
        """A figure in this KPI's unit."""
        return fmt.value(figure, self.unit, locale, currency)


def read_rows(data: ReportData) -> tuple[Row, ...]:
    """The scorecard's lines, in its order."""
    records = data.scorecard.to_dict("records")
    return tuple(Row(*(_cell(name, record.get(name)) for name in SCORECARD_COLUMNS)) for record in records)


def _cell(name: str, value: Any) -> Any:
    missing = value is None or value != value  # noqa: PLR0124  NaN differs from itself
    if name in _WORDS:
        return "" if missing else str(value)
    if name in _FLAGS:
        return False if missing else bool(value)
    return fmt.number(value)
