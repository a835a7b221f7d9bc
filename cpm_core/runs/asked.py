"""Which reports and runs are meant by words of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cpm_core.model.errors import Problem, UsageError
from cpm_core.model.names import nearest
from cpm_core.runs.publish import RUNS, report_folders


def reports_asked(out: Path, names: Sequence[str]) -> list[Path]:
    """The folders of reports, all of them if none is named.

    Raises:
        UsageError: There is no such report, or no folder of reports.
    """
    there = {folder.relative_to(out).as_posix(): folder for folder in _known(out)}
    problems = [_unknown(name, there) for name in names if name.strip("/") not in there]
    if problems:
        raise UsageError(problems)
    return [there[name.strip("/")] for name in names] or list(there.values())


def runs_asked(out: Path, names: Sequence[str], whole: bool, latest_of: dict[Path, str]) -> list[Path]:
    """The folders of runs: of each report the last one, or all; or the runs that are named as `REPORT/RUN`.

    Args:
        out: Where reports are published.
        names: Reports and runs; none: all reports.
        whole: All runs of a report instead of the last one.
        latest_of: The id of the last run of a report's folder; filled in for each report that is looked at.

    Raises:
        UsageError: There is no such report or run.
    """
    from cpm_core.runs.pointers import latest

    runs = {_name(out, run): run for report in _known(out) for run in _runs(report)}
    asked = [name.strip("/").replace(f"/{RUNS}/", "/") for name in names]
    found = [runs[name] for name in asked if name in runs]
    reports = [name for name in asked if name not in runs]
    for report in reports_asked(out, reports) if reports or not names else []:
        latest_of[report] = latest(report)
        every = _runs(report)
        found += every if whole else [run for run in every if run.name == latest_of[report]]
    return found


def _known(out: Path) -> list[Path]:
    if not out.is_dir():
        raise UsageError(f"there is no folder {out}", where="--out", fix="Make a report first: `cpm run PARAMS`.")
    return report_folders(out)


def _runs(report: Path) -> list[Path]:
    return sorted(path for path in (report / RUNS).iterdir() if path.is_dir())


def _name(out: Path, run: Path) -> str:
    return f"{run.parent.parent.relative_to(out).as_posix()}/{run.name}"


def _unknown(name: str, there: dict[str, Path]) -> Problem:
    fix = f"There are: {', '.join(there)}." if there else "Make a report first: `cpm run PARAMS`."
    return Problem(f"there is no report {name!r}", "", nearest(name, there), fix)
