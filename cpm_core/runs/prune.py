"""`cpm runs prune`: remove old runs, never the last good one nor the one that readers see."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cpm_core.model import folders
from cpm_core.model.errors import LockedError
from cpm_core.params.paths import shown
from cpm_core.runs.asked import reports_asked
from cpm_core.runs.disk import writing
from cpm_core.runs.index import write_index
from cpm_core.runs.publish import FAILED, WORK, ReportFolder
from cpm_core.runs.record import read_record


@dataclass(frozen=True)
class _Run:
    """A run, or what is kept of a failed one; in the order of their age."""

    as_of: str
    finished: datetime
    folder: Path

    @property
    def order(self) -> tuple[str, datetime, str]:
        return self.as_of, self.finished, self.folder.name


def prune(out: Path, names: Sequence[str], keep: int, older_than: float | None = None, dry_run: bool = False) -> int:
    """Remove runs, and print which; returns the exit code: 4 if a report was left since it is being made, else 0.

    Args:
        out: Where reports are published.
        names: Reports; none: all.
        keep: Runs of each report that stay: those of the latest as-of days, of one day the last made. As many of
            what is kept of failed runs.
        older_than: Days; what was made within them stays too.
        dry_run: Remove nothing.

    Raises:
        UsageError: There is no such report.
        RunError: Something cannot be removed.
    """
    out = out.absolute()
    code = 0
    for report in reports_asked(out, names):
        folder = ReportFolder(report)
        try:
            gone = _old(folder, keep, older_than) if dry_run else _removed(folder, keep, older_than)
        except LockedError:
            sys.stdout.write(f"left {shown(report)}: a run is under way\n")
            code = LockedError.exit_code
            continue
        words = "would remove" if dry_run else "removed"
        sys.stdout.write("".join(f"{words} {shown(one)}\n" for one in gone))
    if not dry_run:
        write_index(out)
    return code


def _removed(report: ReportFolder, keep: int, older_than: float | None) -> list[Path]:
    """Remove them by rename first: nobody finds half of a run."""
    # No work folder of a run: that one would take over what a killed run keeps on a server, and drop it.
    with report.held(), folders.made(report.folder, WORK) as aside, writing(report.folder):
        gone = _old(report, keep, older_than)
        for number, folder in enumerate(gone):
            folder.rename(aside / f"gone-{number}")
            shutil.rmtree(aside / f"gone-{number}", ignore_errors=True)
    return gone


def _old(report: ReportFolder, keep: int, older_than: float | None) -> list[Path]:
    """What is to go, the oldest first. A run whose record cannot be read stays: it may be another day."""
    limit = None if older_than is None else datetime.now(UTC) - timedelta(days=older_than)
    runs = sorted((run for folder in _within(report.runs) if (run := _published(folder))), key=lambda one: one.order)
    good = [run.folder for run in runs if _there(run.folder)]
    stay = {*good[-1:], report.runs / report.latest()}
    failed = sorted(map(_failed, _within(report.folder / FAILED)), key=lambda one: one.finished)
    old = [run for run in _first(runs, keep) if run.folder not in stay] + _first(failed, keep)
    return [one.folder for one in old if limit is None or one.finished < limit]


def _within(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _first(runs: list[_Run], keep: int) -> list[_Run]:
    """All but the last so many."""
    return runs[: max(0, len(runs) - keep)]


def _published(folder: Path) -> _Run | None:
    record = read_record(folder)
    try:
        return _Run(str(record["as_of"]), datetime.fromisoformat(record["finished"]), folder) if record else None
    except (KeyError, ValueError, TypeError):
        return None


def _failed(folder: Path) -> _Run:
    return _Run("", datetime.fromtimestamp(folder.stat().st_mtime, UTC), folder)


def _there(run: Path) -> bool:
    """Whether every file of a run is there, in its size."""
    files: dict[str, Any] = (read_record(run) or {}).get("files", {})
    return bool(files) and all(
        (run / name).is_file() and (run / name).stat().st_size == about.get("bytes") for name, about in files.items()
    )
