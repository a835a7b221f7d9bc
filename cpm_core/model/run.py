"""What an observer is told of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path


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
