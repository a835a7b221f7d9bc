"""One runner at a time: a lock that the system gives back when its holder dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cpm_core.model.errors import LockedError

LOCK = ".lock"


@contextmanager
def locked(folder: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a folder.

    Args:
        folder: Where the lock's file lies; it stays there.
        what: Whose lock it is, in words.
        wait: Wait for the holder instead of giving up.

    Raises:
        LockedError: Another process holds it.
    """
    path = folder / LOCK
    with path.open("a+", encoding="utf-8") as file:
        if not _take(file, wait):
            raise LockedError(
                f"another run of {what} is under way{_holder(path)}",
                where=str(folder),
                fix="Wait for it to end, or stop it; the lock goes with its process.",
            )
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            _give_back(file)


def _holder(path: Path) -> str:
    try:
        number = path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    return f" (process {number})" if number else ""


if sys.platform == "win32":
    import msvcrt

    # Far behind the text, so that others may still read who holds it.
    _PLACE = 1 << 20

    def _take(file: IO[str], wait: bool) -> bool:
        file.seek(_PLACE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _give_back(file: IO[str]) -> None:
        file.seek(_PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(file: IO[str], wait: bool) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def _give_back(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


def alive(process: int) -> bool:
    """Whether a process of this machine is there."""
    if sys.platform == "win32":
        return False  # the lock alone tells there
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True
