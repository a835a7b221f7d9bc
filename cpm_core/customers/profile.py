"""The customer profile with what customers are worth, and the columns that plugins add."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cpm_core.hooks.registry import Provided
from cpm_core.model.errors import PluginError
from cpm_core.model.rules import ProfileColumn
from cpm_core.model.tables import Arguments, DerivedTable, arguments_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

PROFILE = "customer_profile"
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


def with_columns(
    derived: Mapping[str, Provided[DerivedTable]], columns: Mapping[str, Provided[ProfileColumn]]
) -> Mapping[str, Provided[DerivedTable]]:
    """The derived tables, with the values of customers and each plugin's columns joined to the profile."""
    if PROFILE not in derived:
        return derived
    provided = derived[PROFILE]
    item = provided.item
    needs = {name: arguments_of(column.item.compute) for name, column in columns.items()}
    tables = {table for one in needs.values() for table in (*one.reads, *one.optional)}
    extended = replace(
        item,
        build=_build(item, columns, needs),
        optional=tuple(sorted({*item.optional, VALUES, *tables} - set(item.reads))),
        given=tuple(sorted({*item.given, *(name for one in needs.values() for name in one.given)})),
    )
    return {**derived, PROFILE: replace(provided, item=extended)}


def _build(
    item: DerivedTable, columns: Mapping[str, Provided[ProfileColumn]], needs: Mapping[str, Arguments]
) -> Callable[..., Any]:
    def build(**given: Any) -> Any:
        own = (*item.reads, *item.optional, *item.given)
        profile = item.build(**{name: given[name] for name in own})
        if (values := given[VALUES]) is not None:
            once = values.select(*VALUE_COLUMNS, _id="customer_id")
            profile = profile.left_join(once, profile["customer_id"] == once["_id"]).drop("_id")
        for name, provided in columns.items():
            wanted = needs[name]
            if all(given[table] is not None for table in wanted.reads):
                asked = (*wanted.reads, *wanted.optional, *wanted.given)
                profile = _joined(profile, provided, provided.item.compute(**{one: given[one] for one in asked}))
        return profile

    return build


def _joined(profile: ir.Table, provided: Provided[ProfileColumn], column: ir.Table) -> ir.Table:
    name = provided.item.id
    if not {"customer_id", name} <= set(column.columns) or name in profile.columns:
        raise PluginError(
            f"profile column {name!r} of {provided.provider!r} gave the columns {', '.join(column.columns)}",
            where=provided.file,
            fix=f"Return a table of customer_id and {name}, a name that the profile does not have.",
        )
    once = column.select(_id="customer_id", **{name: column[name]})
    return profile.left_join(once, profile["customer_id"] == once["_id"]).drop("_id")
