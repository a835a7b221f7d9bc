"""Tables of the page; their classes are those of great-tables, which the page's own styles dress."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    titles = [escape(title) for _, title in heads]
    head = "".join(
        f'<th class="gt_col_heading" scope="col" id="cpm-{name}-{place}">{title}</th>'
        for place, title in enumerate(titles, 1)
    )
    lines = [_line(name, titles, row) for row in rows] if groups is None else _grouped(name, titles, rows, groups)
    body = "\n".join(lines)
    return (
        f'<div class="scroll" tabindex="0"><table class="gt_table t-{name}">\n'
        f'<thead><tr class="gt_col_headings">{head}</tr></thead>\n'
        f'<tbody class="gt_table_body">\n{body}\n</tbody>\n</table></div>'
    )


def _line(name: str, titles: Sequence[str], row: Sequence[str], group: str = "") -> str:
    """A row; each cell names its heads, for who hears the table."""
    cells = "".join(
        f'<td headers="{group}cpm-{name}-{place}" class="gt_row"><span class="head">{title}</span>'
        f'<span class="cell">{cell}</span></td>'
        for place, (title, cell) in enumerate(zip(titles, row, strict=True), 1)
    )
    return f"<tr>{cells}</tr>"


def _grouped(name: str, titles: Sequence[str], rows: Sequence[Sequence[str]], groups: Sequence[str]) -> Iterator[str]:
    found: dict[str, list[Sequence[str]]] = {}
    for group, row in zip(groups, rows, strict=True):
        found.setdefault(group, []).append(row)
    for number, (title, members) in enumerate(found.items(), 1):
        place = f"cpm-{name}-group-{number}"
        yield (
            f'<tr class="gt_group_heading_row"><th class="gt_group_heading" colspan="{len(titles)}" '
            f'scope="colgroup" id="{place}">{escape(title)}</th></tr>'
        )
        yield from (_line(name, titles, row, f"{place} ") for row in members)
