"""Tables of the page: set by great-tables, dressed by the page's own styles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape


def table(
    name: str, heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]], groups: Sequence[str] | None = None
) -> str:
    """A table of ready HTML cells.

    On a narrow screen a row becomes a card, so each cell also carries its head (shown only there).

    Args:
        name: Makes the ids unique in the page, and is the class to style it by.
        heads: Id and title of each column; titles are escaped here.
        rows: Cells as HTML.
        groups: A heading for each row; equal ones stand together.
    """
    import pandas as pd
    from great_tables import GT, html

    columns = [f"{name}-{column}" for column, _ in heads]
    frame = pd.DataFrame([[_labelled(head, cell) for (_, head), cell in zip(heads, row, strict=True)] for row in rows])
    frame = frame.set_axis(columns, axis=1) if len(rows) else pd.DataFrame(columns=columns)
    if groups is not None:
        frame["group"] = list(groups)
    # Left and right are told by our styles; great-tables escapes what no formatter has taken.
    set_ = GT(frame, groupname_col="group" if groups is not None else None, id=f"cpm-{name}-table").fmt(
        lambda cell: cell
    )
    set_ = set_.cols_label({column: html(escape(head)) for column, (_, head) in zip(columns, heads, strict=True)})
    raw = set_.as_raw_html()
    inner = raw[raw.index("<table") : raw.rindex("</table>") + len("</table>")]
    tidy = re.sub(r' (?:data-quarto-[a-z-]+="false"|rowspan="1"|colspan="1")', "", inner)
    return f'<div class="scroll" tabindex="0">{_named(tidy, name)}</div>'


def _labelled(head: str, cell: str) -> str:
    return f'<span class="head">{escape(head)}</span><span class="cell">{cell}</span>'


def _named(html: str, name: str) -> str:
    return html.replace('class="gt_table"', f'class="gt_table t-{name}"', 1)
