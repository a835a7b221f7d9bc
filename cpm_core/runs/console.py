"""What a person at a terminal sees: error panels, steps, and one line a report."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.status import Status
from rich.text import Text

from cpm_core.model.errors import CpmError, Problem

WIDTH = 100
"""Columns of an error panel at most, and where there is no terminal."""
TITLES = {2: "Wrong usage or params", 3: "Published, but degraded", 4: "Another run holds the lock"}

DEBUG: ContextVar[bool] = ContextVar("cpm_debug", default=False)
"""Whether tracebacks are shown."""


def standard_error() -> Console:
    """Standard error; as wide as a panel may be where there is no terminal."""
    console = Console(stderr=True)
    return console if console.is_terminal else Console(stderr=True, width=WIDTH)


def problems_of(error: BaseException, debug: bool = False) -> tuple[Sequence[Problem], int]:
    """The problems of any error, in words, and the exit code that it ends with."""
    if isinstance(error, CpmError):
        return error.problems, error.exit_code
    fix = "" if debug else "Add --debug to see where it happened, and report it with that."
    return (Problem(f"internal error: {type(error).__name__}: {error}", fix=fix),), 1


def tell(error: BaseException, console: Console | None = None) -> int:
    """Show an error in a panel, with its traceback where that is asked for; returns the exit code."""
    problems, code = problems_of(error, DEBUG.get())
    if DEBUG.get():
        traceback.print_exception(error)
    panel(problems, code, console)
    return code


def panel(problems: Sequence[Problem], code: int, console: Console | None = None, title: str = "") -> None:
    """Problems in one frame: what, where, the nearest valid names, how to fix."""
    shown = console or standard_error()
    shown.print(
        Panel(
            Group(*map(_block, problems)),
            title=Text(title or TITLES.get(code, "Failed")),
            title_align="left",
            border_style="yellow" if code == 3 else "red",
            width=min(shown.width, WIDTH),
        )
    )


def _block(problem: Problem) -> Group:
    """What, then where, nearest and fix beneath it."""
    lines = [("where", problem.where), ("nearest", ", ".join(problem.nearest)), ("fix", problem.fix)]
    told = [Padding(Text(f"{name}: {words}", style="dim"), (0, 0, 0, 2)) for name, words in lines if words]
    return Group(Text(problem.what, style="bold"), *told)


class Steps:
    """What is being done now: one moving line on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, total: int = 1) -> None:
        self.console, self.total = console, total
        self.ended = self.failed = 0
        """How many reports have ended, and how many of them failed."""
        self._now: dict[str, str] = {}
        self._status: Status | None = None

    @contextmanager
    def shown(self) -> Iterator[Steps]:
        """The time in which steps are shown."""
        if not self.console.is_terminal:
            yield self
            return
        self._status = Status("", console=self.console)
        with self._status:
            yield self
        self._status = None

    def step(self, report: str, words: str) -> None:
        """A report goes on to its next step."""
        if self._now.get(report) == words:
            return
        self._now[report] = words
        if self._status is None:
            self.console.print(Text(f"{report}: {words}"), soft_wrap=True)
        else:
            self._status.update(
                Text(" · ".join([*self._counted(), *(f"{one}: {now}" for one, now in self._now.items())]))
            )

    def _counted(self) -> list[str]:
        """`37 of 200, 1 failed`, where there are several."""
        if self.total == 1:
            return []
        return [f"{self.ended} of {self.total}" + (f", {self.failed} failed" if self.failed else "")]

    def finished(self, report: str, failed: bool = False) -> None:
        """A report has ended, one way or the other."""
        self._now.pop(report, None)
        self.ended += 1
        self.failed += failed

    def tell(self, words: str) -> None:
        """A line on standard error."""
        self.console.print(Text(words), soft_wrap=True)

    def line(self, words: str) -> None:
        """A line on standard output: what a script reads."""
        if self._status is not None:
            self._status.stop()
        sys.stdout.write(words + "\n")
        sys.stdout.flush()
        if self._status is not None:
            self._status.start()
