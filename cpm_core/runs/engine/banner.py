"""At the top of a notebook that did not run to its end: what happened, where, what the kernel last said, what to do."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cpm_core.runs.engine.endings import Ending, told
from cpm_core.runs.engine.places import MARKER

if TYPE_CHECKING:
    from nbformat import NotebookNode

ANCHOR = "papermill-error-cell"
_RED = 'style="color:#b00020"'


def add_banner(node: NotebookNode, ending: Ending, last: Sequence[str], again: str) -> None:
    """Put it in, and an anchor before the cell at which it ended. Papermill takes both out before the next run.

    Args:
        node: The executed notebook.
        ending: How it ended.
        last: The last lines that the kernel's process wrote outside of cells.
        again: The command that runs it again.
    """
    if ending.at is not None:
        here = f'<span id="{ANCHOR}" {_RED}>The run ended in the next cell. · 运行在下一个单元格中止。</span>'
        node.cells.insert(ending.at, _cell(here))
    node.cells.insert(0, _cell("\n\n".join(_parts(ending, last, again))))


def _parts(ending: Ending, last: Sequence[str], again: str) -> list[str]:
    words = told(ending)
    parts = [f"## <span {_RED}>{_safe(words.en)}.</span>", f"## <span {_RED}>{_safe(words.zh)}。</span>"]
    if ending.at is not None:
        parts.append(f'<a href="#{ANCHOR}">Go to the cell · 转到该单元格</a>')
    parts.append("This notebook is not whole: later cells did not run. · 本笔记本不完整：后面的单元格未运行。")
    if last:
        parts.append(f"The kernel's last words · 内核最后的输出:\n\n{_block(last)}")
    if again:
        parts.append(f"Run it again · 重新运行:\n\n{_block([again])}")
    return parts


def _cell(source: str) -> NotebookNode:
    from nbformat import v4

    cell: NotebookNode = v4.new_markdown_cell(source, metadata={"tags": [MARKER]})
    return cell


def _safe(words: str) -> str:
    """Words as they are, in a page: neither tags nor marks."""
    text = html.escape(words)
    for sign in "\\`*_[]$~":
        text = text.replace(sign, f"&#{ord(sign)};")
    return text


def _block(lines: Sequence[str]) -> str:
    """Lines as they are, in a block of a page; an empty one would end it."""
    return "<pre>" + "\n".join(html.escape(line) if line.strip() else "&nbsp;" for line in lines) + "</pre>"
