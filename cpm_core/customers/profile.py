"""The customer profile with what customers are worth, and the columns that plugins add."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import ibis.expr.types as ir

from cpm_core.hooks.isolation import UnfitError
from cpm_core.hooks.registry import Provided
from cpm_core.model.errors import PluginError
from cpm_core.model.rules import ProfileColumn
from cpm_core.model.tables import DerivedTable, arguments_of
from cpm_core.model.text import Text
from cpm_core.tables.failures import COLUMN

PROFILE = "customer_profile"
KEY = "customer_id"
VALUES = "customer_values"
VALUE_COLUMNS = (
    "probability_alive",
    "expected_orders_12_months",
    "value_12_months",
    "value_12_months_low",
    "value_12_months_high",
    "value_36_months",
)
"""Of `customer_values`, those that the profile has too."""

_NO_COLUMN = Text(en="gave the columns {what}", zh="返回的字段是 {what}")


def with_columns(
    derived: Mapping[str, Provided[DerivedTable]], columns: Mapping[str, Provided[ProfileColumn]]
) -> Mapping[str, Provided[DerivedTable]]:
    """The derived tables, with the values of customers and each plugin's columns joined to the profile.

    A plugin's column is a table of its own, so that one that fails is left out of the profile, and no other.
    """
    if PROFILE not in derived:
        return derived
    provided = derived[PROFILE]
    item = provided.item
    tables = {COLUMN + name: _provided(column) for name, column in columns.items()}
    extended = replace(
        item,
        build=_build(item, tuple((name, column.where) for name, column in columns.items())),
        optional=tuple(sorted({*item.optional, VALUES, *tables} - set(item.reads))),
    )
    return {**derived, **tables, PROFILE: replace(provided, item=extended)}


def _provided(column: Provided[ProfileColumn]) -> Provided[DerivedTable]:
    return Provided(_table(column.item), column.provider, column.version, column.file, column.line)


def _table(column: ProfileColumn) -> DerivedTable:
    """A plugin's column as a table of it and `customer_id`."""
    needs, name = arguments_of(column.compute), column.id

    @functools.wraps(column.compute)
    def build(**given: Any) -> Any:
        table = column.compute(**given)
        if isinstance(table, ir.Table) and {KEY, name} <= set(table.columns):
            return table.select(KEY, name)
        what = ", ".join(table.columns) if isinstance(table, ir.Table) else type(table).__name__
        raise UnfitError(_NO_COLUMN.format(what=what), fix=f"Return a table of {KEY} and {name}.")

    return DerivedTable(COLUMN + name, column.title, build, (KEY,), KEY, needs.reads, needs.optional, needs.given)


# The same function for the same columns, so that what it builds is built once a process.
@functools.lru_cache(maxsize=32)
def _build(item: DerivedTable, columns: tuple[tuple[str, str], ...]) -> Callable[..., Any]:
    def build(**given: Any) -> Any:
        own = (*item.reads, *item.optional, *item.given)
        profile = item.build(**{name: given[name] for name in own})
        if (values := given[VALUES]) is not None:
            profile = _joined(profile, values.select(*VALUE_COLUMNS, _id=KEY))
        for name, where in columns:
            if (table := given[COLUMN + name]) is not None:
                if name in profile.columns:
                    raise PluginError(
                        f"the profile has a column {name!r} already", where=where, fix="Rename the plugin's."
                    )
                profile = _joined(profile, table.select(name, _id=KEY))
        return profile

    return build


def _joined(profile: ir.Table, once: ir.Table) -> ir.Table:
    return profile.left_join(once, profile[KEY] == once["_id"]).drop("_id")
