"""The tier and the stage that each customer held on the day before each labelled period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import ibis

from cpm_core.customers.profile import PROFILE
from cpm_core.hooks.agreement import options_of
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.measure import labels
from cpm_core.params.schema import Params
from cpm_core.tables.computed import Computed
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd
    import pyarrow as pa

    from cpm_core.model.tables import TableSpec

Rules: TypeAlias = Mapping[str, tuple[Provided[Any], Any]]
"""By label: the rule of the params, and its options."""
VERSION = "1"
"""Of the way in which the table is worked out: part of its definition."""


def customer_labels(params: Params, registry: Registry) -> Computed:
    """A row a customer and labelled period, with the tier and the stage that the rules of the params give.

    A customer who was not known by the day before a period has no row of it: their `created_at` lies after that
    day or, where they have none, their first row in any table does.
    """
    tier, stage = registry.tier_rules[params.tiers.rule], registry.lifecycle_rules[params.lifecycle.rule]
    rules: Rules = {
        "tier": (tier, options_of(tier.item.options, params.tiers.options, params, ("tiers",), [])),
        "stage": (stage, options_of(stage.item.options, params.lifecycle.options, params, ("lifecycle",), [])),
    }
    settings, specs = params.settings_for(), {name: one.item for name, one in registry.tables.items()}
    said = [f"{rule.item.id} {rule.version} {options!r}" for rule, options in rules.values()]
    return Computed(
        id=labels.LABELS,
        key=(labels.KEY, "period_start"),
        at="period_start",
        schema=ibis.schema({labels.KEY: "string", "period_start": "date", **dict.fromkeys(rules, "string")}),
        made_of=tuple(_made_of(rules, specs)),
        compute=partial(_computed, rules=rules, specs=specs),
        definition=f"{VERSION} {said} {settings.tier_margin} {settings.tier_capacity}",
        absent=partial(_absent, rules=rules),
    )


def _made_of(rules: Rules, specs: Mapping[str, TableSpec]) -> Iterator[tuple[str, str]]:
    """What tiers are made of, as far as their rule tells; of stages only that there must be customers."""
    rule, options = rules["tier"]
    yield "customers", labels.KEY
    for name in rule.item.columns(options).values() if rule.item.columns else ():
        yield PROFILE, name
    for table in rule.item.reads:
        yield from ((table, one.name) for one in specs[table].columns if one.required)


def _absent(catalog: Catalog, rules: Rules) -> dict[str, str]:
    """The labels that nobody has, and for want of which table or column."""
    from cpm_core.customers.tiers import Tiering

    found = {"tier": Tiering(catalog, *rules["tier"], catalog.settings).missing}
    gone = (table for table in rules["stage"][0].item.reads if table not in catalog.delivered)
    found["stage"] = next(gone, None)
    return {label: what for label, what in found.items() if what is not None}


def _computed(catalog: Catalog, day: date, rules: Rules, specs: Mapping[str, TableSpec]) -> pa.Table:
    """The labels of the periods that begin by the day after ``day``."""
    import pandas as pd
    import pyarrow as pa

    eves = {one.start: one.start - timedelta(days=1) for one in labels.periods(catalog)}
    eves = {start: eve for start, eve in eves.items() if eve <= day}
    there = [label for label in rules if label not in catalog.absent(labels.LABELS)]
    columns = [labels.KEY, "period_start", *there]
    found = [pd.DataFrame(columns=columns)]
    if eves:
        known = catalog.engine.frame(known_on(catalog, specs))
        held = _held(catalog, list(eves.values()), rules)
        for start, eve in eves.items():
            names = known.loc[known["known_on"] <= pd.Timestamp(eve), [labels.KEY]]
            for label in there:
                names = names.merge(held[label, eve], on=labels.KEY, how="left")
            found.append(names.assign(period_start=start))
    whole = pd.concat(found, ignore_index=True)[columns]
    types = {name: pa.date32() if name == "period_start" else pa.string() for name in columns}
    return pa.Table.from_pandas(whole, pa.schema(list(types.items())), preserve_index=False)


def _held(catalog: Catalog, days: list[date], rules: Rules) -> dict[tuple[str, date], pd.DataFrame]:
    """Every customer's labels at the end of each day."""
    from cpm_core.customers.lifecycle import stages_at
    from cpm_core.customers.tiers import Tiering

    absent, settings = catalog.absent(labels.LABELS), catalog.settings
    found = {}
    # One tiering for all days: the periods through which tiers are followed are mostly the same.
    tiering = Tiering(catalog, *rules["tier"], settings)
    if "tier" not in absent:
        tiering.work_out((*days, settings.as_of))
    for day in days:
        if "tier" not in absent:
            found["tier", day] = tiering.frame(day)[[labels.KEY, "tier"]]
        if "stage" not in absent:
            found["stage", day] = stages_at(catalog, *rules["stage"], settings, day)[[labels.KEY, "stage"]]
    return found


def known_on(catalog: Catalog, specs: Mapping[str, TableSpec]) -> ir.Table:
    """The first day on which each customer is known: when they were created, else that of their first row."""
    customers = catalog.unbound("customers")
    created = customers.select(labels.KEY, created_on=customers.created_at.date())
    parts = list(_first_rows(catalog, specs))
    if not parts:
        return created.select(labels.KEY, known_on=created.created_on)
    rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
    first = rows.group_by(_of=rows.who).aggregate(first_on=rows.on_day.min())
    both = created.left_join(first, created[labels.KEY] == first["_of"])
    return both.select(labels.KEY, known_on=ibis.coalesce(both.created_on, both.first_on))


def _first_rows(catalog: Catalog, specs: Mapping[str, TableSpec]) -> Iterator[ir.Table]:
    """The day of each customer's first row in each base table."""
    for name in sorted(catalog.delivered - {"customers"}):
        table = catalog.unbound(name)
        times = [table[one] for one in specs[name].time if one in table.columns]
        if labels.KEY in table.columns and times:
            day = ibis.coalesce(*times).date()
            yield table.group_by(who=table[labels.KEY]).aggregate(on_day=day.min())
