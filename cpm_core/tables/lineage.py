"""Which base columns a compiled expression's value comes from."""

from __future__ import annotations

from collections.abc import Iterator

import ibis.expr.operations as ops
import ibis.expr.types as ir


def base_columns(value: ir.Value) -> frozenset[tuple[str, str]]:
    """The (base table, column) pairs that a value on unbound tables is computed from.

    Conditions of filters and joins on the way do not count: they choose rows, the value is made of
    columns.
    """
    return frozenset((one.name, name) for one, name in columns_on_the_way(value) if isinstance(one, ops.UnboundTable))


def tables_behind(value: ir.Value) -> frozenset[str]:
    """The unbound tables that a value's columns come from, or whose rows it counts."""
    found = {table for table, _ in base_columns(value)}
    made = (one.values[name] for one, name in columns_on_the_way(value) if name in getattr(one, "values", {}))
    for node in (value.op(), *made):
        found |= {table.name for relation in _relations(node) for table in relation.find(ops.UnboundTable)}
    return frozenset(found)


def columns_on_the_way(value: ir.Value) -> Iterator[tuple[ops.Relation, str]]:
    """The columns of relations that a value is made of, step by step down to the base tables, each once."""
    seen: set[tuple[ops.Node, str]] = set()
    pending = list(_fields(value.op()))
    while pending:
        relation, name = pending.pop()
        if (relation, name) in seen:
            continue
        seen.add((relation, name))
        yield relation, name
        if not isinstance(relation, ops.UnboundTable):
            pending.extend(_through(relation, name))


def _fields(node: ops.Node) -> Iterator[tuple[ops.Relation, str]]:
    """Columns that a value node reads, without looking into the relations they come from."""
    stack: list[ops.Node] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ops.Field):
            yield current.rel, current.name
        else:
            stack.extend(arg for arg in current.__children__ if not isinstance(arg, ops.Relation))


def _relations(node: ops.Node) -> Iterator[ops.Relation]:
    """Relations that a value node reads as a whole, as a count of rows does."""
    stack: list[ops.Node] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ops.Relation):
            yield current
        elif not isinstance(current, ops.Field):
            stack.extend(current.__children__)


def _through(relation: ops.Relation, name: str) -> Iterator[tuple[ops.Relation, str]]:
    """One step up: the columns of the parents that a relation's column is made of."""
    if isinstance(relation, ops.Set):
        yield relation.left, name
        yield relation.right, name
        return
    value = relation.values.get(name) if hasattr(relation, "values") else None
    if value is not None and not (isinstance(value, ops.Field) and value.rel is relation):
        yield from _fields(value)
        return
    for parent in (arg for arg in relation.__children__ if isinstance(arg, ops.Relation)):
        if name in parent.schema:
            yield parent, name
