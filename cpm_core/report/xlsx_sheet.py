"""A worksheet whose rows are put together as text, a column at a time: XlsxWriter takes five times as long for cells."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from cpm_core.report import format as fmt
from cpm_core.report.xlsx_cells import Cell, cell_of
from cpm_core.report.xlsx_formats import Formats

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 5_000
"""Rows whose cells are in memory at a time."""
MANY_ROWS = 50_000
"""From here on each cell holds its own words, where those of all cells of a book are else held once, in memory."""
HELD = 32 * 1024**2
"""Bytes of a sheet's rows that are in memory; more go to a file."""

Tail = str
"""A cell but for its place, as in `<c r="B2` and then ` s="1"><v>3</v></c>`; empty: nothing is written."""


class Sheet(Worksheet):  # type: ignore[misc]  # XlsxWriter ships no types
    """One table: a head, and rows below it. Nothing but that is written to its cells."""

    def __init__(self) -> None:
        super().__init__()
        # Taken back when the book is closed.
        self._rows = SpooledTemporaryFile(HELD, "w+", encoding="utf-8", newline="")  # noqa: SIM115

    def fill(
        self, heads: Sequence[str], frame: pd.DataFrame, units: Sequence[Sequence[str] | str], formats: Formats
    ) -> None:
        """Write a frame below its heads, once.

        Args:
            heads: Of each column.
            frame: With as many rows as the sheet holds at most.
            units: Of each column the unit of its figures, one for all or one a row.
            formats: Of the book.
        """
        self._check_dimensions(0, 0)
        self._check_dimensions(len(frame), max(len(heads) - 1, 0))
        cells = _Cells(self, formats, own_words=len(frame) > MANY_ROWS)
        self._put(1, [[cells.tail((head, formats.head))] for head in heads])
        rows = list(map(partial(_of_rows, len(frame)), units))
        for begin in range(0, len(frame), CHUNK):
            part = frame.iloc[begin : begin + CHUNK]
            columns = [
                cells.column(part.iloc[:, place], rows[place][begin : begin + CHUNK]) for place in range(part.shape[1])
            ]
            self._put(begin + 2, columns)

    def _put(self, first: int, columns: Sequence[Sequence[Tail]]) -> None:
        """Some rows, the first of which has a number, counted from 1."""
        cells = [
            [f'<c r="{letters}{number}{tail}' if tail else "" for number, tail in enumerate(column, first)]
            for letters, column in zip(map(xl_col_to_name, range(len(columns))), columns, strict=True)
        ]
        rows = enumerate(zip(*cells, strict=True), first)
        self._rows.write("".join([f'<row r="{number}">{"".join(row)}</row>' for number, row in rows]))

    def _write_sheet_data(self) -> None:
        self._xml_start_tag("sheetData")
        with self._rows:
            self._rows.seek(0)
            shutil.copyfileobj(self._rows, self.fh)
        self._xml_end_tag("sheetData")


class _Cells:
    """Values of one sheet as text."""

    def __init__(self, sheet: Sheet, formats: Formats, *, own_words: bool) -> None:
        self._formats, self._own_words = formats, own_words
        self._place: Callable[[str], int] = sheet.str_table._get_shared_string_index  # noqa: SLF001  as write_string does
        self._marks: Callable[[str], str] = sheet._escape_control_characters  # noqa: SLF001  as XlsxWriter has them
        self._missing = self.tail((fmt.DASH, formats.missing))

    def tail(self, cell: Cell) -> Tail:
        """A value and its format."""
        if cell is None:
            return ""
        value, look = cell
        style = f'" s="{look._get_xf_index()}"'  # noqa: SLF001  what XlsxWriter writes of a format; it tells it nowhere
        if isinstance(value, str):
            return f"{style}{self._words(value)}"
        kind = ' t="b"' if isinstance(value, bool) else ""
        return f"{style}{kind}><v>{value:.16G}</v></c>"

    def column(self, column: pd.Series, units: Sequence[str]) -> list[Tail]:
        """The cells of one column; values that come again are looked at once."""
        values = column.tolist()
        if column.dtype.kind == "f":
            return self._figures(values, units)
        if set(map(type, values)) == {str} and len(set(units)) == 1:
            words = {value: self.tail(cell_of(value, units[0], self._formats)) for value in dict.fromkeys(values)}
            return [words[value] for value in values]
        known: dict[tuple[type, Any, str], Tail] = {}
        tails = []
        for value, unit in zip(values, units, strict=True):
            key = (type(value), value, unit)  # 1 and True are equal
            try:
                tail = known[key]
            except KeyError:
                tail = known[key] = self.tail(cell_of(value, unit, self._formats))
            except TypeError:  # a list or a mapping
                tail = self.tail(cell_of(value, unit, self._formats))
            tails.append(tail)
        return tails

    def _figures(self, values: Sequence[float], units: Sequence[str]) -> list[Tail]:
        looks = {unit: tuple(self._begin(unit, figure) for figure in (0.5, 1.0)) for unit in set(units)}
        return [
            # Neither NaN nor infinite.
            f"{looks[unit][value.is_integer()]}{value:.16G}</v></c>" if value - value == 0 else self._missing
            for value, unit in zip(values, units, strict=True)
        ]

    def _begin(self, unit: str, figure: float) -> str:
        """Of the cell of such a figure, what stands before it."""
        tail = self.tail((figure, self._formats.of(unit, figure)))
        return tail[: tail.index("<v>") + 3]

    def _words(self, words: str) -> str:
        # XlsxWriter takes such words as they are: for its own rich text.
        if not self._own_words and not words.startswith("<r>"):
            return f' t="s"><v>{self._place(words)}</v></c>'
        text = self._marks(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _of_rows(length: int, unit: Sequence[str] | str) -> Sequence[str]:
    return [unit] * length if isinstance(unit, str) else unit
