"""One runner at a time: a lock that the system gives back when its holder dies."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cpm_core.model.errors import LockedError, RunError
from cpm_core.model.locks import give_back, take

LOCK = ".lock"


@contextmanager
def locked(folder: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a folder. Nothing that this process starts holds it too, whether forked or not.

    Args:
        folder: Where the lock's file lies; it stays there.
        what: Whose lock it is, in words.
        wait: Wait for the holder instead of giving up.

    Raises:
        LockedError: Another process holds it.
        RunError: The folder cannot be written, or its file system has no locks.
    """
    path = folder / LOCK
    with _opened(path, what) as file:
        if not _taken(file, path, wait):
            raise LockedError(
                f"another run of {what} is under way{_holder(path)}",
                where=str(folder),
                fix="Wait for it to end, or stop it; the lock goes with its process.",
            )
        try:
            _sign(file)
            yield
        finally:
            give_back(file)


def _opened(path: Path, what: str) -> IO[str]:
    try:
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        words = f"{what} cannot be locked: {error.strerror or error}"
        raise RunError(words, where=str(path), fix="Make room, or give the right to write.") from error


def _taken(file: IO[str], path: Path, wait: bool) -> bool:
    try:
        return take(file, wait=wait)
    except OSError as error:
        if error.errno == errno.EINTR:
            raise
        raise RunError(
            f"this file system has no locks: {error.strerror or error}",
            where=str(path),
            fix="Let --out be a folder of this machine, and bring reports to the share with `publish: [{use: folder}]`.",
        ) from error


def _sign(file: IO[str]) -> None:
    """Say who holds it. On a full disk it stays unsaid: the lock holds all the same."""
    try:
        file.seek(0)
        file.truncate()
        os.write(file.fileno(), str(os.getpid()).encode())
    except OSError:
        return


def _holder(path: Path) -> str:
    try:
        number = path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    return f" (process {number})" if number else ""
