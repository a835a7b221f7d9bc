"""What is written is on the disk before it is shown; and what to say when it cannot be written."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cpm_core.model.errors import CpmError, Problem, RunError

_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EROFS: "the folder is read-only",
}
_FULL = "No space left on device"


def sync(path: Path) -> None:
    """Bring a file or folder to the disk, so that a power cut leaves no empty files behind renames."""
    if sys.platform == "win32" and path.is_dir():
        return
    number = os.open(path, os.O_RDONLY if sys.platform != "win32" else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def sync_all(folder: Path) -> None:
    """Bring a folder and all in it to the disk."""
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn an error of the disk into one that says what could not be written.

    Raises:
        RunError: Something could not be written.
    """
    try:
        yield
    except OSError as error:
        raise RunError(
            f"the report cannot be written: {_told(error)}",
            where=str(target),
            fix="Make room or give the right to write; what was published before is as it was.",
        ) from error


def disk_problem(error: BaseException) -> Problem | None:
    """What is wrong with the disk, if that is what an error comes from that is not meant for a person."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, CpmError):
        if (isinstance(cause, OSError) and cause.errno in _WORDS) or _FULL in str(cause):
            where = str(cause.filename or "") if isinstance(cause, OSError) else ""
            words = _told(cause) if isinstance(cause, OSError) else _WORDS[errno.ENOSPC]
            fix = "Make room: where reports go, and in the folder for temporary files (TMPDIR)."
            return Problem(f"the report cannot be written: {words}", where, fix=fix)
        cause = cause.__cause__ or cause.__context__
    return None


def told_of_disk(error: BaseException) -> BaseException:
    """An error that comes from a disk which cannot be written, as one that says so; any other as it is."""
    problem = disk_problem(error) if isinstance(error, Exception) else None
    return error if problem is None else RunError([problem])


def _told(error: OSError) -> str:
    words = _WORDS.get(error.errno or 0)
    return f"{words} ({error.strerror})" if words else error.strerror or str(error)
