"""Sales: what customers bought and sent back."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Kpi, Ratio, Total, hookimpl, kpi


@kpi(
    title={"en": "Revenue", "zh": "净销售额"},
    unit="money",
    better="higher",
    table="orders",
    at="ordered_at",
    group="sales",
)
def revenue(orders: Any) -> Total:
    """Sum of amounts, returns included."""
    return Total(orders.amount)


@kpi(
    title={"en": "Gross sales", "zh": "销售总额"},
    unit="money",
    better="higher",
    table="orders",
    at="ordered_at",
    group="sales",
)
def gross_sales(orders: Any) -> Total:
    """Sum of the amounts of sales."""
    return Total(orders.amount, where=orders.kind == "sale")


@kpi(
    title={"en": "Orders", "zh": "订单数"},
    unit="count",
    better="higher",
    table="orders",
    at="ordered_at",
    group="sales",
)
def orders(orders: Any) -> Total:
    """Number of sales."""
    return Total(orders.kind == "sale", where=orders.kind == "sale")


@kpi(
    title={"en": "Return rate", "zh": "退货率"},
    unit="percent",
    better="lower",
    table="orders",
    at="ordered_at",
    group="sales",
)
def return_rate(orders: Any) -> Ratio:
    """Amount of returns over gross sales."""
    sale = orders.kind == "sale"
    return Ratio(sale.ifelse(0, -orders.amount), sale.ifelse(orders.amount, 0))


@kpi(
    title={"en": "Average order value", "zh": "客单价"},
    unit="money",
    better="higher",
    table="orders",
    at="ordered_at",
    group="sales",
)
def average_order_value(orders: Any) -> Ratio:
    """Gross sales over number of sales."""
    sale = orders.kind == "sale"
    return Ratio(sale.ifelse(orders.amount, None), sale)


@hookimpl
def cpm_kpis() -> list[Kpi]:
    """KPIs of sales."""
    return [revenue, gross_sales, orders, return_rate, average_order_value]
