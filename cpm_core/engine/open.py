"""The engine that a params file asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cpm_core.engine.engine import Engine
    from cpm_core.params.schema import Engine as Asked


def open_engine(asked: Asked, scratch: Path, folder: Path) -> Engine:  # noqa: ARG001  # see the other engines
    """Connect to the engine of a params file.

    Args:
        asked: The key `engine`.
        scratch: Folder for what does not fit in memory.
        folder: What paths in the params are relative to.

    Raises:
        CpmError: It cannot be reached.
    """
    from cpm_core.engine.duck import DuckEngine

    return DuckEngine(scratch, asked.threads, asked.memory_limit)
