"""What a cell prints arrives in pieces; they are one text."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode


def join_streams(cell: NotebookNode) -> None:
    """Make one output of the pieces of a stream that follow each other, so that no word is broken between two."""
    outputs = cell.get("outputs")
    if not outputs:
        return
    joined: list[NotebookNode] = []
    for stream, pieces in groupby(outputs, key=lambda one: one.get("name") if one.output_type == "stream" else None):
        if stream is None:
            joined += pieces
        else:
            first, *rest = pieces
            if rest:
                first["text"] = "".join([first["text"], *(one["text"] for one in rest)])
            joined.append(first)
    outputs[:] = joined
