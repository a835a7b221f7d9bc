"""`--failed-only`: which of the reports that are asked for have to be made again, or were never made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from cpm_core.runs.expand import Asked
from cpm_core.runs.publish import RUNS
from cpm_core.runs.record import RECORD
from cpm_core.runs.status import read_status


def not_made(asked: Sequence[Asked], out: Path) -> list[Asked]:
    """Those whose last attempt failed or died, and those that were never made."""
    return [one for one in asked if _to_make(out / one.request.report, one.params.as_of)]


def _to_make(report: Path, as_of: date) -> bool:
    status = read_status(report)
    if status is not None and status.as_of in ("", as_of.isoformat()):
        return status.state in ("failed", "died")
    # The last attempt was of another day, or was made before attempts were noted.
    return not any((report / RUNS).glob(f"{as_of.isoformat()}-*/{RECORD}"))
