"""Sort customers into stages of their life by the rule that the params choose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops

from cpm_core.customers.asking import Asked, ask
from cpm_core.customers.profile import PROFILE
from cpm_core.customers.wording import worded
from cpm_core.engine.limits import failure_of
from cpm_core.hooks.isolation import UnfitError, is_built_in
from cpm_core.hooks.registry import Provided
from cpm_core.measure import plans
from cpm_core.model.errors import PluginError
from cpm_core.model.names import nearest
from cpm_core.model.rules import STAGES, LifecycleRule
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text
from cpm_core.tables.derive import Catalog
from cpm_core.tables.lineage import tables_behind

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

_NO_TABLE = Text(en="returned a {kind}, not a table", zh="返回的是 {kind}，而不是数据表")
_LACKS = Text(en="its table has no column {name!r}", zh="其数据表没有字段 {name!r}")


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
    there = catalog.at("customers", day)
    customers = catalog.engine.frame(there.aggregate(rows=there.count()))["rows"].iloc[0]

    def asked() -> ir.Table:
        labels = _assigned(catalog, rule, catalog.unbound(PROFILE), options, settings)
        if day < settings.as_of:
            then = catalog.at(PROFILE, day, _needed(catalog, labels))
            labels = _assigned(catalog, rule, then, options, replace(settings, as_of=day))
        return labels.order_by("customer_id")

    if is_built_in(rule.provider):
        told = rule.provider, rule.item.id, repr(options), repr(settings), day
        rows = plans.known((*told, catalog.made_of(PROFILE)), asked, catalog)
    else:
        rows = asked()
    try:
        with catalog.engine.limited(catalog.limits.query):
            stages = catalog.engine.frame(rows)
    except Exception as error:
        failure = failure_of(error, rule.where)
        raise PluginError(f"{_said(rule)} failed: {failure.what}", where=rule.where, fix=failure.fix) from error
    _check(stages, int(customers), rule)
    return stages


def _said(rule: Provided[LifecycleRule]) -> str:
    return f"lifecycle rule {rule.item.id!r} of {rule.provider!r}"


def _assigned(
    catalog: Catalog, rule: Provided[LifecycleRule], profile: ir.Table, options: Any, settings: Settings
) -> ir.Table:
    """What the rule makes of the profile."""
    import ibis.expr.types as ir

    def run() -> ir.Table:
        labels = rule.item.assign(profile, options, settings)
        if not isinstance(labels, ir.Table):
            raise UnfitError(_NO_TABLE.format(kind=type(labels).__name__), fix="Return `profile.select(…)`.")
        for name in ("customer_id", "stage", "reason"):
            if name not in labels.columns:
                raise UnfitError(_LACKS.format(name=name), nearest(name, labels.columns))
        return labels

    found: ir.Table = ask(Asked(rule, _said(rule), rule.item.assign, run), catalog, profile)
    return found


def _needed(catalog: Catalog, labels: ir.Table) -> Collection[str]:
    """The tables that the profile's columns come from which a rule reads; others need not be cut to a day.

    Columns of conditions count too, so that a column of any name that the rule reads is there.
    """
    profile = catalog.expression(PROFILE, catalog.settings)
    used = {field.name for field in labels.op().find(ops.Field)} & set(profile.columns)
    return {table for column in used for table in tables_behind(profile[column])}


def _check(stages: pd.DataFrame, customers: int, rule: Provided[LifecycleRule]) -> None:
    name = _said(rule)
    strange = sorted(set(stages["stage"].astype(str)) - set(STAGES))
    if strange:
        fix = f"There are: {', '.join(STAGES)}."
        raise PluginError(f"{name} gave stages that do not exist: {', '.join(strange)}", where=rule.where, fix=fix)
    unsaid = sorted(set(stages["reason"].astype(str)) - set(rule.item.reasons))
    if unsaid:
        raise PluginError(f"{name} gave reasons that it does not declare: {', '.join(unsaid)}", where=rule.where)
    if stages["customer_id"].duplicated().any() or len(stages) != customers:
        raise PluginError(
            f"{name} labelled {len(stages)} rows for {customers} customers",
            where=rule.where,
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
