"""Columns beyond a table's spec: KPIs declare them, a source maps each of them once, so their types must agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cpm_core.hooks.conflicts import Blamed
from cpm_core.hooks.contributions import Contribution
from cpm_core.model.errors import Problem
from cpm_core.model.kpi import Kpi
from cpm_core.model.tables import TableSpec

_FIX = "Let all of them declare one type, or give yours another name."


def clashes(kept: Mapping[tuple[str, str], Contribution]) -> Iterator[Blamed]:
    """Columns that are declared with two types, by two KPIs or by a KPI and its table; blamed on plugins alone."""
    for (table, column), declared in _declared(kept.values()).items():
        if len({kind for kind, _ in declared}) > 1:
            whose = " and ".join(f"{kind} by {one.words} ({one.where})" for kind, one in declared)
            what = f"the column {column!r} of the table {table!r} is declared with two types: {whose}"
            guilty = [one for _, one in declared if one.plugin.origin != "built-in"]
            for one in guilty:
                yield one.plugin.name, Problem(what, guilty[0].where, fix=_FIX)


def _declared(kept: Iterable[Contribution]) -> dict[tuple[str, str], list[tuple[str, Contribution]]]:
    """Who declares a column with which type, by table and column."""
    found: dict[tuple[str, str], list[tuple[str, Contribution]]] = {}
    for one in kept:
        item: Any = one.item
        if isinstance(item, TableSpec):
            for column in item.columns:
                found.setdefault((item.id, column.name), []).append((column.type, one))
        elif isinstance(item, Kpi) and item.table:
            for name, kind in item.columns.items():
                found.setdefault((item.table, name), []).append((kind, one))
    return found
