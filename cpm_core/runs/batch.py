"""`cpm run`: check everything, then make the reports."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cpm_core.engine.notes import kept
from cpm_core.model.errors import CpmError, Problem, UsageError
from cpm_core.params.overrides import Override
from cpm_core.params.paths import shown
from cpm_core.runs.console import DEBUG, Steps, panel, standard_error, tell
from cpm_core.runs.pool import Ended, each
from cpm_core.runs.publish import check_writable, shared_tables
from cpm_core.runs.report import Order, Outcome, attempt
from cpm_core.runs.request import Request, request

if TYPE_CHECKING:
    from rich.console import Console

STOPPED = 130


def run_reports(
    paths: Sequence[str],
    overrides: Sequence[Override],
    out: Path,
    jobs: int = 1,
    force: bool = False,
    console: Console | None = None,
) -> int:
    """Make reports and publish them.

    Args:
        paths: Params files, or bare names.
        overrides: What was said outside the files, for each of them.
        out: Where reports are published.
        jobs: Reports at a time; more than one run in processes of their own.
        force: Run again though nothing has changed.
        console: Standard error, where steps and errors are shown.

    Returns:
        The exit code: of a single report its own; of several 0 all published, 3 some, 1 none. 2: wrong usage
        or params, told before anything starts.
    """
    told = console or standard_error()
    try:
        requests = _checked(paths, overrides, out)
        with shared_tables(out.absolute()) as shared, Steps(told).shown() as steps:
            orders = [Order(one, out.absolute(), force, shared) for one in requests]
            try:
                outcomes = [_show(one, steps, out) for one in _made(orders, jobs, steps)]
            finally:
                _drop(shared, requests)
    except CpmError as error:
        return tell(error, told)
    except KeyboardInterrupt:
        return STOPPED
    return exit_code([one.code for one in outcomes])


def exit_code(codes: Sequence[int]) -> int:
    """The exit code of a batch from those of its reports; a single one keeps its own."""
    if len(codes) == 1:
        return codes[0]
    if all(code == 0 for code in codes):
        return 0
    return 3 if any(code in (0, 3) for code in codes) else 1


def _checked(paths: Sequence[str], overrides: Sequence[Override], out: Path) -> list[Request]:
    """The requests, if nothing is wrong with any of them.

    Raises:
        UsageError: All that is wrong, of all files.
    """
    requests: list[Request] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            one, _ = request(path, overrides)
            _check_names(one)
            requests.append(one)
        except UsageError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    problems += _twice(requests)
    if problems:
        raise UsageError(problems)
    try:
        check_writable(out, [one.report for one in requests])
    except OSError as error:
        words = f"reports cannot be written: {error.strerror or error}"
        raise UsageError(words, where=f"--out {out}", fix="Name a folder that you may write.") from None
    return requests


def _check_names(one: Request) -> None:
    """See that KPIs, sources and rules are there. A plugin that does not load is that report's own failure."""
    from cpm_core import workbook

    try:
        workbook.open(one.params, overrides=one.overrides, work=Path()).close()
    except UsageError:
        raise
    except CpmError:
        return


def _drop(shared: Path, requests: Sequence[Request]) -> None:
    """Drop what servers keep of the tables that the reports shared; what is in files goes with the folder."""
    from cpm_core import workbook

    for one in requests if kept(shared) else ():
        with contextlib.suppress(CpmError):
            book = workbook.open(one.params, overrides=one.overrides, work=shared, shared=shared)
            # The last one drops what an earlier batch has left that was killed.
            book.close(dropping=shared if one is requests[-1] else book.tables_folder)


def _twice(requests: Sequence[Request]) -> list[Problem]:
    """Two reports that would be published into one folder."""
    first: dict[str, Request] = {}
    problems = []
    for one in requests:
        other = first.setdefault(one.workbook, one)
        if other is not one:
            what = f"workbook {one.workbook!r} is asked for twice: {shown(other.params)} and {shown(one.params)}"
            fix = "Give each its own `workbook:` name, or run them one after the other."
            problems.append(Problem(what, shown(one.params), fix=fix))
    return problems


def _made(orders: Sequence[Order], jobs: int, steps: Steps) -> Iterator[Outcome]:
    names = [one.request.report for one in orders]
    if jobs <= 1 or len(orders) == 1:
        for name, order in zip(names, orders, strict=True):
            yield attempt(order, partial(steps.step, name))
        return
    for place, told in each(orders, attempt, jobs, lambda place, words: steps.step(names[place], words)):
        yield _died(names[place], told) if isinstance(told, Ended) else told


def _died(report: str, ended: Ended) -> Outcome:
    words = f"the process of report {report} ended without an answer (exit code {ended.exit_code})"
    return Outcome(report, "failed", 1, problems=(Problem(words, fix="Most often memory ran out; try --jobs 1."),))


def _title(outcome: Outcome) -> str:
    """Of the panel of a report that stands though something failed; empty: that of its exit code."""
    if outcome.state == "failed":
        return ""
    what = "degraded" if outcome.code == 3 else "`strict`, and something failed"
    return f"Published, but {what}: {outcome.report}"


def _show(outcome: Outcome, steps: Steps, out: Path) -> Outcome:
    steps.finished(outcome.report)
    if outcome.folder is not None and outcome.state != "failed":
        steps.line(f"{outcome.state} {out / outcome.folder.relative_to(out.absolute())}")
    if outcome.problems:
        panel(outcome.problems, outcome.code, steps.console, _title(outcome))
    if outcome.trace and DEBUG.get():
        sys.stderr.write(outcome.trace)
    return outcome
