"""The files below a folder, also while others write beside them."""

from __future__ import annotations

from pathlib import Path


def files_below(folder: Path, pattern: str = "*") -> list[Path]:
    """All files below a folder but compiled ones, sorted.

    A folder in which another process puts its compiled modules meanwhile may be listed with a gap; so it is looked
    at until two lists in a row are equal.
    """
    found, again = _listed(folder, pattern), _listed(folder, pattern)
    while found != again:
        found, again = again, _listed(folder, pattern)
    return found


def _listed(folder: Path, pattern: str) -> list[Path]:
    try:
        found = sorted(folder.rglob(pattern))
    except FileNotFoundError:  # a folder of compiled modules that went meanwhile
        return []
    return [path for path in found if "__pycache__" not in path.parts and path.is_file()]
