"""How much a notebook may put out: what goes beyond is left out, and a note says so. An error is always told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpm_core.runs.kernel import amount

ERROR_LINES = 100
ERROR_SIGNS = 2_000
"""Lines of a traceback, and signs of one of them, that are kept where there is no more room."""
_NOTE = (
    "[Output left out: the outputs of this notebook may take {most} (limits.output) · "
    "输出已省略：本笔记本的输出上限为 {most}（limits.output）]"
)


class Room:
    """What is left for the outputs of one notebook."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._note = _NOTE.format(most=amount(most))
        self._taken: dict[int, int] = {}
        """Bytes of each cell."""
        self._noted: set[int] = set()
        """Cells that say already that something is left out."""
        self._shown: dict[str, int] = {}
        """Bytes of displays that may be updated, by id."""

    def admits(self, message: dict[str, Any], cell: int, display: str | None = None) -> bool:
        """Whether an output goes into its cell; one that is too large is cut, or becomes the note."""
        content = message["content"]
        size = _size(content)
        if size > self._left:
            if message["msg_type"] == "error":
                _cut_error(content)
            elif cell in self._noted:
                return False
            else:
                self._cut(message, size)
                self._noted.add(cell)
            size = _size(content)
        self._take(size, cell)
        if display:
            self._shown[display] = size
        return True

    def cleared(self, cell: int) -> None:
        """A cell has taken back what it put out."""
        self._left += self._taken.pop(cell, 0)
        self._noted.discard(cell)

    def updates(self, message: dict[str, Any], display: str, cell: int) -> None:
        """A display is shown anew; one that is too large becomes the note."""
        before = self._shown.get(display, 0)
        if _size(message["content"]) > self._left + before:
            self._become_note(message["content"])
        self._shown[display] = _size(message["content"])
        self._take(self._shown[display] - before, cell)

    def _take(self, size: int, cell: int) -> None:
        self._left -= size
        self._taken[cell] = self._taken.get(cell, 0) + size

    def _cut(self, message: dict[str, Any], size: int) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            # Signs of several bytes make it a little less.
            fits = len(content["text"]) * max(self._left, 0) // size
            content["text"] = f"{content['text'][:fits]}\n{self._note}\n"
        else:
            self._become_note(content)

    def _become_note(self, content: dict[str, Any]) -> None:
        content |= {"data": {"text/plain": self._note}, "metadata": {}}


def _cut_error(content: dict[str, Any]) -> None:
    """The last lines of a traceback tell where it came from; its first ones only how it got there."""
    content["traceback"] = [line[-ERROR_SIGNS:] for line in content.get("traceback", [])[-ERROR_LINES:]]
    content["evalue"] = str(content.get("evalue", ""))[:ERROR_SIGNS]


def _size(value: Any) -> int:
    """Bytes of all texts in a value."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode(errors="surrogatepass"))
    if isinstance(value, Mapping):
        return sum(_size(one) for one in value.values())
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value))
    return 8
