"""`status.json` of a report while it is made: each step, each attempt, and the end."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model.secrets import scrubbed
from cpm_core.params.overrides import as_written
from cpm_core.params.paths import shown
from cpm_core.runs.console import problems_of
from cpm_core.runs.request import Request
from cpm_core.runs.status import Status, now, write_status

if TYPE_CHECKING:
    from cpm_core.runs.report import Outcome

OFTEN = 0.5
"""Seconds between two writes at least, but for what begins and ends a part of the work."""


class Tracked:
    """Writes what becomes of one report; made first thing under its lock."""

    def __init__(self, folder: Path, request: Request, step: Callable[[str], None]) -> None:
        self._folder, self._step = folder, step
        self._written = 0.0
        self.attempts: list[dict[str, Any]] = []
        """Earlier attempts of this run: `number`, `reason`, and `waited`, the seconds before the next one."""
        self._status = Status(
            state="running",
            workbook=request.workbook,
            member=request.member,
            started=now(),
            process=os.getpid(),
            host=socket.gethostname(),
            params=shown(request.params),
            said=tuple((one.key, str(as_written(one.value))) for one in request.overrides),
        )
        self._write()

    def knows(self, **facts: str) -> None:
        """Fields of the status that are known by now."""
        self._status = replace(self._status, **facts)  # type: ignore[arg-type]  # all of them are texts

    def phase(self, words: str) -> None:
        """A part of the work begins."""
        self._step(words)
        self.knows(step=words)
        self._write()

    def step(self, words: str) -> None:
        """The work goes on."""
        self._step(words)
        self.knows(step=words)
        if time.monotonic() - self._written >= OFTEN:
            self._write()

    def again(self, error: BaseException, wait: float) -> None:
        """An attempt failed, and there will be another."""
        problems, _ = problems_of(error)
        reason = scrubbed("; ".join(map(str, problems)))
        self.attempts.append({"number": self._status.attempt, "reason": reason, "waited": round(wait, 3)})
        self._status = replace(self._status, attempt=self._status.attempt + 1, problems=(reason,))
        self.phase(f"waiting {wait:.0f} seconds to try again: {problems[0].what}")

    def ended(self, outcome: Outcome) -> None:
        """It ended by itself."""
        run = outcome.folder.name if outcome.folder is not None else self._status.run
        told = tuple(map(str, outcome.problems))
        self._end(state=outcome.state, run=run, exit_code=outcome.code, problems=told, kept="")

    def failed(self, error: BaseException) -> None:
        """It ended by an error, or was stopped."""
        if isinstance(error, Exception):
            problems, code = problems_of(error)
            self._end(state="failed", exit_code=code, problems=tuple(map(str, problems)))
            return
        code = error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else 130
        self._end(state="failed", exit_code=code, problems=("it was stopped",))

    def _end(self, **facts: Any) -> None:
        self._status = replace(self._status, finished=now(), **facts)
        self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        write_status(self._folder, self._status)
