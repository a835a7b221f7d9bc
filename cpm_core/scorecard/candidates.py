"""The slices at hand: columns of few members that a KPI's rows lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import ibis.expr.types as ir

from cpm_core.measure import slices
from cpm_core.measure.compile import Compiled
from cpm_core.measure.slices import Resolved
from cpm_core.scorecard.additive import Sums, overlapping
from cpm_core.tables.derive import Catalog
from cpm_core.tables.lineage import base_columns

MOST_SLICES = 12
"""So many are tried; what the workbook is sliced by comes first, then the KPI's own table, then what it leads to."""
MOST_MEMBERS = 50
"""A column of more members is no group that a reader could act on."""
HOMES = {"customers": "customer_id", "tickets": "ticket_id", "orders": "order_id"}
"""Tables that a row may lead to, and by which key."""


@dataclass(frozen=True)
class AtHand:
    """Slices to try, and how many more there are."""

    names: tuple[str, ...]
    left_out: int


def at_hand(name: str, sums: Sums, compiled: Mapping[str, Compiled], catalog: Catalog, given: Sequence[str]) -> AtHand:
    """The slices by which a KPI's change can be split; personal columns and its own conditions never."""
    parts = [compiled[kpi] for kpi in sorted(sums.kpis)]
    table = str(parts[0].kpi.table)
    conditions = set().union(*(_conditions(one) for one in parts))
    found: dict[tuple[str, str], Resolved] = {}
    for wanted in (*given, *_columns(table, catalog)):
        one = slices.resolve(wanted, table, catalog)
        if one is None or (one.table, one.column) in conditions or one.column in catalog.personal(one.table):
            continue
        found.setdefault((one.table, one.column), one)
    names = [one.name for one in found.values()]
    reached = slices.reached(compiled[name], compiled, names, catalog)
    apart = [
        one for one in found.values() if one.name in reached and not overlapping(sums, one.name, compiled, catalog)
    ]
    few = set(_few(apart, catalog))
    kept = [one.name for one in apart if one.name in few]
    return AtHand(tuple(kept[:MOST_SLICES]), max(len(kept) - MOST_SLICES, 0))


def _conditions(one: Compiled) -> set[tuple[str, str]]:
    """The base columns that a measure is made of: to split by them would only tell its definition again."""
    values = [getattr(one.measure, field.name) for field in fields(one.measure)] if one.measure else []
    return set().union(*(base_columns(value) for value in values if isinstance(value, ir.Value)))


def _columns(table: str, catalog: Catalog) -> Iterator[str]:
    """Columns of text, of a KPI's own table and of those that it may lead to."""
    led_to = [home for home in HOMES if home != table and catalog.missing(home) is None]
    if catalog.is_derived(table):
        # What it has from a table that it leads to is offered as that table's.
        theirs = {column for home in led_to if HOMES[home] in catalog.schema(table) for column in catalog.schema(home)}
        yield from (column for column in _texts(table, catalog, flags=False) if column not in theirs)
    else:
        yield from (f"{table}.{column}" for column in _texts(table, catalog))
    for home in led_to:
        for column in _texts(home, catalog):
            # A bare name is the table's own column, else that of customers.
            bare = home == "customers" and column not in catalog.schema(table)
            yield column if bare else f"{home}.{column}"


def _texts(table: str, catalog: Catalog, *, flags: bool = True) -> Iterator[str]:
    """Columns of words, and flags; those of a derived table are what KPIs are made of."""
    keys = {*catalog.key(table), *slices.KEYS}
    for column, kind in catalog.schema(table).items():
        words = kind.is_string() or (flags and kind.is_boolean())
        if words and column not in keys and not column.endswith("_id"):
            yield column


def _few(found: Iterable[Resolved], catalog: Catalog) -> Iterator[str]:
    """The slices of at least two members and no more than MOST_MEMBERS; one query a table."""
    by_table: dict[str, list[Resolved]] = {}
    for one in found:
        by_table.setdefault(one.table, []).append(one)
    for home, mine in by_table.items():
        table = catalog.unbound(home)
        counts = {f"c{i}": table[one.column].nunique() for i, one in enumerate(mine)}
        counts |= {f"n{i}": table[one.column].isnull().any() for i, one in enumerate(mine)}
        row = catalog.engine.frame(table.aggregate(**counts)).iloc[0]
        for i, one in enumerate(mine):
            # Without rows, any() is null.
            members = int(row[f"c{i}"]) + (row[f"n{i}"] is True or row[f"n{i}"] == 1)
            if 2 <= members <= MOST_MEMBERS:
                yield one.name
