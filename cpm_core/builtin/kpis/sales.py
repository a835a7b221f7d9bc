"""Sales: what customers bought and sent back."""

from __future__ import annotations

from functools import partial
from typing import Any

from cpm_core.api import Aside, Derived, Kpi, Ratio, Text, Total, hookimpl, kpi

_of_orders = partial(kpi, table="orders", at="ordered_at", group="sales")
_COVERED = Text(en="{share} of the revenue has a cost", zh="有成本数据的销售额占 {share}")


@_of_orders(
    title={"en": "Revenue", "zh": "净销售额"},
    unit="money",
    better="higher",
    described_zh="金额合计，已扣除退货。",
    factors=("active_customers", "purchase_frequency", "average_order_value", "1 - return_rate"),
)
def revenue(orders: Any) -> Total:
    """Sum of amounts, returns included."""
    return Total(orders.amount)


@_of_orders(
    title={"en": "Gross sales", "zh": "销售总额"},
    unit="money",
    better="higher",
    described_zh="销售金额合计，不扣除退货。",
    factors=("active_customers", "purchase_frequency", "average_order_value"),
)
def gross_sales(orders: Any) -> Total:
    """Sum of the amounts of sales."""
    return Total(orders.amount, where=orders.kind == "sale")


@_of_orders(
    title={"en": "Orders", "zh": "订单数"},
    unit="count",
    better="higher",
    described_zh="销售订单的数量，不含退货。",
)
def orders(orders: Any) -> Total:
    """Number of sales."""
    return Total(orders.kind == "sale", where=orders.kind == "sale")


@_of_orders(
    title={"en": "Return rate", "zh": "退货率"},
    unit="percent",
    better="lower",
    described_zh="退货金额占销售总额的比例。",
)
def return_rate(orders: Any) -> Ratio:
    """Amount of returns over gross sales."""
    sale = orders.kind == "sale"
    return Ratio(sale.ifelse(0, -orders.amount), sale.ifelse(orders.amount, 0))


@_of_orders(
    title={"en": "Average order value", "zh": "客单价"},
    unit="money",
    better="higher",
    described_zh="销售总额除以销售订单数。",
)
def average_order_value(orders: Any) -> Ratio:
    """Gross sales over number of sales."""
    sale = orders.kind == "sale"
    return Ratio(sale.ifelse(orders.amount, None), sale)


@kpi(
    title={"en": "Revenue growth", "zh": "净销售额同比增长率"},
    unit="percent",
    better="higher",
    group="sales",
    described_zh="净销售额除以上年同期净销售额，再减 1（按周为 52 周前，按日为 364 天前）；两个周期都必须完整，基数须为正。",
)
def revenue_growth(revenue: Any) -> Derived:
    """Revenue over that of the same period a year before, less 1 (52 weeks or 364 days before); both are complete."""
    return Derived(revenue, revenue.year_before(), plus=-1.0)


@_of_orders(
    title={"en": "Gross margin", "zh": "毛利率"},
    unit="percent",
    better="higher",
    described_zh="有成本数据的订单与退货：金额减成本，占其金额的比例。有成本数据的金额（退货取绝对值）占比低于 `min_cost_coverage` 时不给出数值。",
)
def gross_margin(orders: Any, settings: Any) -> Ratio:
    """Amount less cost over amount, of the sales and returns that have a cost.

    There is none where those are less than `min_cost_coverage` of all amounts (of returns taken without their sign).
    """
    turnover = orders.amount.abs()
    costed = orders.cost.notnull().ifelse(turnover, 0)
    covered = Aside(costed, _COVERED, of=turnover, at_least=settings.min_cost_coverage)
    return Ratio(orders.amount - orders.cost, orders.cost.notnull().ifelse(orders.amount, None), aside=covered)


@hookimpl
def cpm_kpis() -> list[Kpi]:
    """KPIs of sales."""
    return [revenue, gross_sales, orders, return_rate, average_order_value, revenue_growth, gross_margin]
