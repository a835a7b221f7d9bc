"""Values as cells of Excel."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeAlias

from cpm_core.report import format as fmt
from cpm_core.report.xlsx_formats import Formats

LONGEST = 32_767
"""Signs that a cell of Excel holds."""
EPOCH = date(1899, 12, 30).toordinal()
"""Day 0 of Excel's calendar."""

Cell: TypeAlias = tuple[Any, Any] | None
"""A value and its format; None: nothing is written."""


def cell_of(value: Any, unit: str, formats: Formats) -> Cell:
    """One value by what it is; a missing one is an en dash, never 0 and never blank."""
    # pandas' NA is neither true nor false.
    if value is None or type(value).__name__ == "NAType" or value != value:  # noqa: PLR0124  NaN and NaT differ from themselves
        return fmt.DASH, formats.missing
    if isinstance(value, str):
        # No words is nothing to write; half of a long table's cells are such.
        return (_fitting(value), formats.text) if value else None
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        return bool(value), formats.text
    if hasattr(value, "year"):
        return float(fmt.as_date(value).toordinal() - EPOCH), formats.day
    if fmt.is_number(value):
        return float(value), formats.of(unit, value)
    return _fitting(str(value)), formats.text


def _fitting(words: str) -> str:
    """Words as far as a cell holds them; it counts a sign beyond the 65,536th of Unicode as two."""
    if len(words) <= LONGEST // 2:
        return words
    return words.encode("utf-16-le")[: 2 * LONGEST].decode("utf-16-le", "ignore")
