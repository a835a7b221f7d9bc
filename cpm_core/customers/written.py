"""How a value is written in reasons: one at a time, and for a column of millions by the embedded DuckDB."""

from __future__ import annotations

import math
from collections.abc import Mapping
from string import Formatter
from typing import TYPE_CHECKING

from cpm_core.model.kpi import Unit
from cpm_core.model.money import with_currency
from cpm_core.model.text import Locale, Text

if TYPE_CHECKING:
    import pyarrow as pa

MINUS, NOTHING = "\u2212", "\u2013"
_DAYS = Text(en=" days", zh="天")
_DIGITS: dict[Unit, int] = {"money": 2, "count": 0, "points": 0, "days": 0, "percent": 1}
"""Decimals that are always shown; other units show up to two, as far as they are not zero."""


def written(value: float, unit: Unit, currency: str, locale: Locale) -> str:
    """`£1,234.50`, `−3`, `12.3%`, `13.5`, `40 days`; a dash for NaN."""
    if math.isnan(value):
        return NOTHING
    number = value * 100 if unit == "percent" else value
    text = f"{abs(number):,.{_DIGITS.get(unit, 2)}f}"
    if unit not in _DIGITS:
        text = text.rstrip("0").rstrip(".")
    before, after = _round(unit, currency, locale)
    return f"{MINUS if number < 0 and text.strip('0.,') else ''}{before}{text}{after}"


def written_sql(column: str, unit: Unit, currency: str, locale: Locale) -> str:
    """The same of a column of doubles, as DuckDB's SQL."""
    number = f"{column} * 100" if unit == "percent" else column
    text = f"format('{{:,.{_DIGITS.get(unit, 2)}f}}', abs({number}))"
    if unit not in _DIGITS:
        text = f"rtrim(rtrim({text}, '0'), '.')"
    before, after = (quoted(part) for part in _round(unit, currency, locale))
    minus = f"CASE WHEN {column} < 0 AND trim({text}, '0.,') <> '' THEN '{MINUS}' ELSE '' END"
    return (
        f"CASE WHEN coalesce(isnan({column}), true) THEN '{NOTHING}' ELSE {minus} || {before} || {text} || {after} END"
    )


def sentence_sql(template: str, parts: Mapping[str, str]) -> str:
    """A sentence as an SQL expression, its placeholders filled with others."""
    found = []
    for literal, field, _, _ in Formatter().parse(template):
        found.append(quoted(literal))
        if field is not None:
            found.append(parts[field])
    return f"concat({', '.join(found)})"


def asked(rows: pa.Table, columns: str) -> pa.Table:
    """Columns in DuckDB's SQL over rows of this process, in the order of these."""
    import duckdb

    with duckdb.connect(config={"preserve_insertion_order": True}) as connection:
        return connection.from_arrow(rows).project(columns).to_arrow_table()


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _round(unit: Unit, currency: str, locale: Locale) -> tuple[str, str]:
    """What stands before and after the digits."""
    if unit == "money":
        return with_currency("", currency), ""
    return "", {"percent": "%", "days": _DAYS.in_(locale)}.get(unit, "")
