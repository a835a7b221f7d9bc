"""Cells are told by their number in the notebook as it is in git, without what papermill puts in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

MARKER = "papermill-error-cell-tag"
INJECTED = "injected-parameters"


def position(node: NotebookNode, cell: NotebookNode) -> int:
    """The number of a cell, from 1; 0 if papermill put it in."""
    number = 0
    for one in node.cells:
        own = _own(one)
        number += own
        if one is cell:
            return number if own else 0
    return 0


def numbered(node: NotebookNode) -> int:
    """How many cells are numbered."""
    return sum(map(_own, node.cells))


def _own(cell: NotebookNode) -> bool:
    return not {MARKER, INJECTED} & set(cell.metadata.get("tags", []))
