"""A cap on the memory of a kernel: what it holds is watched, and it is killed when it holds more.

What a process may reserve cannot be capped: the engines of charts and queries reserve tens of gigabytes that they
never touch.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from threading import Event, Thread

import psutil

EVERY = 0.05
"""Seconds between two looks."""
CHILDREN = 20
"""Looks between two at the processes that it has started: these take longer to find."""


class MemoryCap(Thread):
    """Watches a kernel until it ends or is left.

    Args:
        process: Of the kernel, which leads a process group where there are such.
        most: Bytes that it may hold.
        over: Called before it is killed.
    """

    def __init__(self, process: int, most: int, over: Callable[[], None]) -> None:
        super().__init__(name="cpm-memory-cap", daemon=True)
        self._process, self._most, self._over = process, most, over
        self._left = Event()

    def leave(self) -> None:
        """Watch no more."""
        self._left.set()
        self.join()

    def run(self) -> None:
        """Look, until there is nothing to look at."""
        with contextlib.suppress(psutil.Error):
            kernel, look, others = psutil.Process(self._process), 0, 0
            while not self._left.wait(EVERY):
                if look % CHILDREN == 0:
                    others = _of_children(kernel)
                look += 1
                if kernel.memory_info().rss + others > self._most:
                    self._over()
                    _kill(kernel)
                    return


def _of_children(kernel: psutil.Process) -> int:
    """Bytes that the processes which a kernel has started hold for themselves: a forked one shares the rest."""
    total = 0
    for child in kernel.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            total += child.memory_full_info().uss
    return total


def _kill(kernel: psutil.Process) -> None:
    if sys.platform == "win32":
        kernel.kill()
        return
    with contextlib.suppress(OSError):
        os.killpg(kernel.pid, signal.SIGKILL)
