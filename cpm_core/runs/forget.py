"""`cpm runs forget`: take a report that was never published off the list, as one of a misspelt member."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from cpm_core.model import folders
from cpm_core.model.errors import Problem, UsageError
from cpm_core.model.names import nearest
from cpm_core.params.paths import shown
from cpm_core.runs.catalogue import entries, troubles
from cpm_core.runs.disk import writing
from cpm_core.runs.index import write_index
from cpm_core.runs.publish import FAILED, RUNS, WORK, ReportFolder
from cpm_core.runs.sending.outbox import OUTBOX
from cpm_core.runs.status import STATUS

KEPT = (STATUS, FAILED, OUTBOX)
"""What there is of a report that failed. Beside it there may be the folders of a grid's members, which stay."""


def forget(out: Path, names: Sequence[str]) -> int:
    """Remove what is kept of reports that were never published, and write the page of all reports anew.

    Args:
        out: Where reports are published.
        names: Reports, as `WORKBOOK` or `WORKBOOK/MEMBER`.

    Returns:
        The exit code.

    Raises:
        UsageError: Of one of them nothing failed, or it was published; nothing is removed.
        LockedError: One of them is being made.
        RunError: Something cannot be removed.
    """
    out = out.absolute()
    wanted = [name.strip("/") for name in names]
    _check(out, wanted)
    for name in wanted:
        _remove(out / name)
        sys.stdout.write(f"removed {shown(out / name)}\n")
    write_index(out)
    return 0


def _check(out: Path, names: Sequence[str]) -> None:
    failed = {one.report for one in troubles(out)}
    # A run whose record cannot be read is one too: the share may be down for a moment.
    published = {one.report for one in entries(out)} | {name for name in failed if any((out / name / RUNS).glob("*"))}
    never = sorted(failed - published)
    problems = []
    for name in names:
        if name in published:
            fix = "`cpm runs prune` removes its old runs; to remove all of it, remove its folder."
            problems.append(Problem(f"report {name!r} was published", str(out / name), fix=fix))
        elif name not in never:
            fix = (
                f"There are: {', '.join(never)}."
                if never
                else "There is none: each that failed was published before. `cpm runs list` shows them."
            )
            what = f"there is no report {name!r} that failed and was never published"
            problems.append(Problem(what, str(out), nearest(name, never), fix))
    if problems:
        raise UsageError(problems)


def _remove(folder: Path) -> None:
    report = ReportFolder(folder)
    with report.held(), folders.made(folder, WORK) as aside, writing(folder):
        for path in (folder / name for name in KEPT):
            if path.exists():
                path.rename(aside / path.name)
        shutil.rmtree(aside, ignore_errors=True)
