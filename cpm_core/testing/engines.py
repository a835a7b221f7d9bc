"""What engines lack of a KPI, told without a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from cpm_core.testing.asking import catalog_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.workbook import Workbook

ENGINES = ("duckdb", "postgres", "spark")


def lacking(book: Workbook, kpi: str) -> dict[str, str]:
    """By engine, the operation of a KPI or of the tables that it is on that this engine does not have.

    Args:
        book: A workbook that measures the KPI.
        kpi: Its id.
    """
    compiled = book.compiled[kpi]
    own = [(f"KPI {kpi}", value) for value in _values(compiled.measure)]
    return _lacking([*own, *(_behind(book, compiled.kpi.table) if compiled.kpi.table else ())])


def lacking_of(book: Workbook, table: str) -> dict[str, str]:
    """The same of a derived table and those that it reads."""
    return _lacking(_behind(book, table))


def _lacking(expressions: Sequence[tuple[str, Any]]) -> dict[str, str]:
    from cpm_core.engine import dialects

    found: dict[str, str] = {}
    for name, expression in expressions:
        for engine in ENGINES:
            if operation := dialects.lacking(expression, engine):
                found.setdefault(engine, f"{operation} (in {name})")
    return found


def _behind(book: Workbook, table: str) -> list[tuple[str, Any]]:
    """The expressions of a derived table and of those that it reads, with what each belongs to."""
    catalog, pending = catalog_of(book), [table]
    found: dict[str, Any] = {}
    while pending:
        name = pending.pop()
        if name not in found and catalog.is_derived(name) and catalog.missing(name) is None:
            found[name] = catalog.expression(name, book.settings)
            item = book.registry.derived[name].item
            pending += [*item.reads, *item.optional]
    return [(f"table {name}", expression) for name, expression in found.items()]


def _values(part: Any) -> list[ir.Value]:
    """The Ibis expressions that a measure is made of, those of what it tells aside too."""
    import ibis.expr.types as ir

    if isinstance(part, ir.Value):
        return [part]
    if isinstance(part, tuple):
        return [value for one in part for value in _values(one)]
    if is_dataclass(part):
        return [value for field in fields(part) for value in _values(getattr(part, field.name))]
    return []
