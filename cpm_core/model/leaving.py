"""Leave a process by an exception when a signal asks for it, so that everything that is open is closed on the way."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
import weakref
from types import FrameType

AGAIN = 0.05
"""Seconds until it is tried again."""


def leave(number: int, frame: FrameType | None) -> None:
    """Handle a signal.

    What is raised within a `__del__` or a finalizer is told by Python and dropped, and the process would go on: there
    it is put off for a moment.

    Raises:
        SystemExit: With 128 and the signal's number, as shells count.
    """
    if drops(frame):
        # Not by `threading`: a lock of its own may be held where this signal came.
        _thread.start_new_thread(_again, (number,))
        return
    raise SystemExit(128 + number)


def _again(number: int) -> None:
    time.sleep(AGAIN)
    signal.raise_signal(number) if sys.platform == "win32" else os.kill(os.getpid(), number)


def drops(frame: FrameType | None) -> bool:
    """Whether an exception that is raised in a frame would be dropped."""
    while frame is not None:
        if frame.f_code.co_name == "__del__" or frame.f_code is weakref.finalize.__call__.__code__:
            return True
        frame = frame.f_back
    return False
