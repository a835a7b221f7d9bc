"""What engines lack of a KPI, told without a server."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

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
    from cpm_core.engine import dialects

    found: dict[str, str] = {}
    for name, expression in expressions(book, kpi):
        for engine in ENGINES:
            if operation := dialects.lacking(expression, engine):
                found.setdefault(engine, f"{operation} (in {name})")
    return found


def expressions(book: Workbook, kpi: str) -> list[tuple[str, Any]]:
    """The expressions of a KPI, and of the derived tables behind it, with what each belongs to."""
    compiled = book.compiled[kpi]
    found = [(f"KPI {kpi}", value) for value in _values(compiled.measure)]
    catalog = book._catalog  # noqa: SLF001  # the kit stands beside the workbook, and asks it for nothing else
    pending = [compiled.kpi.table or ""]
    while pending:
        name = pending.pop()
        if catalog.is_derived(name) and catalog.missing(name) is None:
            found.append((f"table {name}", catalog.expression(name, book.settings)))
            item = book.registry.derived[name].item
            pending += [*item.reads, *item.optional]
    return found


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
