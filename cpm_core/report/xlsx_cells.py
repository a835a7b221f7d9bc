"""Rows of a frame as cells of Excel, worked out a column at a time: a long sheet has half a million cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from cpm_core.report import format as fmt
from cpm_core.report.xlsx_formats import Formats

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 5_000
"""Rows whose cells are in memory at a time."""
LONGEST = 32_767
"""Signs that a cell of Excel holds."""
EPOCH = date(1899, 12, 30).toordinal()
"""Day 0 of Excel's calendar."""

Cell: TypeAlias = tuple[Any, Any] | None
"""A value and its format; None: nothing is written."""


def write_rows(page: Any, frame: pd.DataFrame, units: Sequence[Iterable[str] | str], formats: Formats) -> None:
    """Write a frame below its heads.

    Args:
        page: A worksheet of XlsxWriter.
        frame: With as many rows as the sheet holds at most.
        units: Of each column the unit of its figures, one for all or one a row.
        formats: Of the book.
    """
    ways: dict[type, Callable[..., Any]] = {str: page.write_string, float: page.write_number, bool: page.write_boolean}
    rows = list(map(partial(_of_rows, len(frame)), units))
    for begin in range(0, len(frame), CHUNK):
        part = frame.iloc[begin : begin + CHUNK]
        columns = [
            _cells(part.iloc[:, place], rows[place][begin : begin + CHUNK], formats) for place in range(part.shape[1])
        ]
        for number, row in enumerate(zip(*columns, strict=True), start=begin + 1):
            for place, cell in enumerate(row):
                if cell is not None:
                    ways[type(cell[0])](number, place, *cell)


def cell_of(value: Any, unit: str, formats: Formats) -> Cell:
    """One value by what it is; a missing one is an en dash, never 0 and never blank."""
    # pandas' NA is neither true nor false.
    if value is None or type(value).__name__ == "NAType" or value != value:  # noqa: PLR0124  NaN and NaT differ from themselves
        return fmt.DASH, formats.missing
    if isinstance(value, str):
        # No words is nothing to write; half of a long table's cells are such.
        return (value[:LONGEST], formats.text) if value else None
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        return bool(value), formats.text
    if hasattr(value, "year"):
        return float(fmt.as_date(value).toordinal() - EPOCH), formats.day
    if fmt.is_number(value):
        return float(value), formats.of(unit, value)
    return str(value)[:LONGEST], formats.text


def _of_rows(length: int, unit: Iterable[str] | str) -> list[str]:
    return [unit] * length if isinstance(unit, str) else list(unit)


def _cells(column: pd.Series, units: Sequence[str], formats: Formats) -> Iterator[Cell] | list[Cell]:
    """The cells of one column; values that come again are looked at once."""
    kind = column.dtype.kind
    if kind == "f":
        missing, of = (fmt.DASH, formats.missing), formats.of
        return [
            (value, of(unit, value)) if value - value == 0 else missing  # neither NaN nor infinite
            for value, unit in zip(column.tolist(), units, strict=True)
        ]
    known: dict[tuple[type, Any, str], Cell] = {}
    cells = []
    for value, unit in zip(column.tolist(), units, strict=True):
        key = (type(value), value, unit)  # 1 and True are equal
        try:
            cell = known[key]
        except KeyError:
            cell = known[key] = cell_of(value, unit, formats)
        except TypeError:  # a list or a mapping
            cell = cell_of(value, unit, formats)
        cells.append(cell)
    return cells
