"""Signals that stop a run: the notebook is saved with its true state first, then the signal does what it always does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def held_signals() -> Iterator[Stops]:
    """Hold signals that stop until the work is tidied up, then let them do what they would have done.

    Signals that are ignored stay so. Threads cannot take signals: there nothing is held.
    """
    stops = Stops()
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, stops.take)
    try:
        yield stops
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if stops.number:
        signal.raise_signal(stops.number)


class Stops:
    """The first signal that came."""

    def __init__(self) -> None:
        self.number = 0
        self._told: Callable[[int], None] | None = None

    def take(self, number: int, _frame: FrameType | None) -> None:
        """As `signal.signal` calls it."""
        self.number = self.number or number
        if self._told is not None:
            self._told(self.number)

    def tell(self, told: Callable[[int], None] | None) -> None:
        """Whom to tell from now on, and of one that has come already."""
        self._told = told
        if told is not None and self.number:
            told(self.number)
