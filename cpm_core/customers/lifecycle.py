"""Sort customers into stages of their life by the rule that the params choose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops

from cpm_core.customers.profile import PROFILE
from cpm_core.customers.wording import worded
from cpm_core.hooks.registry import Provided
from cpm_core.model.errors import PluginError
from cpm_core.model.rules import STAGES, LifecycleRule
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale
from cpm_core.tables.derive import Catalog
from cpm_core.tables.lineage import tables_behind

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd


def stages_at(
    catalog: Catalog, rule: Provided[LifecycleRule], options: Any, settings: Settings, day: date
) -> pd.DataFrame:
    """Every customer's stage at the end of a day: `customer_id`, `stage`, `reason` and what the reasons name.

    Sorted on the engine; the rows are in the order of `customer_id`.

    Args:
        catalog: The workbook's tables, with every base table that the rule reads.
        rule: The rule.
        options: Its options, typed.
        settings: The workbook's.
        day: No later than the workbook's as-of day.

    Raises:
        PluginError: The rule failed, or does not put every customer into exactly one stage.
    """
    profile = catalog.unbound(PROFILE)
    there = catalog.at("customers", day)
    customers = catalog.engine.frame(there.aggregate(rows=there.count()))["rows"].iloc[0]
    try:
        labels = rule.item.assign(profile, options, settings)
        if day < settings.as_of:
            earlier = replace(settings, as_of=day)
            labels = rule.item.assign(catalog.at(PROFILE, day, _needed(catalog, labels)), options, earlier)
        stages = catalog.engine.frame(labels.order_by("customer_id"))
    except Exception as error:
        what = f"lifecycle rule {rule.item.id!r} of {rule.provider!r} failed: {type(error).__name__}: {error}"
        raise PluginError(what, where=rule.file) from error
    _check(stages, int(customers), rule)
    return stages


def _needed(catalog: Catalog, labels: ir.Table) -> Collection[str]:
    """The tables that the profile's columns come from which a rule reads; others need not be cut to a day.

    Columns of conditions count too, so that a column of any name that the rule reads is there.
    """
    profile = catalog.expression(PROFILE, catalog.settings)
    used = {field.name for field in labels.op().find(ops.Field)} & set(profile.columns)
    return {table for column in used for table in tables_behind(profile[column])}


def _check(stages: pd.DataFrame, customers: int, rule: Provided[LifecycleRule]) -> None:
    name = f"lifecycle rule {rule.item.id!r} of {rule.provider!r}"
    strange = sorted(set(stages["stage"].astype(str)) - set(STAGES))
    if strange:
        fix = f"There are: {', '.join(STAGES)}."
        raise PluginError(f"{name} gave stages that do not exist: {', '.join(strange)}", where=rule.file, fix=fix)
    unsaid = sorted(set(stages["reason"].astype(str)) - set(rule.item.reasons))
    if unsaid:
        raise PluginError(f"{name} gave reasons that it does not declare: {', '.join(unsaid)}", where=rule.file)
    if stages["customer_id"].duplicated().any() or len(stages) != customers:
        raise PluginError(
            f"{name} labelled {len(stages)} rows for {customers} customers",
            where=rule.file,
            fix="Every customer is in exactly one stage.",
        )


def with_stages(
    customers: pd.DataFrame,
    catalog: Catalog,
    rule: Provided[LifecycleRule],
    options: Any,
    settings: Settings,
    locale: Locale,
) -> pd.DataFrame:
    """Customers with `stage` and `stage_reason`; without a table that the rule reads, as they are.

    Raises:
        PluginError: The rule failed.
    """
    if not catalog.delivered.issuperset(rule.item.reads):
        return customers
    stages = stages_at(catalog, rule, options, settings, settings.as_of)
    stages["stage_reason"] = worded(stages, rule.item.reasons, "reason", locale)
    return customers.merge(stages[["customer_id", "stage", "stage_reason"]], on="customer_id", how="left")
