"""The attempts at one report: another one after what may heal, all within the run's limit."""

from __future__ import annotations

from collections.abc import Iterator

from cpm_core.params.retry import Retry
from cpm_core.params.schema import Params
from cpm_core.runs.deadline import Deadline
from cpm_core.runs.retry import heals, waits
from cpm_core.runs.tracked import Tracked


class Attempts:
    """How often, and until when, a report is tried."""

    def __init__(self, tracked: Tracked) -> None:
        self._tracked = tracked
        self._deadline: Deadline | None = None
        self._waits: Iterator[float] | None = None

    def deadline(self, params: Params) -> Deadline:
        """That of the whole run: it begins with the first attempt that can read its params."""
        if self._deadline is None:
            self._deadline = Deadline(params.limits.run_limits().run, self._tracked.failed)
            self._waits = waits(params.retry.attempts, params.retry.wait)
        return self._deadline

    def wait(self, error: Exception) -> float | None:
        """Seconds to wait before the next attempt, which is noted; None if there is none."""
        if self._waits is None:
            self._waits = waits(Retry().attempts, Retry().wait)
        wait = next(self._waits, None) if heals(error) else None
        left = self._deadline.left() if self._deadline is not None else None
        if wait is None or (left is not None and wait >= left):
            return None
        self._tracked.again(error, wait)
        return wait
