"""Folders that go with their process, and those of processes that were killed.

A folder's name tells its process, and a file in it is locked as long as that process lives. The number alone is not
enough: it is given to other processes, and in another container it means another one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cpm_core.model.locks import alive, give_back, take

OWNER = ".owner"
"""File that is locked by the process that works in the folder."""
YOUNG = 60
"""Seconds in which a folder that nobody has locked may be one that is being made."""

_owned: dict[Path, IO[str]] = {}


def make(parent: Path, beginning: str) -> Path:
    """Make a folder `<beginning><process>-<random>` that this process works in.

    Raises:
        OSError: It cannot be made.
    """
    folder = parent / f"{beginning}{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    file = (folder / OWNER).open("w", encoding="utf-8")
    # Where the file system has no locks the process's number alone tells.
    with contextlib.suppress(OSError):
        take(file)
    _owned[folder] = file
    return folder


def remove(folder: Path) -> None:
    """Remove a folder that was made; what cannot be removed is left for `sweep`."""
    file = _owned.pop(folder, None)
    if file is not None and not file.closed:
        with contextlib.suppress(OSError):
            give_back(file)
        file.close()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def made(parent: Path, beginning: str) -> Iterator[Path]:
    """A folder that is gone afterwards.

    Raises:
        OSError: It cannot be made.
    """
    folder = make(parent, beginning)
    try:
        yield folder
    finally:
        remove(folder)


def abandoned(parent: Path, beginning: str) -> Iterator[Path]:
    """Folders of a name's beginning whose process is gone; those of other users are none."""
    for folder in parent.glob(f"{beginning}*"):
        owner = folder.name.removeprefix(beginning).split("-")[0]
        if not owner.isdecimal() or folder in _owned:
            continue
        with contextlib.suppress(OSError):
            if _ours(folder) and _free(folder) and (not alive(int(owner)) or _old(folder)):
                yield folder


def sweep(parent: Path, beginning: str) -> None:
    """Remove what processes left behind that were killed."""
    for folder in abandoned(parent, beginning):
        shutil.rmtree(folder, ignore_errors=True)


def _ours(folder: Path) -> bool:
    about = folder.lstat()
    return folder.is_dir() and not folder.is_symlink() and (os.name == "nt" or about.st_uid == os.getuid())


def _free(folder: Path) -> bool:
    """Whether nobody has locked it."""
    path = folder / OWNER
    if not path.is_file():
        return True
    with path.open("r+", encoding="utf-8") as file:
        if not take(file):
            return False
        give_back(file)
    return True


def _old(folder: Path) -> bool:
    return time.time() - folder.stat().st_mtime > YOUNG
