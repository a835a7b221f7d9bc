"""Cells are told by their number in the notebook as it is in git, without what papermill puts in."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

MARKER = "papermill-error-cell-tag"
INJECTED = "injected-parameters"


def numbers(node: NotebookNode) -> list[int]:
    """The number of each cell, from 1; 0 if papermill put it in."""
    own = [int(_own(cell)) for cell in node.cells]
    return [total if one else 0 for one, total in zip(own, accumulate(own), strict=True)]


def _own(cell: NotebookNode) -> bool:
    return not {MARKER, INJECTED} & set(cell.metadata.get("tags", []))
