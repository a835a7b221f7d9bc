"""When a run has to be over, from reading the data to publishing (`limits.run`).

The main thread is interrupted by a signal. What does not let itself be interrupted is ended with its process, after
a grace: nobody is there who would do it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cpm_core.model.errors import RunError

AGAIN = 5.0
"""Seconds after which the main thread is interrupted again, if a library swallowed it."""
GRACE = 30.0
"""Seconds that a run has for closing what is open, before its process is ended."""


class LimitError(RunError):
    """A run was ended at its limit."""


class Deadline:
    """The limit of one run, over all its attempts.

    Args:
        seconds: How long it may take; None: as long as it takes.
        last: Told what to say just before the process is ended.
    """

    def __init__(self, seconds: float | None, last: Callable[[LimitError], None]) -> None:
        self.seconds, self._last = seconds, last
        self._end = None if seconds is None else time.monotonic() + seconds
        self._late = False

    def left(self) -> float | None:
        """Seconds that are left, never less than none; None: no limit."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def error(self) -> LimitError:
        """What to say of a run that took too long."""
        return LimitError(
            f"the run took longer than {self.seconds:g} seconds and was ended",
            where="limits.run",
            fix="Let it do less, or raise the limit in the params.",
        )

    @contextmanager
    def watching(self) -> Iterator[None]:
        """The time in which it is seen to.

        Raises:
            LimitError: It was over before the block ended.
        """
        left = self.left()
        if left is None:
            yield
            return
        with self._ending(left), self._ringing(left):
            try:
                yield
            except Exception as error:
                # A library may have made its own error of the interruption.
                if self._late and not isinstance(error, LimitError):
                    raise self.error() from error
                raise

    @contextmanager
    def later(self, seconds: float) -> Iterator[None]:
        """Within `watching`: let what has the limit itself, and tells more, be so much later than it."""
        left = self.left()
        if left is None or not _may_ring():
            yield
            return
        signal.setitimer(signal.ITIMER_REAL, left + seconds, AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, max(self.left() or 0.0, 0.001), AGAIN)

    @contextmanager
    def _ringing(self, left: float) -> Iterator[None]:
        """Interrupt the main thread. Elsewhere, and on Windows, there is the end alone."""
        if not _may_ring():
            yield
            return
        before = signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.001), AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _ring(self, _number: int, _frame: object) -> None:
        self._late = True
        raise self.error()

    @contextmanager
    def _ending(self, left: float) -> Iterator[None]:
        timer = threading.Timer(left + GRACE, self._end_all)
        # An interpreter that ends does not wait for a run's limit.
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end_all(self) -> None:
        import psutil

        with contextlib.suppress(Exception):
            self._last(self.error())
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
        os._exit(LimitError.exit_code)


def _may_ring() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
