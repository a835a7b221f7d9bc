"""What there is to tell: a report, a failure that is new, and that one is over. Written into the outbox, then sent."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import CpmError, LockedError, Problem, RunError, UsageError
from cpm_core.model.run import Run
from cpm_core.model.secrets import scrubbed
from cpm_core.params.load import load
from cpm_core.params.overrides import Override
from cpm_core.params.paths import shown
from cpm_core.params.schema import Params
from cpm_core.runs.expand import files
from cpm_core.runs.lock import locked
from cpm_core.runs.sending.deliver import Delivery
from cpm_core.runs.sending.outbox import OUTBOX, Event, Outbox, Row, write_json
from cpm_core.runs.sending.told import of_params, to_plain, with_figures
from cpm_core.runs.sending.uses import Use, uses_of
from cpm_core.runs.status import read_status

if TYPE_CHECKING:
    from cpm_core.workbook import Workbook

FAILING = "failing.json"
"""In the outbox while a report fails: which reasons were told to whom, and when."""

_PASSING = re.compile(r"\b[0-9a-f]{8,}\b|\d+|/\S+")
"""Parts of a reason that differ each time: ids, figures, folders."""


def post(report: Path, run: Run, book: Workbook) -> None:
    """Write down who is to be told of a run, right before it is published; without its folder it does not count.

    Args:
        report: The report's folder.
        run: With the folder that it will be published in.
        book: Its workbook, whose figures are measured.

    Raises:
        RunError: It cannot be written.
    """
    if not book.params.publish:
        return
    whole = with_figures(run, book)
    calls = any(figure.calls for figure in whole.figures)
    wanted = [use for use in uses_of(book.params, book.registry) if _wants(use, calls)]
    if wanted:
        about = to_plain(whole, report)
        try:
            Outbox(report).post(Event(run.id, "report", _now(), about, _rows(wanted)))
        except OSError as error:
            problem = _unwritable(report, error)
            raise RunError(problem.what, where=problem.where, fix=problem.fix) from error


def send_on(report: Path, run: Run, book: Workbook, step: Callable[[str], None]) -> list[Problem]:
    """Send what waits in a report's outbox, after it was published or found unchanged; what went wrong.

    Args:
        report: The report's folder.
        run: As it stands.
        book: Its workbook.
        step: Told that something is sent.
    """
    if not book.params.publish:
        return []
    box, uses = Outbox(report), uses_of(book.params, book.registry)
    try:
        _recovered(box, report, replace(of_params(book.params, run.report), id=run.id, folder=run.folder), uses)
        if any(note.state in ("pending", "claimed") for _, _, note in box.rows()):
            step("sending it on")
            return Delivery(report, book.params, uses, _now()).all()
    except OSError as error:
        return [_unwritable(report, error)]
    return []


def tell_failure(
    report: Path, name: str, params: Path, overrides: Sequence[Override], problems: Sequence[Problem]
) -> list[Problem]:
    """Tell those who want to know that a report failed, if they do not know it yet; what went wrong with that.

    Args:
        report: The report's folder.
        name: The report's name, as of the request.
        params: The params file.
        overrides: What was said beside it.
        problems: Why it failed.
    """
    try:
        read = load(params, overrides)
        if not any("failure" in keys.on for keys in read.publish):
            return []
        uses = uses_of(read, Registry.of(read))
    except CpmError:  # nobody knows who is to be told
        return []
    words = tuple(scrubbed(str(one)) for one in problems)
    run = replace(of_params(read, name), state="failed", problems=words, folder=_kept(report))
    try:
        report.mkdir(parents=True, exist_ok=True)
        with locked(report, name):
            return _tell(report, read, uses, run, _reason(problems))
    except LockedError:  # one that is under way tells its own end
        return []
    except (OSError, RunError):
        return _unposted(report, read, uses, run)


def tell_refused(paths: Sequence[str], overrides: Sequence[Override], out: Path, error: UsageError) -> list[Problem]:
    """Tell of params files that can be read and are wrong all the same, as after a plugin has gone; what went wrong.

    Args:
        paths: Params files of one command, or patterns; where there are several, only files that a problem names count.
        overrides: What was said beside them.
        out: Where reports are published.
        error: Why nothing was begun.
    """
    said = [one for one in overrides if one.loc[0] in Params.model_fields]
    wrong: list[Problem] = []
    with suppress(UsageError):
        named = files(paths)
        for file in named:
            with suppress(UsageError):
                params = load(file, said)
                assert params.path is not None
                mine = [one for one in error.problems if one.where.partition(":")[0] == shown(params.path)]
                told = mine or (error.problems if len(named) == 1 else ())
                if told:
                    wrong += tell_failure(out / params.workbook, params.workbook, params.path, said, told)
    return wrong


def _kept(report: Path) -> Path | None:
    """Where the notebook of the failed run is kept."""
    status = read_status(report)
    return report / status.kept if status is not None and status.state == "failed" and status.kept else None


def _tell(report: Path, params: Params, uses: Sequence[Use], run: Run, reason: str) -> list[Problem]:
    """Tell of a failure those who do not know this reason, or heard of it long ago.

    Raises:
        OSError: The outbox cannot be written.
    """
    box, now = Outbox(report), _now()
    told = _read_failing(box)
    due = [
        replace(use, rows=tuple(row for row in use.rows if _due(told.get(reason, {}).get(row.id), use, now)))
        for use in uses
        if "failure" in use.keys.on
    ]
    rows = _rows(due)
    if rows:
        day = now.strftime("%Y%m%dT%H%M%S%f")
        box.post(Event(f"failed-{day}-{reason}", "failure", now, to_plain(run, report), rows))
        told.setdefault(reason, {}).update({row.id: now.isoformat() for row in rows})
        write_json(box.folder / FAILING, told)
    return Delivery(report, params, uses, now).all()


def _unposted(report: Path, params: Params, uses: Sequence[Use], run: Run) -> list[Problem]:
    """Tell of a failure without the outbox, at each tick: on a full disk an alert too many is better than none."""
    now = _now()
    event = Event(f"failed-{now.strftime('%Y%m%dT%H%M%S%f')}", "failure", now, to_plain(run, report), ())
    delivery = Delivery(report, params, uses, now)
    return [
        problem
        for use in uses
        for row in (use.rows if "failure" in use.keys.on else ())
        for problem in delivery.at_once(event, row, use)
    ]


def _recovered(box: Outbox, report: Path, run: Run, uses: Sequence[Use]) -> None:
    """Of a failure that was told, tell its end to the same; one that was not told yet is told no more."""
    failing = box.folder / FAILING
    if not failing.is_file():
        return
    told = _read_failing(box)
    at = max((at for rows in told.values() for at in rows.values()), default="")
    known = set()
    for event, row, note in box.rows():
        if event.kind == "failure" and row.id in {one for rows in told.values() for one in rows}:
            if note.state == "pending":
                box.end(event, row, "overtaken", "the report succeeded before it could be told")
            elif note.state in ("sent", "unknown", "claimed"):
                known.add(row.id)
    rows = tuple(row for row in _rows([use for use in uses if "failure" in use.keys.on]) if row.id in known)
    if rows:
        name = f"recovered-{hashlib.sha256(at.encode()).hexdigest()[:12]}"
        box.post(Event(name, "recovery", _now(), to_plain(replace(run, state="recovered"), report), rows))
    failing.unlink()


def _wants(use: Use, calls: bool) -> bool:
    return "success" in use.keys.on or ("signal" in use.keys.on and calls)


def _rows(uses: Sequence[Use]) -> tuple[Row, ...]:
    """Their recipients, each once."""
    return tuple({row.id: row for use in uses for row in use.rows}.values())


def _due(at: str | None, use: Use, now: datetime) -> bool:
    return at is None or now - datetime.fromisoformat(at) >= use.keys.again_after


def _reason(problems: Sequence[Problem]) -> str:
    """The same for the same failure a tick later."""
    words = sorted(_PASSING.sub("#", problem.what) for problem in problems)
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:12]


def _read_failing(box: Outbox) -> dict[str, dict[str, Any]]:
    try:
        about = json.loads((box.folder / FAILING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(reason): dict(rows) for reason, rows in about.items()} if isinstance(about, Mapping) else {}


def _unwritable(report: Path, error: OSError) -> Problem:
    what = f"nothing was sent: the outbox cannot be written: {error.strerror or error}"
    return Problem(what, str(report / OUTBOX), fix="Make room or give the right to write; the next run sends it.")


def _now() -> datetime:
    # When there was something to tell; no figure depends on it.
    return datetime.now(UTC)
