"""`cpm run`: check everything, then make the reports."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from cpm_core.engine.notes import kept
from cpm_core.model.errors import CpmError, Problem, UsageError
from cpm_core.params.overrides import Override
from cpm_core.runs.combined import FACTS, write_facts
from cpm_core.runs.console import DEBUG, TITLES, Steps, panel, standard_error, tell
from cpm_core.runs.expand import ALL, Asked, Wanted, expand
from cpm_core.runs.failed import not_made
from cpm_core.runs.index import write_index
from cpm_core.runs.memory import Room
from cpm_core.runs.pool import each
from cpm_core.runs.publish import check_writable, shared_tables
from cpm_core.runs.report import Order, Outcome, attempt
from cpm_core.runs.request import Request
from cpm_core.runs.sending.news import tell_failure, tell_refused
from cpm_core.runs.status import now, read_status, write_status
from cpm_core.runs.survey import needs_data, survey
from cpm_core.runs.warm.server import fork_server
from cpm_core.runs.worker import Ended

if TYPE_CHECKING:
    from rich.console import Console

STOPPED = 130
HERE = 4
"""Reports that this process makes by itself if they are made one by one; of more each takes its turn in a process
that is replaced now and then, so that one which dies takes no other with it."""
LEFT_OUT = "Left out; the other periods are made"
MOST_NAMED = 20
"""Failed reports that are named at the end of a batch; each was told as it failed."""
INDEX_EVERY = 30
"""Seconds after which the page of all reports is written anew while a batch goes on."""


def run_reports(
    paths: Sequence[str],
    overrides: Sequence[Override],
    out: Path,
    jobs: int = 1,
    force: bool = False,
    wanted: Wanted = ALL,
    memory: int | None = None,
    console: Console | None = None,
) -> int:
    """Make reports and publish them.

    Args:
        paths: Params files, bare names, or patterns of files.
        overrides: What was said outside the files, for each of them.
        out: Where reports are published.
        jobs: Reports at a time at most; more than one run in processes of their own.
        force: Run again though nothing has changed.
        wanted: Which reports of each file: members of a grid, periods, those that failed.
        memory: Bytes that all reports under way may take together; left out: most of what is free.
        console: Standard error, where steps and errors are shown.

    Returns:
        The exit code: of a single report its own; of several 0 all published, 3 some, 1 none. 2: wrong usage
        or params, told before anything starts.
    """
    told = console or standard_error()
    try:
        with contextlib.ExitStack() as stack:
            sharing = partial(stack.enter_context, shared_tables(out.absolute()))
            shared = sharing() if wanted.reads else None
            asked = _to_make(expand(paths, overrides, wanted, shared), out, wanted, told)
            if not asked:
                return 0
            shared = shared or sharing()
            stack.callback(_drop, shared, [one.request for one in asked])
            if needs_data(asked, out, wanted):
                # It imports beside the reading.
                stack.enter_context(fork_server())
                asked = _that_data_allow(asked, out, wanted, shared, told)
                if not asked:
                    return 0
            return _Batch(asked, out, Steps(told, len(asked)), wanted).run(shared, jobs, force, memory)
    except CpmError as error:
        unsent: list[Problem] = []
        if isinstance(error, UsageError) and not wanted.quiet:
            unsent = tell_refused(paths, overrides, out.absolute(), error)
        # A publisher without its secret cannot tell that this secret is missing; that is told once, below.
        if unsent := [one for one in dict.fromkeys(unsent) if one not in error.problems]:
            panel(unsent, 1, told)
        return tell(error, told)
    except KeyboardInterrupt:
        return STOPPED


def exit_code(codes: Sequence[int]) -> int:
    """The exit code of a batch from those of its reports; a single one keeps its own."""
    if len(codes) == 1:
        return codes[0]
    if all(code == 0 for code in codes):
        return 0
    return 3 if any(code in (0, 3) for code in codes) else 1


def _to_make(asked: list[Asked], out: Path, wanted: Wanted, told: Console) -> list[Asked]:
    """Those of the reports that are to be made, if they can be written.

    Raises:
        UsageError: They cannot.
    """
    if wanted.failed_only:
        left = not_made(asked, out)
        told.print(f"{len(left)} of {len(asked)} failed or were never made", highlight=False)
        asked = left
    try:
        check_writable(out, list(dict.fromkeys(one.request.report for one in asked)))
    except OSError as error:
        words = f"reports cannot be written: {error.strerror or error}"
        raise UsageError(words, where=f"--out {out}", fix="Name a folder that you may write.") from None
    return asked


def _that_data_allow(asked: Sequence[Asked], out: Path, wanted: Wanted, shared: Path, told: Console) -> list[Asked]:
    """The reports without those of periods that the data do not have, which are told.

    Raises:
        UsageError: No period is left, or a member of a grid is not there.
    """
    steps = Steps(told)
    with steps.shown():
        left, unfit = survey(asked, out, wanted, shared, steps.step)
    if unfit:
        panel(unfit, 2, told, LEFT_OUT)
    return left


class _Batch:
    """Reports that are made together: one after the other, or several at a time."""

    def __init__(self, asked: Sequence[Asked], out: Path, steps: Steps, wanted: Wanted) -> None:
        self.requests = [one.request for one in asked]
        self.out, self.steps, self.wanted = out, steps, wanted
        self.many = len(asked) > 1
        names = [one.request.report for one in asked]
        # Of a backfill the day tells them apart.
        self.names = [
            name if names.count(name) == 1 else f"{name} {one.params.as_of}"
            for name, one in zip(names, asked, strict=True)
        ]
        self.states: Counter[str] = Counter()
        self.failed: list[str] = []
        self._indexed = time.monotonic()

    def run(self, shared: Path, jobs: int, force: bool, memory: int | None) -> int:
        """Make them all; returns the exit code."""
        out, quiet = self.out.absolute(), self.wanted.quiet
        backfill = bool(self.wanted.backfill) or self.wanted.keep_latest
        with fork_server(), self.steps.shown():
            orders = [Order(one, out, force, shared, not self.many, backfill, quiet) for one in self.requests]
            try:
                with contextlib.closing(self._made(orders, jobs, memory)) as made:
                    codes = [self._show(name, outcome) for name, outcome in made]
            finally:
                wrong = self._index() if self.many else []
        wrong += self._facts()
        if self.many:
            self._sum_up()
        if wrong:
            panel(wrong, 1, self.steps.console, "The reports stand, but not what is made of all of them")
        return exit_code(codes) or (3 if wrong else 0)

    def _made(self, orders: Sequence[Order], jobs: int, memory: int | None) -> Generator[tuple[str, Outcome]]:
        if len(orders) == 1 or (jobs <= 1 and len(orders) <= HERE):
            for name, order in zip(self.names, orders, strict=True):
                yield name, attempt(order, partial(self.steps.step, name))
            return
        # Two of one report would find its lock held.
        found = each(orders, attempt, max(1, jobs), self._step, Room(memory), attrgetter("request.report"))
        with contextlib.closing(found) as answers:
            for place, told in answers:
                name = self.names[place]
                yield name, _died(orders[place], told) if isinstance(told, Ended) else told

    def _step(self, place: int, words: str) -> None:
        self.steps.step(self.names[place], words)

    def _show(self, name: str, outcome: Outcome) -> int:
        """Tell how one ended; returns its exit code."""
        failed = outcome.state == "failed"
        self.states[outcome.state] += 1
        self.failed += [name] if failed else []
        self.steps.finished(name, failed)
        if outcome.folder is not None and not failed:
            self.steps.line(f"{outcome.state} {self.out / outcome.folder.relative_to(self.out.absolute())}")
        if outcome.problems:
            panel(outcome.problems, outcome.code, self.steps.console, self._title(name, outcome))
        if outcome.trace and DEBUG.get():
            sys.stderr.write(outcome.trace)
        if self.many and time.monotonic() > self._indexed + INDEX_EVERY:
            self._index()
        return outcome.code

    def _title(self, name: str, outcome: Outcome) -> str:
        """Of the panel of a report; empty: that of its exit code."""
        if outcome.state != "failed":
            what = "degraded" if outcome.code == 3 else "`strict`, and something failed"
            return f"Published, but {what}: {name}"
        return f"{TITLES.get(outcome.code, 'Failed')}: {name}" if self.many else ""

    def _index(self) -> list[Problem]:
        self._indexed = time.monotonic()
        return _tried(write_index, self.out)

    def _facts(self) -> list[Problem]:
        """The facts of all reports; a single report brings those up to date that are there."""
        there = (self.out / FACTS).is_file()
        wanted = self.states["published"] > 0 if there else self.many
        return _tried(write_facts, self.out) if wanted else []

    def _sum_up(self) -> None:
        words = ", ".join(f"{count} {state}" for state, count in self.states.items())
        self.steps.tell(f"{words}{': ' if self.failed else ''}{', '.join(self.failed[:MOST_NAMED])}")
        if self.failed:
            self.steps.tell("The same line with --failed-only makes these again.")


def _tried(write: Callable[[Path], object], out: Path) -> list[Problem]:
    """What stands in the way of writing something for all reports of a folder."""
    try:
        write(out)
    except OSError as error:
        fix = "Make room or give the right to write; the next run writes it."
        return [Problem(f"it cannot be written: {error.strerror or error}", str(error.filename or out), fix=fix)]
    return []


def _drop(shared: Path, requests: Sequence[Request]) -> None:
    """Drop what servers keep of the tables that the reports shared; what is in files goes with the folder."""
    from cpm_core import workbook

    for one in requests if kept(shared) else ():
        with contextlib.suppress(CpmError):
            book = workbook.open(one.params, overrides=one.overrides, work=shared, shared=shared)
            # The last one drops what an earlier batch has left that was killed.
            book.close(dropping=shared if one is requests[-1] else book.tables_folder)


def _died(order: Order, ended: Ended) -> Outcome:
    """The outcome of a report whose process is gone; it could tell nobody, so this one does."""
    one = order.request
    what = f"the process of report {one.report} {ended.words}"
    problems = [Problem(what, fix="Most often memory ran out: give more, or less at a time (--jobs 1).")]
    folder = order.out / one.report
    status = read_status(folder)
    # Unless another runner has begun since.
    if status is not None and status.state == "died":
        told = tuple(map(str, problems))
        write_status(folder, replace(status, state="failed", finished=now(), exit_code=1, problems=told))
    if not order.quiet:
        problems += tell_failure(folder, one.report, one.params, one.overrides, problems)
    return Outcome(one.report, "failed", 1, problems=tuple(problems))
