"""Base-table specs and derived tables."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from cpm_core.model.text import Text

if TYPE_CHECKING:
    import ibis.expr.types as ir

ColumnType = Literal["string", "timestamp", "decimal", "float64", "int64", "boolean"]
"""`decimal` is exact money or points, decimal(18,4); a `timestamp` gets a `_utc` twin."""


@dataclass(frozen=True)
class Column:
    """One column of a base table."""

    name: str
    type: ColumnType = "string"
    required: bool = False
    known_at: str | None = None
    """The time column at which the value became known; before it the value reads as null."""
    pii: bool = False
    """Identifies a person: shown only where the params say so."""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowRule:
    """A condition that every row must meet; rows that do not are rejects with this reason."""

    id: str
    title: Text
    holds: Callable[[ir.Table], ir.BooleanValue]
    column: str = ""
    """The column to blame."""


@dataclass(frozen=True)
class TableSpec:
    """A base table of the shared vocabulary."""

    id: str
    title: Text
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    time: tuple[str, ...] = ()
    """The columns (the first that is not null) that say when the row came to be; rows after the
    as-of day do not exist."""
    event: bool = True
    """Rows happen at a moment, so that `since` cuts them off; False: they last (customers, contracts)."""
    rules: tuple[RowRule, ...] = ()
    parent: tuple[str, str] | None = None
    """Table and column that a row belongs to; without a row there it is a reject. A table without
    a time of its own takes its parent's."""
    replaces: str = ""
    """The plugin whose contribution of the same id this one takes the place of; empty: it is a new one."""

    def column(self, name: str) -> Column | None:
        """The spec of one column, if it has it."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class DerivedTable:
    """A table built from others. ``build`` gets unbound tables by its arguments' names.

    An argument with the default None is a table that may be missing (it is then given as None).
    The arguments `periods` (one row a measured period: `period_start`, `period_end` exclusive,
    `last_day` clipped to the as-of day, `label`), `calendar` and `business_hours` (for `business_seconds`
    and `business_due`) and `settings` are always there.
    """

    id: str
    title: Text
    build: Callable[..., Any]
    key: tuple[str, ...]
    at: str
    reads: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    """Those of `RESERVED_ARGUMENTS` that ``build`` asks for."""
    replaces: str = ""
    """The plugin whose contribution of the same id this one takes the place of; empty: it is a new one."""


CORE_TABLES = ("periods", "calendar", "business_hours")
"""Tables that the core makes; they come from no source."""
COMPUTED_TABLES = ("customer_values", "customer_labels")
"""Tables that the core works out of others."""
RESERVED_ARGUMENTS = (*CORE_TABLES, "settings")


@dataclass(frozen=True)
class Arguments:
    """What a function of tables asks for."""

    reads: tuple[str, ...]
    optional: tuple[str, ...]
    given: tuple[str, ...]


def arguments_of(function: Callable[..., Any]) -> Arguments:
    """Tables that must be there, tables that may be missing, and what the core gives."""
    found = inspect.signature(function).parameters.values()
    tables = [p for p in found if p.name not in RESERVED_ARGUMENTS]
    return Arguments(
        reads=tuple(p.name for p in tables if p.default is inspect.Parameter.empty),
        optional=tuple(p.name for p in tables if p.default is not inspect.Parameter.empty),
        given=tuple(p.name for p in found if p.name in RESERVED_ARGUMENTS),
    )


def table(
    *, title: Text | Mapping[str, str], key: tuple[str, ...], at: str, replaces: str = ""
) -> Callable[[Callable[..., Any]], DerivedTable]:
    """Mark a function of tables as a derived table; its name is the table's id."""

    def mark(build: Callable[..., Any]) -> DerivedTable:
        needs = arguments_of(build)
        return DerivedTable(
            build.__name__, Text.of(title), build, key, at, needs.reads, needs.optional, needs.given, replaces
        )

    return mark


@dataclass(frozen=True)
class Reject:
    """Why rows did not conform."""

    id: str
    title: Text


@dataclass(frozen=True)
class Delivery:
    """What a source gives for one base table."""

    table: ir.Table
    rejects: ir.Table | None = None
    """Rows that the source itself refuses, in the same columns and with a `reason` column (a reject id)."""
    loaded_until: Any = None
    """The last day (a date) through which the source is known to be complete."""
    dated: tuple[str, ...] = ()
    """Columns without a time of their own that the source gives as they were on the as-of day."""


@dataclass(frozen=True)
class Source:
    """Where base tables come from.

    ``fetch(context)`` returns ``{table id: Delivery}``. ``options`` is a pydantic model class
    for the keys beside `use` in the params (None: the source takes none).
    """

    id: str
    title: Text
    fetch: Callable[[Any], Mapping[str, Delivery]]
    options: Callable[[], type] | None = None
    """Called for the model class only when a params file uses the source, so that loading stays light."""
    reasons: tuple[Reject, ...] = field(default=())
    replaces: str = ""
    """The plugin whose contribution of the same id this one takes the place of; empty: it is a new one."""
