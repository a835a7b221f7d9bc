"""An outbox, publishers that do as a test says, and processes that are killed."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from cpm_core.hooks.registry import Provided
from cpm_core.model.publishers import Publisher
from cpm_core.model.run import Run
from cpm_core.model.text import Text
from cpm_core.params.publish import PublisherUse
from cpm_core.runs.record import write_record
from cpm_core.runs.sending import outbox
from cpm_core.runs.sending.deliver import Delivery
from cpm_core.runs.sending.outbox import Event, Kind, Outbox, Row
from cpm_core.runs.sending.told import to_plain
from cpm_core.runs.sending.uses import Use

NOW = datetime(2024, 4, 1, 6, tzinfo=UTC)
ID = "2024-03-31-00000000"


class Killed(BaseException):
    """The process ends here; nothing that follows is done."""


@dataclass
class Post:
    """A publisher that keeps what it is given; ``acts`` are done before, one a call, the last one for all that follow."""

    acts: list[Callable[[Run], None]] = field(default_factory=list)
    got: list[Run] = field(default_factory=list)
    calls: int = 0

    def send(self, run: Run, options: Any) -> None:
        self.calls += 1
        if self.acts:
            act = self.acts[0] if len(self.acts) == 1 else self.acts.pop(0)
            act(run)
        self.got.append(run)


def raising(error: BaseException, *, arrives: bool = False) -> Callable[[Run], None]:
    """An act that raises, perhaps after the message has arrived."""

    def act(run: Run) -> None:
        if arrives:
            act.arrived.append(run)
        raise error

    act.arrived = []
    return act


def fine(run: Run) -> None:
    """An act that lets it pass."""


def use(post: Post, *recipients: str, **keys: Any) -> Use:
    """One use of a publisher, to these recipients, or to all at once."""
    item = Publisher("post", Text(en="Post", zh="信件"), post.send, failures=True)
    rows = tuple(Row(f"row{one}", "post", one) for one in recipients or ("",))
    said = PublisherUse.model_validate({"use": "post", **keys})
    return Use(said, Provided(item, "ours", "1", "ours.py"), Path("plugins/ours.py"), None, rows, "params/shop.yaml:9")


def run_of(report: Path, name: str = ID, **about: Any) -> Run:
    """A run in the folder of a report."""
    day = date.fromisoformat(name[:10])
    return Run("shop", day, report.parent / "shop.yaml", name, report / "runs" / name, report="shop", **about)


def publish(report: Path, name: str = ID) -> None:
    """Let a run stand."""
    folder = report / "runs" / name
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("page", encoding="utf-8")
    write_record(folder, {"run": name})


def event(report: Path, *rows: Row, kind: Kind = "report", name: str = ID, at: datetime = NOW) -> Event:
    """Something to tell, in the outbox."""
    run = run_of(report, name) if kind == "report" else run_of(report, state="failed")
    made = Event(name, kind, at, to_plain(run, report), rows)
    Outbox(report).post(made)
    return made


def deliver(report: Path, *uses: Use, now: datetime = NOW) -> list[str]:
    """Send what waits; what is told of it."""
    params = SimpleNamespace(path=report.parent / "shop.yaml")
    return [problem.what for problem in Delivery(report, params, uses, now).all()]


def states(report: Path) -> list[str]:
    """What became of each row."""
    return [note.state for _, _, note in Outbox(report).rows()]


@contextmanager
def another_process(number: int) -> Iterator[None]:
    """As if this were another process: the one before is gone."""
    with patch.object(outbox, "_TOKEN", f"token{number}"):
        yield


@contextmanager
def killed_at(step: int) -> Iterator[list[str]]:
    """End the process before its ``step``-th step on the disk, counted from 0; gives the steps that it came to."""
    done: list[str] = []

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **given: Any) -> Any:
            if name == "write" and "w" not in args[1:]:
                return real(*args, **given)
            if len(done) == step:
                raise Killed
            done.append(name)
            return real(*args, **given)

        return call

    # What other tests left in cycles is not cleared away in here: its folders are no steps of ours.
    collects = gc.isenabled()
    gc.disable()
    with (
        patch.object(os, "fsync", counted("fsync", lambda number: None)),
        patch.object(os, "open", counted("open", os.open)),
        patch.object(Path, "open", counted("write", Path.open)),
        patch.object(Path, "replace", counted("replace", Path.replace)),
        patch.object(Path, "unlink", counted("unlink", Path.unlink)),
    ):
        try:
            yield done
        finally:
            if collects:
                gc.enable()
