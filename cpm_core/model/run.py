"""What an observer and a publisher are told of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from cpm_core.model.text import Locale, Text

RunState = Literal["published", "failed", "recovered"]
NO_TITLE = Text(en="", zh="")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Figure:
    """One KPI of the as-of period in words, as a message shows it; all words are in the report's language."""

    kpi: str
    """Its id."""
    title: str
    unit: str
    """One of `cpm_core.model.kpi.Unit`."""
    value: str
    """With its unit, as `£1,234` or `90.1%`; an en dash if it could not be measured."""
    change: str = ""
    """On the period before, as `+3.4%`; empty if the two cannot be compared."""
    mood: Literal["good", "bad", "flat"] = "flat"
    """Whether that change is one for the better."""
    target: str = ""
    """As `≥ 90%`; empty if there is none."""
    status: str = ""
    """`met`, `missed`, `close` (the interval straddles the target) or empty."""
    signal: str = ""
    """`above`, `below`, `run above`, `run below` or empty: out of the range of its own history."""
    signal_basis: str = ""
    """What it was seen in: `level`, or `year` for the change on the year before."""

    @property
    def calls(self) -> bool:
        """Whether it should be looked at: it misses its target, or has a signal."""
        return self.status == "missed" or bool(self.signal)


@dataclass(frozen=True)
class Run:
    """One execution of one report."""

    workbook: str
    as_of: date
    params: Path
    """The params file."""
    id: str = ""
    """As-of day and start of the key, as `2011-11-30-3f9a1c2e`; empty if the run failed before its data was read."""
    folder: Path | None = None
    """Where it was published, or where the notebook of a failed run is kept; None if there is nothing."""
    degraded: tuple[str, ...] = ()
    """What failed within a report that was published all the same, in words."""
    state: RunState = "published"
    """`recovered`: it succeeded after a failure that was told."""
    report: str = ""
    """The workbook, and behind a slash the member of a grid: the folder below `--out`."""
    title: Text = NO_TITLE
    locale: Locale = "en"
    """The report's language, and that of all words here but the problems."""
    period: str = ""
    """The as-of period in words, as `November 2011`."""
    summary: str = ""
    """The report in one sentence of counts; empty for one that failed."""
    figures: tuple[Figure, ...] = ()
    """The KPIs in the scorecard's order."""
    problems: tuple[str, ...] = ()
    """Why it failed."""
    link: str = ""
    """Where a reader opens it, if the params say where the share is; else empty."""
    recipient: str = ""
    """Who is told, for a publisher that names its recipients."""
    notice: str = ""
    """What is told, by name: the same each time it is sent, and of nothing else."""
    at: datetime = NEVER
    """When there was something to tell."""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the published files."""
        if self.folder is None or not self.folder.is_dir():
            return ()
        return tuple(sorted(path.name for path in self.folder.iterdir() if path.is_file()))
