"""The same tables in other ways, as deliveries come: in another order, twice, with rows of days to come, or empty."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from cpm_core.testing.grid import Rows, as_text

if TYPE_CHECKING:
    from cpm_core.model.tables import TableSpec

Row = dict[str, Any]
LONG_AGO, DAY_AFTER = "2000-01-01T12:00:00", "2000-01-02T12:00:00"
LATER, TWIN = "-later", "-twin"


def shuffled(rows: list[Row]) -> list[Row]:
    """The same rows in another order, the same each time."""
    return random.Random(7).sample(rows, len(rows))  # noqa: S311  # an order, and no secret


def doubled(rows: list[Row]) -> list[Row]:
    """Every row twice."""
    return [*rows, *(dict(row) for row in rows)]


def later(rows: list[Row], spec: TableSpec, as_of: date) -> list[Row]:
    """The rows with what comes after the as-of day: a copy of each, and in it what was not known yet."""
    then = f"{as_of + timedelta(days=5)}T12:00:00"
    return [_learned(row, spec, then) for row in rows] + [_copied(row, spec, then) for row in rows]


def twins(rows: list[Row], spec: TableSpec) -> list[Row]:
    """The rows, and the same of a twin of each customer."""
    ids = [*_ids(spec), "customer_id"]
    return [*rows, *({**row, **{name: f"{row[name]}{TWIN}" for name in ids if row.get(name)}} for row in rows)]


def _ids(spec: TableSpec) -> list[str]:
    """The columns by whose text one row is told from another."""
    return [c.name for c in spec.columns if c.name in spec.key and c.type == "string" and not c.choices]


def _learned(row: Row, spec: TableSpec, then: str) -> Row:
    """A row of which a later day tells more: a ticket that is resolved, a survey that is answered."""
    new = dict(row)
    for column in spec.columns:
        known_at = column.known_at
        if known_at is None or known_at not in row or row.get(column.name) is not None or row[known_at] is not None:
            continue
        if column.name == known_at:
            new[column.name] = then
        elif column.name in row:
            new[column.name] = row.get("scale_max", "1") if column.type != "string" else "later"
    return new


def _copied(row: Row, spec: TableSpec, then: str) -> Row:
    """A row of a later day under another id."""
    times = [c.name for c in spec.columns if c.type == "timestamp" and c.name in row]
    return {**row, **{name: f"{row[name]}{LATER}" for name in _ids(spec)}, **dict.fromkeys(times, then)}


def emptied(rows: list[Row], spec: TableSpec) -> list[Row]:
    """Rows that all lie long ago, so that a workbook with a later `since` has tables without rows."""
    new = [dict(row) for row in rows]
    for column in spec.columns:
        if column.type == "timestamp":
            for row in new:
                if column.name in row:
                    row[column.name] = DAY_AFTER if column.known_at else LONG_AGO
    return new


Variant = Callable[[list[Row], "TableSpec", date], list[Row]]
VARIANTS: Mapping[str, Variant] = {
    "plain": lambda rows, spec, as_of: rows,
    "shuffled": lambda rows, spec, as_of: shuffled(rows),
    "doubled": lambda rows, spec, as_of: doubled(rows),
    "later": later,
    "mixed": lambda rows, spec, as_of: shuffled(doubled(later(rows, spec, as_of))),
    "twins": lambda rows, spec, as_of: twins(rows, spec),
    "empty": lambda rows, spec, as_of: emptied(rows, spec),
}
"""`mixed` is all at once that must not matter."""


def varied(tables: Mapping[str, Rows], specs: Mapping[str, TableSpec], as_of: date, variant: str) -> dict[str, Rows]:
    """Tables in another way; those without a spec are left as they are.

    Args:
        tables: Rows by table.
        specs: The base tables' specs.
        as_of: The last day that counts.
        variant: One of `VARIANTS`.
    """
    import pyarrow as pa

    found: dict[str, Rows] = {}
    for name, rows in tables.items():
        table = as_text(rows)
        if name in specs:
            new = VARIANTS[variant](table.to_pylist(), specs[name], as_of)
            table = pa.Table.from_pylist(new, schema=table.schema)
        found[name] = table
    return found
