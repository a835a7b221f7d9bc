"""Slices: columns to split by, reached without multiplying rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cpm_core.measure import labels
from cpm_core.model.errors import MeasureError, ParamsError, Problem
from cpm_core.model.facts import NO_MEMBER
from cpm_core.model.names import nearest
from cpm_core.params.schema import Params
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.measure.compile import Compiled

KEYS = ("customer_id", "ticket_id", "order_id")
_HOMES = {"customer_id": "customers", "ticket_id": "tickets", "order_id": "orders"}


@dataclass(frozen=True)
class Resolved:
    """Where a slice's column comes from: a table, and the key to it (empty: the KPI's own table)."""

    name: str
    table: str
    column: str
    key: str = ""

    @property
    def is_label(self) -> bool:
        """Whether it is one that customers held before each period, and that some periods are without."""
        return bool(self.key) and self.table == labels.LABELS


def resolve(name: str, table: str, catalog: Catalog) -> Resolved | None:
    """Find a slice's column for a KPI on ``table``; None where it cannot be reached without multiplying rows.

    A bare name is the table's own column, else a label of customers, else a column of `customers`.
    """
    schema = catalog.schema(table)
    home, _, column = name.rpartition(".")
    if not home:
        if column in schema and _usable(catalog, table, column):
            return Resolved(name, table, column)
        if labels.there(column, catalog):
            known = labels.KEY in schema and _usable(catalog, table, labels.KEY)
            return Resolved(name, labels.LABELS, column, labels.KEY) if known else None
        home = "customers"
    elif home == table:
        return Resolved(name, table, column) if column in schema else None
    key = next((key for key, place in _HOMES.items() if place == home), None)
    if key is None or key not in schema or catalog.missing(home):
        return None
    # Through a key that is not unique there, rows would count more than once.
    there = _usable(catalog, table, key) and _usable(catalog, home, column) and catalog.unique(home, key)
    return Resolved(name, home, column, key) if there else None


def reached(one: Compiled, compiled: Mapping[str, Compiled], names: Sequence[str], catalog: Catalog) -> frozenset[str]:
    """The slices that a KPI can be split by; a derived one only where all its parts mean the same column."""

    def homes(part: Compiled, name: str) -> set[tuple[str, str] | None]:
        if part.kpi.table is None:
            return set().union(*(homes(compiled[inner], name) for inner in part.parts))
        found = resolve(name, part.kpi.table, catalog)
        return {(found.table, found.column) if found else None}

    return frozenset(name for name in names if len(both := homes(one, name)) == 1 and None not in both)


def is_label(name: str, one: Compiled, compiled: Mapping[str, Compiled], catalog: Catalog) -> bool:
    """Whether a slice that a KPI reaches is a label that customers held before each period."""
    while one.kpi.table is None:
        one = compiled[one.parts[0]]
    found = resolve(name, one.kpi.table, catalog)
    return found is not None and found.is_label


def _usable(catalog: Catalog, table: str, column: str) -> bool:
    """Whether a table has a column that is delivered; a derived one, whether all that it is made of is."""
    if column not in catalog.schema(table):
        return False
    return all(catalog.is_delivered(home, name) for home, name in catalog.origins([(table, column)]))


def check(name: str, catalog: Catalog) -> None:
    """See that a slice names a column that some table has.

    Raises:
        MeasureError: None has it, or a person would be shown; the nearest names are given.
    """
    tables = sorted(catalog.delivered)
    known = {f"{table}.{column}" for table in tables for column in catalog.prepared.tables[table].columns}
    bare = {one.rpartition(".")[2] for one in known}
    if labels.there(name, catalog):
        return
    if name in labels.COLUMNS and name not in bare and (gone := labels.lacking(name, catalog)):
        raise MeasureError(f"customers have no {name} to slice by: {gone} is not delivered")
    if name not in known and name not in bare:
        raise MeasureError(f"no table has the column {name!r} to slice by", nearest=nearest(name, bare | known))
    home, _, column = name.rpartition(".")
    if column in catalog.personal(home or "customers"):
        raise MeasureError(f"{name!r} identifies persons; a report is not sliced by it", fix="Slice by a group.")


def check_unique(slices: Sequence[Resolved], catalog: Catalog) -> None:
    """See that no join to a slice multiplies rows.

    Raises:
        MeasureError: One would.
    """
    for key in dict.fromkeys(one.key for one in slices if one.key and not one.is_label):
        _unique(_HOMES[key], key, catalog)


def joined(relation: ir.Table, slices: Sequence[Resolved], catalog: Catalog) -> ir.Table:
    """Add one text column `slice_<i>` a slice; null becomes the member `(none)`.

    A label needs the rows' `period_start`; in a period before which nobody is labelled it stays null. That no join
    multiplies rows tells :func:`check_unique`.
    """
    for key in dict.fromkeys(one.key for one in slices if one.key and not one.is_label):
        mine = [(i, one) for i, one in enumerate(slices) if one.key == key and not one.is_label]
        home = catalog.unbound(_HOMES[key])
        picked = home.select(**{f"_{key}": home[key]}, **{f"slice_{i}": _member(home[one.column]) for i, one in mine})
        both = relation.left_join(picked, relation[key] == picked[f"_{key}"])
        filled = {f"slice_{i}": both[f"slice_{i}"].fill_null(NO_MEMBER) for i, _ in mine}
        relation = both.select(*relation.columns, **filled)
    if held := [(i, one.column) for i, one in enumerate(slices) if one.is_label]:
        relation = labels.joined(relation, held, catalog)
    own = {f"slice_{i}": _member(relation[one.column]) for i, one in enumerate(slices) if not one.key}
    return relation.mutate(**own) if own else relation


def _member(column: ir.Value) -> ir.StringValue:
    text: ir.StringValue = column.cast("string").fill_null(NO_MEMBER)
    return text


def _unique(home: str, key: str, catalog: Catalog) -> None:
    if not catalog.unique(home, key):
        raise MeasureError(
            f"{home} has several rows of one {key}: a slice through it would count rows more than once",
            fix="Give returns an order_id of their own, or slice by a column of the KPI's table.",
        )


def check_all(params: Params, catalog: Catalog) -> None:
    """See that each slice of the params is a column that some table has.

    Raises:
        ParamsError: All slices that are none, with their lines.
    """
    problems: list[Problem] = []
    for index, name in enumerate(params.slices):
        try:
            check(name, catalog)
        except MeasureError as error:
            problems += [replace(problem, where=params.where("slices", index)) for problem in error.problems]
    if problems:
        raise ParamsError(problems)
