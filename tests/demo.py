"""What docs/demo.md tells, read from its tables, for tests that hold it against a workbook's figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

Rows = list[dict[str, str]]


class Page:
    """The tables of docs/demo.md, by the heading that they stand under."""

    def __init__(self, path: Path) -> None:
        self._tables = list(_tables(path.read_text(encoding="utf-8").splitlines()))

    def table(self, heading: str, *columns: str, after: str = "") -> Rows:
        """The one table with these columns under a heading, after a line of text; both by how they start."""
        found = [
            rows
            for title, line, rows in self._tables
            if title.startswith(heading) and line.startswith(after) and {*columns} <= {*rows[0]}
        ]
        assert len(found) == 1, f"{len(found)} tables with {columns} under {heading!r}"
        return found[0]


def _tables(lines: list[str]) -> Iterator[tuple[str, str, Rows]]:
    """Each table with its heading and the last line of text before it."""
    title = before = ""
    block: list[list[str]] = []
    for line in [*lines, ""]:
        if line.startswith("|"):
            block.append([cell.strip(" `") for cell in line.strip("|").split("|")])
            continue
        if block:
            header, _, *body = block
            yield title, before, [dict(zip(header, cells, strict=True)) for cells in body]
            block = []
        if line.startswith("#"):
            title, before = line.strip("# "), ""
        elif line:
            before = line


def number(cell: str) -> float:
    """`1,183` as 1183, `88.3 %` as 0.883, an empty cell as 0."""
    found = re.match(r"-?[\d,]+(\.\d+)?", cell)
    value = float(found[0].replace(",", "")) if found else 0.0
    return value / 100 if " %" in cell else value


def as_told(value: float, cell: str) -> bool:
    """Whether a figure is what a cell says, to the last digit that is written there."""
    decimals = len(cell.split(maxsplit=1)[0].partition(".")[2])
    step = 10**-decimals / (100 if " %" in cell else 1)
    return abs(value - number(cell)) <= 0.5 * step * (1 + 1e-6)


def sums(facts: pd.DataFrame, kpi: str, slice_: str, first: str = "", last: str = "9") -> pd.DataFrame:
    """Numerators and denominators by member, added up over the periods from `first` to `last` (labels)."""
    mine = facts[(facts["kpi"] == kpi) & (facts["slice"] == slice_)]
    mine = mine[(mine["period"] >= first) & (mine["period"] <= last)]
    return mine.groupby("member")[["numerator", "denominator"]].sum()


def shares(facts: pd.DataFrame, kpi: str, slice_: str, first: str = "", last: str = "9") -> pd.Series:
    """Numerator over denominator by member, of the periods from `first` to `last` (labels) together."""
    added = sums(facts, kpi, slice_, first, last)
    return added["numerator"] / added["denominator"]
