"""The papermill engine `cpm`: plain `papermill --engine cpm …` gains what `cpm run` has."""

from __future__ import annotations

from papermill.engines import NBClientEngine


class CpmEngine(NBClientEngine):  # type: ignore[misc]  # papermill ships no types
    """Runs a notebook, and tells the truth about how it ended."""
