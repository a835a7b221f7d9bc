"""Customers: who buys, comes back and leaves."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Derived, Distinct, Kpi, Ratio, Total, hookimpl, kpi


@kpi(
    title={"en": "Customers who bought", "zh": "购买客户数"},
    unit="count",
    better="higher",
    table="orders",
    at="ordered_at",
    group="customers",
)
def active_customers(orders: Any) -> Distinct:
    """Different customers with a sale in the period."""
    return Distinct(orders.customer_id, where=orders.kind == "sale")


@kpi(
    title={"en": "New customers", "zh": "新客户数"},
    unit="count",
    better="higher",
    table="customer_periods",
    at="period_start",
    lookback="year",
    group="customers",
)
def new_customers(customer_periods: Any) -> Total:
    """Customers whose first sale ever is in the period."""
    return Total(customer_periods.is_new, where=customer_periods.is_new)


@kpi(title={"en": "Orders per customer", "zh": "人均订单数"}, unit="number", better="higher", group="customers")
def purchase_frequency(orders: Any, active_customers: Any) -> Derived:
    """Orders over customers who bought."""
    return Derived(orders, active_customers)


@kpi(
    title={"en": "Repeat purchase rate (year)", "zh": "复购率（近一年）"},
    unit="percent",
    better="higher",
    table="customer_periods",
    at="period_start",
    lookback="trailing_year",
    stock=True,
    group="customers",
)
def repeat_rate(customer_periods: Any) -> Ratio:
    """Of customers with a sale in the trailing year, the share with two or more."""
    return Ratio(customer_periods.trailing_sales >= 2, customer_periods.trailing_sales >= 1)


@kpi(
    title={"en": "Retention rate", "zh": "客户留存率"},
    unit="percent",
    better="higher",
    table="customer_periods",
    at="period_start",
    lookback="activity",
    stock=True,
    group="customers",
)
def retention_rate(customer_periods: Any) -> Ratio:
    """Of customers active at the start of the period, the share active at its end."""
    rows = customer_periods
    return Ratio(rows.active_at_start & rows.active_at_end, rows.active_at_start)


@kpi(
    title={"en": "Retention of customers due", "zh": "到期客户留存率"},
    unit="percent",
    better="higher",
    table="customer_periods",
    at="period_start",
    lookback="activity",
    stock=True,
    group="customers",
)
def due_retention_rate(customer_periods: Any) -> Ratio:
    """Of customers active at the start whose last sale falls out of the window within the period, the share who bought in it."""
    rows = customer_periods
    return Ratio(rows.due & (rows.sales > 0), rows.due)


@kpi(
    title={"en": "Churn rate", "zh": "客户流失率"},
    unit="percent",
    better="lower",
    table="customer_periods",
    at="period_start",
    lookback="activity",
    stock=True,
    group="customers",
)
def churn_rate(customer_periods: Any) -> Ratio:
    """Of customers active at the start of the period, the share not active at its end."""
    rows = customer_periods
    return Ratio(rows.active_at_start & ~rows.active_at_end, rows.active_at_start)


@hookimpl
def cpm_kpis() -> list[Kpi]:
    """KPIs of the customer base."""
    return [
        active_customers,
        new_customers,
        purchase_frequency,
        repeat_rate,
        retention_rate,
        due_retention_rate,
        churn_rate,
    ]
