"""Make one report: prepare, measure, run the notebook, render, publish."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from cpm_core.engine.notes import kept
from cpm_core.model.errors import CpmError, LockedError, PluginError, Problem, RunError
from cpm_core.model.run import Run
from cpm_core.model.secrets import scrubbed
from cpm_core.model.secrets.references import know_those_in
from cpm_core.model.startup import without_collection
from cpm_core.params.paths import shown
from cpm_core.params.strictness import is_strict
from cpm_core.runs.attempts import Attempts
from cpm_core.runs.console import problems_of
from cpm_core.runs.deadline import Deadline
from cpm_core.runs.disk import told_of_disk
from cpm_core.runs.forms import write_forms
from cpm_core.runs.index import try_to_write_index, write_index
from cpm_core.runs.key import code_hash, next_id, notebook_hash, run_id, run_key
from cpm_core.runs.lock import locked
from cpm_core.runs.notebooks import as_far_as_it_came
from cpm_core.runs.observers import observe
from cpm_core.runs.publish import ReportFolder, Work
from cpm_core.runs.record import kpis_of, read_record, write_record
from cpm_core.runs.request import Request
from cpm_core.runs.sending.news import post, send_on, tell_failure
from cpm_core.runs.status import now
from cpm_core.runs.tracked import Tracked

if TYPE_CHECKING:
    from cpm_core.workbook import Workbook

Step = Callable[[str], None]

NOTEBOOK = "report.ipynb"
ACTIONS = "actions.csv"
LOG = "kernel.log"
STOPPING = 20.0
"""Seconds that a notebook has for being stopped and saved, once the run's limit is reached."""


@dataclass(frozen=True)
class Outcome:
    """How one report ended; travels between processes."""

    report: str
    """Its name, as of the request."""
    state: Literal["published", "unchanged", "failed"]
    code: int
    """The exit code that it has by itself."""
    folder: Path | None = None
    problems: tuple[Problem, ...] = ()
    """Why it failed, or what is degraded in it."""
    trace: str = ""


@dataclass(frozen=True)
class Order:
    """A request, and where and how it is to be done."""

    request: Request
    out: Path
    """An absolute path."""
    force: bool = False
    shared: Path | None = None
    """Where reports of a batch find each other's prepared tables."""
    alone: bool = True
    """Whether the page of all reports is written when it ends; a batch writes it once for all."""
    backfill: bool = False
    """Whether it fills in an earlier period: readers go on to see the report of a later one."""
    quiet: bool = False
    """Whether publishers are not called, neither with the report nor with a failure."""


def attempt(order: Order, step: Step) -> Outcome:
    """Make a report; an error becomes an outcome."""
    try:
        # What is made here is of use to the end, and then goes as a whole.
        with without_collection():
            return make_report(order, step)
    except Exception as error:  # noqa: BLE001  # whatever it is, other reports of the batch go on
        problems, code = problems_of(error)
        trace = scrubbed(traceback.format_exc())
        if not isinstance(error, LockedError) and not order.quiet:
            one = order.request
            problems = (
                *problems,
                *tell_failure(order.out / one.report, one.report, one.params, one.overrides, problems),
            )
        return Outcome(order.request.report, "failed", code, None, tuple(problems), trace)


def make_report(order: Order, step: Step) -> Outcome:
    """Make a report and publish it, unless the same run is there already.

    Raises:
        CpmError: It failed; nothing is published, `latest` is as it was.
        LockedError: Another process makes it.
    """
    folder = ReportFolder(order.out / order.request.report)
    with folder.held():
        tracked = Tracked(folder.folder, order.request, step)
        try:
            outcome = _attempts(order, folder, tracked)
        except BaseException as error:
            told = told_of_disk(error)
            tracked.failed(told)
            if order.alone:
                try_to_write_index(order.out)
            if told is error:
                raise
            raise told from error
        tracked.ended(outcome)
        if order.alone:
            try_to_write_index(order.out)
        return outcome


def _attempts(order: Order, folder: ReportFolder, tracked: Tracked) -> Outcome:
    """The outcome of the attempt that ended well.

    Raises:
        Exception: What the last one failed of.
    """
    attempts = Attempts(tracked)
    while True:
        with folder.aside() as work:
            outcome = _one(order, folder, work, tracked, attempts)
        if isinstance(outcome, Outcome):
            return outcome
        time.sleep(outcome)


def _one(order: Order, folder: ReportFolder, work: Work, tracked: Tracked, attempts: Attempts) -> Outcome | float:
    """One attempt; the seconds to wait if there is to be another."""
    from cpm_core import workbook

    request, making = order.request, None
    try:
        book = workbook.open(
            request.params, overrides=request.overrides, work=work.tables, shared=order.shared, progress=tracked.step
        )
        try:
            making = _Making(order, folder, work, book, tracked, attempts.deadline(book.params))
            return making.outcome()
        finally:
            book.close(dropping=work.tables if kept(work.tables) else None)
    except Exception as error:
        wait = attempts.wait(error)
        if wait is not None:
            return wait
        if making is not None:
            making.failed(error)
        raise
    except (KeyboardInterrupt, SystemExit):
        if making is not None:
            making.stopped()
        raise


class _Making:
    """One attempt at a report."""

    def __init__(
        self, order: Order, folder: ReportFolder, work: Work, book: Workbook, tracked: Tracked, deadline: Deadline
    ) -> None:
        self.order, self.request, self.deadline = order, order.request, deadline
        self.folder, self.work, self.book, self.tracked = folder, work, book, tracked
        self.step = tracked.step
        self.timings: dict[str, float] = {}
        self.started = now()
        self.notebook_hash = notebook_hash(self.request.notebook)
        know_those_in(self.request.notebook.read_text(encoding="utf-8"))
        self.key = self.id = self.kernel = ""

    def outcome(self) -> Outcome:
        with self.deadline.watching():
            same = self._same()
            degraded = () if same is not None else self._made()
        return self._unchanged(same) if same is not None else self._published(degraded)

    def failed(self, error: Exception) -> NoReturn:
        """Keep what there is of it, tell observers, and raise the error with where it is kept.

        Raises:
            Exception: The error.
        """
        kept = None
        # On a full disk nothing more can be kept; why the run failed is told all the same.
        with contextlib.suppress(OSError, RunError):
            kept = self._keep(error)
        observe(self.book.registry.hook, "cpm_run_failed", run=self._told(kept), error=error)
        if kept is None:
            raise error
        self.tracked.knows(kept=kept.relative_to(self.folder.folder).as_posix())
        if isinstance(error, CpmError):
            raise type(error)(as_far_as_it_came(error, kept / NOTEBOOK)) from error
        raise error

    def stopped(self) -> None:
        """Keep what there is of it; whoever stopped it knows."""
        with contextlib.suppress(OSError, RunError):
            kept = self._keep(RunError("the run was stopped"))
            if kept is not None:
                self.tracked.knows(kept=kept.relative_to(self.folder.folder).as_posix())

    def _same(self) -> Path | None:
        """The run that is there already with the same key; the data are read for it."""
        self.tracked.knows(as_of=str(self.book.settings.as_of))
        with self._timed("prepare", "reading the data"), self._alone():
            self.book.prepare()
        self.key = run_key(
            self.notebook_hash, self.book.identity(), self.book.fingerprints, self.request.notebook_parameters
        )
        first = run_id(self.book.settings.as_of, self.key)
        same = None if self.order.force else self.folder.existing(self.key, first)
        if same is None:
            self.id = next_id(first, self.folder.runs)
            self.tracked.knows(run=self.id)
        return same

    def _made(self) -> tuple[Problem, ...]:
        """Make everything, the record too; what is degraded."""
        unseen = observe(self.book.registry.hook, "cpm_run_started", run=self._told())
        strict = is_strict(self.book.params)
        if unseen and strict:
            raise PluginError(unseen)
        self._make()
        degraded = (*self.book.degraded(), *unseen)
        if degraded and strict:
            raise PluginError(degraded)
        self._record(degraded)
        return degraded

    def _published(self, degraded: tuple[Problem, ...]) -> Outcome:
        self.tracked.phase("publishing")
        if not self.order.quiet:
            post(self.folder.folder, self._told(self.folder.runs / self.id, tuple(map(str, degraded))), self.book)
        target = self.folder.publish(self.work, self.id, pointing=self._newest())
        told = self._told(target, tuple(map(str, degraded)))
        unlisted, wrong = self._after(self._listed), self._after(lambda: self._spread(told))
        return self._outcome_of("published", target, degraded, unlisted, wrong)

    def _outcome_of(
        self, state: Literal["published", "unchanged"], folder: Path, *problems: Sequence[Problem]
    ) -> Outcome:
        """Of a report that stands; the last of the problems are of publishers and observers."""
        every = tuple(problem for some in problems for problem in some)
        code = 1 if problems[-1] and is_strict(self.book.params) else 3 if every else 0
        return Outcome(self.request.report, state, code, folder, every)

    def _after(self, step: Callable[[], Sequence[Problem]]) -> Sequence[Problem]:
        """What is done after a report stands: what goes wrong is told, and takes nothing back."""
        try:
            return step()
        except Exception as error:  # noqa: BLE001  # whatever it is, the report is published
            return problems_of(told_of_disk(error))[0]

    def _listed(self) -> Sequence[Problem]:
        if self.order.alone:
            write_index(self.order.out)
        return ()

    def _spread(self, told: Run) -> list[Problem]:
        """Publishers and observers are told of a report that stands; what fails of them is told, and harms nothing."""
        return self._sent(told) + observe(self.book.registry.hook, "cpm_run_published", run=told)

    def _sent(self, told: Run) -> list[Problem]:
        return [] if self.order.quiet else send_on(self.folder.folder, told, self.book, self.step)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Of reports that share their tables one prepares them, and the others wait for it."""
        if self.order.shared is None:
            yield
            return
        folder = self.book.tables_folder
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, "the tables", wait=True):
            yield

    def _unchanged(self, same: Path) -> Outcome:
        """The same run is there: nothing is made, but readers see it (again)."""
        moved = self.folder.latest() != same.name and self._newest()
        if moved:
            self.folder.point(self.work, same.name)
        record = read_record(same) or {}
        degraded = tuple(Problem(str(words)) for words in record.get("degraded", ()))
        state: Literal["published", "unchanged"] = "published" if moved else "unchanged"
        self.id = same.name
        unlisted = self._after(self._listed) if moved else ()
        told = self._told(same)
        wrong = self._after(lambda: self._sent(told))
        return self._outcome_of(state, same, degraded, unlisted, wrong)

    def _newest(self) -> bool:
        """Whether readers are to see it: not what fills in a period before the one that they see."""
        return not self.order.backfill or self.folder.latest_as_of() <= str(self.book.settings.as_of)

    def _make(self) -> None:
        """Everything but the record."""
        book, run = self.book, self.work.run
        with self._timed("measure", "measuring"):
            frames = {"facts": book.facts().assign(run=self.id), "customers": book.customers()}
            frames["rejects"] = book.rejects()
            book.scorecard()
            # Worked out here, where much of it is known already: the notebook's kernel finds it.
            book.hand_over()
            for name, frame in frames.items():
                frame.to_parquet(run / f"{name}.parquet", index=False)
            if book.params.plan is not None:
                from cpm_core.report.actions_csv import write_actions

                write_actions(book.plan().frame, run / ACTIONS)
        with self._timed("notebook", "running the notebook"):
            notebook = self._notebook()
        write_forms(book, notebook, frames, run, self.work.folder, self._timed)

    def _notebook(self) -> Any:
        from cpm_core.data import WORK
        from cpm_core.runs.execute import execute
        from cpm_core.workbook import RUN

        limits = replace(self.book.params.limits.run_limits(), run=self.deadline.left())
        # The notebook has the limit itself: it is kept as far as it came, and says where it stopped.
        with self.deadline.later(STOPPING):
            return execute(
                self.request.notebook,
                self.work.run / NOTEBOOK,
                self.request.notebook_values(),
                folder=self.request.folder,
                environment={WORK: str(self.work.tables), RUN: self.id},
                log=self.work.failed / LOG,
                limits=limits,
                progress=self.tracked.step,
                started=partial(setattr, self, "kernel"),
                again=self.request.command(),
            )

    def _record(self, degraded: tuple[Problem, ...]) -> None:
        book, request = self.book, self.request
        about = {
            "workbook": request.workbook,
            "member": request.member,
            "run": self.id,
            "key": self.key,
            "title": {"en": book.title.en, "zh": book.title.zh},
            "locale": book.params.locale,
            "as_of": str(book.settings.as_of),
            "period": book.period.label,
            "started": self.started,
            "finished": now(),
            "degraded": [str(one) for one in degraded],
            "params": shown(request.params),
            "notebook": {"file": request.notebook.name, "sha256": self.notebook_hash},
            "code": code_hash(),
            "notebook_parameters": request.notebook_parameters,
            "said": [{"key": one.key, "value": one.value, "by": one.origin} for one in request.overrides],
            **book.provenance(),
            "kpis": kpis_of(book.facts(), book.period.label),
            "attempts": self.tracked.attempts,
            "kernel": self.kernel,
            "timings": {name: round(seconds, 3) for name, seconds in self.timings.items()},
        }
        write_record(self.work.run, about)

    def _keep(self, error: Exception) -> Path | None:
        """Keep the notebook as far as it came, and say why it ended; None if it was not begun."""
        notebook = self.work.run / NOTEBOOK
        if not self.id or not notebook.is_file():
            return None
        words = [str(error)] if isinstance(error, CpmError) else traceback.format_exception(error)
        (self.work.failed / "error.txt").write_text(scrubbed("".join(words)).rstrip() + "\n", encoding="utf-8")
        notebook.rename(self.work.failed / NOTEBOOK)
        log = self.work.failed / LOG
        if log.is_file() and not log.stat().st_size:
            log.unlink()
        return self.folder.keep_failed(self.work, self.id)

    def _told(self, folder: Path | None = None, degraded: tuple[str, ...] = ()) -> Run:
        request, as_of = self.request, self.book.settings.as_of
        return Run(request.workbook, as_of, request.params, self.id, folder, degraded, report=request.report)

    @contextlib.contextmanager
    def _timed(self, name: str, words: str) -> Iterator[None]:
        self.tracked.phase(words)
        begun = time.perf_counter()
        yield
        self.timings[name] = time.perf_counter() - begun
