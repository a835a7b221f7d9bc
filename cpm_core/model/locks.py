"""Locks on files that the system gives back when their holder dies, and whether a process is there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

_held: set[IO[str]] = set()
"""Files whose lock this process holds."""

if sys.platform == "win32":
    import msvcrt

    # Far behind the text, so that others may still read who holds it.
    _PLACE = 1 << 20

    def _lock(file: IO[str], wait: bool) -> bool:
        file.seek(_PLACE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: IO[str]) -> None:
        file.seek(_PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[str], wait: bool) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


def take(file: IO[str], *, wait: bool = False) -> bool:
    """Lock an open file for this process alone; False if another holds it.

    Raises:
        OSError: The file system has no locks.
    """
    if not _lock(file, wait):
        return False
    _held.add(file)
    return True


def give_back(file: IO[str]) -> None:
    """Unlock a file that was taken."""
    _held.discard(file)
    _unlock(file)


def _let_go() -> None:
    """In a forked child: it must not hold what its parent holds, once the parent is gone."""
    for file in _held:
        # Closing a copy of the descriptor leaves the parent's lock as it is.
        file.close()
    _held.clear()


# Children that are programs of their own, as kernels are, inherit nothing: Python's files close on exec.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


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
    return not _buried(process)


def _buried(process: int) -> bool:
    """Whether it has ended, and its parent only has not asked for its exit code yet; Linux alone tells."""
    try:
        about = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return about.rpartition(")")[2].split()[0] in "ZX"
