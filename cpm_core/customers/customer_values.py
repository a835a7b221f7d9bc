"""`customer_values`: how long each customer is likely to stay, how often to buy, and what that is worth."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis

from cpm_core.customers.profile import VALUE_COLUMNS, VALUES
from cpm_core.model.settings import Settings
from cpm_core.tables.computed import Computed

if TYPE_CHECKING:
    import pyarrow as pa

    from cpm_core.customers.histories import Numbers
    from cpm_core.customers.valuation import Margin, Valuation
    from cpm_core.tables.derive import Catalog

TRAILING_DAYS = 365
MONEY = "decimal(18, 4)"
BASES = ("margin", "revenue", "contracts")
SCHEMA = ibis.schema(
    {"customer_id": "string", "as_of": "date", "basis": "string"}
    | {name: MONEY if name.startswith("value_") else "float64" for name in VALUE_COLUMNS}
    | {"horizon_value": MONEY}
)
"""`horizon_value` is the value over `value.horizon_months`; `basis` is what values are made of (`BASES`)."""
FEWEST = 10
"""Buyers below which no model is fitted: as many as have to have bought again (`models.orders.FEWEST`)."""
VERSION = "1"
"""Of the way in which the table is worked out: part of its definition."""

_ORDERS = ("customer_id", "ordered_at", "amount", "kind")
_CONTRACTS = ("customer_id", "subscription_id", "started_at", "monthly_amount")


def valued(settings: Settings, delivered: Collection[str]) -> str:
    """The table whose customers are valued: `orders` or `subscriptions`."""
    if settings.value.of is not None:
        return "orders" if settings.value.of == "orders" else "subscriptions"
    return "subscriptions" if "subscriptions" in delivered and "orders" not in delivered else "orders"


def customer_values(settings: Settings, delivered: Collection[str]) -> Computed:
    """The table, one row a customer with an occasion (of contracts: with a contract)."""
    table = valued(settings, delivered)
    columns = _ORDERS if table == "orders" else _CONTRACTS
    return Computed(
        id=VALUES,
        key=("customer_id",),
        at="as_of",
        schema=SCHEMA,
        made_of=tuple((table, column) for column in columns),
        compute=_computed,
        definition=f"{VERSION} {table} {settings.value} {settings.confidence} {settings.min_cost_coverage}",
    )


def _computed(catalog: Catalog, day: date) -> pa.Table:
    settings = catalog.settings
    if valued(settings, catalog.delivered) == "orders":
        orders = catalog.at("orders", day)
        buyers = orders.filter((orders.kind == "sale") & (orders.amount > 0)).select("customer_id").distinct()
        ids = catalog.engine.frame(buyers.limit(FEWEST))["customer_id"]
        if len(ids) < FEWEST:
            # Told at once, without the models: a small workbook asks for them only where somebody looks at values.
            return _nothing(sorted(ids), day)
    return rows(valuation(catalog, day, totals=False), day, settings)


def _nothing(ids: list[str], day: date) -> pa.Table:
    """The rows of customers who have no value."""
    import pyarrow as pa

    found = pa.table({"customer_id": pa.array(ids, pa.string()), "as_of": pa.array([day] * len(ids), pa.date32())})
    for column in SCHEMA.to_pyarrow():
        if column.name not in found.column_names:
            found = found.append_column(column, pa.nulls(len(ids), column.type))
    return found


def valuation(catalog: Catalog, day: date, *, totals: bool = True) -> Valuation:
    """What customers are worth as of a day, by the conventions of the catalog's settings.

    Args:
        catalog: The tables; orders, or subscriptions, are among them.
        day: No later than the workbook's.
        totals: Whether sums with intervals are wanted too.
    """
    from cpm_core.customers import contracts, valuation
    from cpm_core.customers.histories import fetch, histories, occasions

    settings = catalog.settings
    if valued(settings, catalog.delivered) == "subscriptions":
        lives = contracts.fetch(catalog.engine, contracts.lives(catalog.at("subscriptions", day), day))
        return valuation.of_contracts(lives, settings.value, settings.confidence)
    found, _ = fetch(catalog.engine, histories(occasions(catalog.at("orders", day)), day))
    margin = margin_of(catalog, day)
    return valuation.of_orders(found, settings.value, settings.confidence, margin, totals=totals)


def margin_of(catalog: Catalog, day: date) -> Margin:
    """The margin rate of the trailing year, where `min_cost_coverage` of its amounts have a cost."""
    from cpm_core.customers.valuation import Margin

    if not catalog.is_delivered("orders", "cost"):
        return Margin(coverage=0.0)
    orders = catalog.at("orders", day)
    year = orders.filter(orders.ordered_at.date() > day - timedelta(days=TRAILING_DAYS))
    costed = year.cost.notnull()
    sums = catalog.engine.frame(
        year.aggregate(
            all=year.amount.abs().sum(),
            costed=year.amount.abs().sum(where=costed),
            amount=year.amount.sum(where=costed),
            margin=(year.amount - year.cost).sum(where=costed),
        )
    ).iloc[0]
    if not sums["all"] or sums["all"] != sums["all"]:  # NaN is the one value that differs from itself
        return Margin()
    coverage = float(sums["costed"] or 0) / float(sums["all"])
    if coverage < catalog.settings.min_cost_coverage or not float(sums["amount"] or 0) > 0:
        return Margin(coverage=coverage)
    return Margin(float(sums["margin"]) / float(sums["amount"]), coverage)


def rows(found: Valuation, day: date, settings: Settings) -> pa.Table:
    """A valuation as the rows of the table; what is not published is null."""
    import numpy as np
    import pyarrow as pa

    def column(values: Numbers, kind: pa.DataType) -> pa.Array:
        return pa.array(values, mask=np.isnan(values)).cast(kind)

    money, figure = pa.decimal128(18, 4), pa.float64()
    return pa.table(
        {
            "customer_id": found.ids.cast(pa.string()),
            "as_of": pa.repeat(pa.scalar(day), len(found)),
            "basis": pa.repeat(pa.scalar(found.basis if found.reason is None else None, pa.string()), len(found)),
            "probability_alive": column(found.alive, figure),
            "expected_orders_12_months": column(found.expected, figure),
            "value_12_months": column(found.value[12], money),
            "value_12_months_low": column(found.low, money),
            "value_12_months_high": column(found.high, money),
            "value_36_months": column(found.value[36], money),
            "horizon_value": column(found.value[settings.value.horizon_months], money),
        }
    )
