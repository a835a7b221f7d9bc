"""Notes in a folder of what a server keeps for it: they outlive the process that wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

NAMES = ("schema.txt", "spark.json")
"""Of PostgreSQL and of Spark."""


def notes(folder: Path) -> Iterator[Path]:
    """The notes of a folder and of those within."""
    return (path for name in NAMES for path in folder.rglob(name))


def kept(folder: Path) -> bool:
    """Whether a server keeps anything for a folder."""
    return any(notes(folder))
