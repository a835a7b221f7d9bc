"""Send what waits in the outbox of a report.

A report reaches each recipient at most once: what is not known to have failed is not sent again. Alerts (failure and
recovery) reach them at least once: what is not known to have arrived is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from cpm_core.hooks.blame import blamed
from cpm_core.model.errors import CpmError, NotSentError, PerhapsSentError, Problem
from cpm_core.model.run import Run
from cpm_core.model.secrets import scrubbed
from cpm_core.params.schema import Params
from cpm_core.runs.record import read_record
from cpm_core.runs.sending.outbox import Event, Outbox, Row
from cpm_core.runs.sending.told import from_plain
from cpm_core.runs.sending.uses import Use

log = logging.getLogger(__name__)

WAITS = (1.0, 4.0, 10.0)
"""Seconds before each further try of this run, where nobody was reached and that may heal."""
STALE = timedelta(hours=24)
"""What could not be sent for so long is news no more: it is told as not sent."""
_PACKAGE = Path(__file__).resolve().parents[2]
MOST_UNSURE = 3
"""How often an alert is sent that may have arrived each time."""

_STANDS = "The report stands; "
_AGAIN = "the next run tries again, until a day after there was something to send."
_FORCE = "`cpm run --force` makes and sends it again."
_PERHAPS = "Ask whether it has arrived: it is not sent again. `cpm run --force` makes and sends the report again."
_ALERT = "The next run sends it again."


class Delivery:
    """One look at the outbox of a report, with the report's lock held."""

    def __init__(self, report: Path, params: Params, uses: Sequence[Use], now: datetime) -> None:
        self.report, self.params, self.uses = report, params, uses
        self.box = Outbox(report)
        self.now = now
        self._silent: set[int] = set()
        """Uses whose server was not there for all of this run's tries."""

    def all(self) -> list[Problem]:
        """Send what waits; what went wrong, in the order of the events."""
        events = self.box.events()
        newest = {event.told.get("as_of"): event.id for event in events if self._stands(event)}
        wrong: list[Problem] = []
        for event in events:
            for row in event.rows:
                wrong += self._row(event, row, newest)
        self.box.tidy(self.now)
        return [_hidden(problem) for problem in wrong]

    def at_once(self, event: Event, row: Row, use: Use) -> list[Problem]:
        """Send a row of which nothing can be written down."""
        if use.provided is None or use.wrong:
            return list(use.wrong)
        try:
            use.provided.item.send(self._run(event, row, use), use.options)
        except Exception as error:  # noqa: BLE001  # a plugin may fail in any way; why the run failed is told
            return [_hidden(_problem(use, row, error, ""))]
        return []

    def _stands(self, event: Event) -> bool:
        """Whether it is a report's, and that was published: the event is written before."""
        return event.kind == "report" and read_record(self.report / str(event.told.get("folder"))) is not None

    def _row(self, event: Event, row: Row, newest: dict[object, str]) -> Iterator[Problem]:
        state = self.box.note(event, row).state
        if state == "claimed" and self.box.abandoned(event, row):
            if not self.box.freed(event, row):
                yield from self._left(event, row)
            state = self.box.note(event, row).state
        if state != "pending":
            return
        if event.kind == "report" and not self._stands(event):
            if self.now - event.at > STALE:  # a run that was killed before it was published
                self.box.end(event, row, "overtaken", "it was never published")
            return
        if event.kind == "report" and newest.get(event.told.get("as_of")) != event.id:
            self.box.end(event, row, "overtaken", "a newer run of the same day was published")
            return
        if self.now - event.at > STALE:
            why = self.box.note(event, row).why
            self.box.end(event, row, "stale", why)
            yield Problem(f"{_of(row)} was not told for a day, and is not told any more{': ' * bool(why)}{why}")
            return
        yield from self._told(event, row)

    def _left(self, event: Event, row: Row) -> Iterator[Problem]:
        """A row that a process was sending when it ended."""
        why = "the process that sent it was ended before there was an answer"
        if event.kind == "report":
            self.box.end(event, row, "unknown", why)
            yield Problem(f"{_of(row)} may have been told: {why}", fix=_PERHAPS)
        else:
            self._unsure(event, row, why)

    def _unsure(self, event: Event, row: Row, why: str) -> bool:
        """What may have arrived: an alert is sent again some times; whether this is."""
        again = event.kind != "report" and self.box.note(event, row).tries + 1 < MOST_UNSURE
        if again:
            self.box.release(event, row, why)
        else:
            self.box.end(event, row, "unknown", why)
        return again

    def _told(self, event: Event, row: Row) -> Iterator[Problem]:
        use = next((use for use in self.uses if row.id in {one.id for one in use.rows}), None)
        if use is None:
            self.box.end(event, row, "overtaken", "the params do not name it any more")
            return
        if use.wrong:
            yield from use.wrong
            return
        if use.provided is None:
            what = f"nothing was sent by {row.publisher!r}: no plugin that could be loaded provides this publisher"
            yield Problem(what, use.where)
            return
        waits = () if id(use) in self._silent else WAITS
        run = self._run(event, row, use)
        wrong: list[Problem] = []
        for wait in (0.0, *waits):
            time.sleep(wait)
            if not self.box.claim(event, row):
                return
            wrong, again = self._sent(event, row, use, run)
            if not again:
                break
        else:
            self._silent.add(id(use))
        yield from wrong

    def _sent(self, event: Event, row: Row, use: Use, run: Run) -> tuple[list[Problem], bool]:
        """Send once; what went wrong, and whether it may heal in a moment."""
        assert use.provided is not None
        try:
            use.provided.item.send(run, use.options)
        except NotSentError as error:
            self.box.release(event, row, scrubbed(_words(error)))
            then = f"{_STANDS}{_AGAIN}" if event.kind == "report" else _AGAIN.capitalize()
            return [_problem(use, row, error, then)], error.heals
        except PerhapsSentError as error:
            again = self._unsure(event, row, scrubbed(_words(error)))
            return [_problem(use, row, error, _ALERT if again else _PERHAPS)], False
        except Exception as error:  # noqa: BLE001  # a plugin may fail in any way, and the report stands
            self.box.end(event, row, "failed", scrubbed(_words(error)))
            then = f"{_STANDS}{_FORCE}" if event.kind == "report" else ""
            return [_problem(use, row, error, then)], False
        self.box.end(event, row, "sent")
        return [], False

    def _run(self, event: Event, row: Row, use: Use) -> Run:
        assert self.params.path is not None
        run = from_plain(event.told, self.report, self.params.path)
        return replace(
            run,
            link=_link(use.keys.link, run),
            recipient=row.recipient,
            notice=f"{run.report}/{event.kind}/{event.id}",
            at=event.at,
        )


def _link(base: str, run: Run) -> str:
    """Where a reader opens the page of a published run, else the list of all reports."""
    if not base:
        return ""
    if run.state == "failed" or run.folder is None:
        return f"{base}/index.html"
    page = "report.html" if "report.html" in run.files else ""
    return f"{base}/{quote(run.report)}/runs/{quote(run.id)}/{page}"


def _of(row: Row) -> str:
    return f"{row.recipient or 'what it brings reports to'} of publisher {row.publisher!r}"


def _problem(use: Use, row: Row, error: Exception, then: str) -> Problem:
    assert use.provided is not None
    fix = error.problems[0].fix if isinstance(error, CpmError) else ""
    to = f", to {row.recipient}" if row.recipient else ""
    problem = Problem(
        f"publisher {row.publisher!r} of plugin {use.provided.provider!r} failed{to}: {_words(error)}",
        _place(use, error),
        fix=f"{fix} {then}".strip(),
    )
    # Whoever called the run is told by it; a warning would tell them twice.
    log.info("%s", scrubbed(str(problem)), exc_info=error if log.isEnabledFor(logging.DEBUG) else None)
    return problem


def _place(use: Use, error: Exception) -> str:
    """The line of the plugin, where its author can mend it; of what comes with the package that of the params."""
    own = use.home is not None and not use.home.is_relative_to(_PACKAGE)
    return (blamed(error, use.home) if own else "") or use.where


def _words(error: Exception) -> str:
    return str(error.problems[0].what) if isinstance(error, CpmError) else f"{type(error).__name__}: {error}"


def _hidden(problem: Problem) -> Problem:
    return replace(problem, what=scrubbed(problem.what), fix=scrubbed(problem.fix))
