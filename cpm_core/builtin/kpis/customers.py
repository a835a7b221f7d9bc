"""Customers: who buys, comes back and leaves."""

from __future__ import annotations

from functools import partial
from typing import Any

from cpm_core.api import Aside, Concentration, Derived, Distinct, Kpi, Mean, Ratio, Settings, Text, Total, hookimpl, kpi

_of_periods = partial(kpi, table="customer_periods", at="period_start", group="customers")
_at_the_end = partial(_of_periods, stock=True)
_PERIODS = {
    "day": Text(en="by day", zh="按日计"),
    "week": Text(en="by week", zh="按周计"),
    "month": Text(en="by month", zh="按月计"),
    "quarter": Text(en="by quarter", zh="按季计"),
    "year": Text(en="by year", zh="按年计"),
}
_ACTIVE = Text(en="active: a sale within {days} days; {period}", zh="活跃：{days} 天内有销售；{period}")
_WITHIN = Text(en="within {days} days", zh="{days} 天内")
_TOO_YOUNG = Text(
    en="{value} known for less than {days} days and left out",
    zh="另有 {value} 位新联系人建档未满 {days} 天，未计入",
)


def _active(settings: Settings) -> Text:
    return _ACTIVE.format(days=settings.activity_days, period=_PERIODS[settings.period])


def _converted(settings: Settings) -> Text:
    return _WITHIN.format(days=settings.conversion_days)


@kpi(
    title={"en": "Customers who bought", "zh": "购买客户数"},
    unit="count",
    better="higher",
    table="orders",
    at="ordered_at",
    group="customers",
    described_zh="周期内有销售的不同客户数。",
)
def active_customers(orders: Any) -> Distinct:
    """Different customers with a sale in the period."""
    return Distinct(orders.customer_id, where=orders.kind == "sale")


@_of_periods(
    title={"en": "New customers", "zh": "新客户数"},
    unit="count",
    better="higher",
    lookback="year",
    described_zh="首次销售发生在周期内的客户数。",
)
def new_customers(customer_periods: Any) -> Total:
    """Customers whose first sale ever is in the period."""
    return Total(customer_periods.is_new, where=customer_periods.is_new)


@_of_periods(
    title={"en": "Reactivated customers", "zh": "唤回客户数"},
    unit="count",
    better="higher",
    lookback="year",
    says=_active,
    described_zh="周期内有销售、周期开始时已不活跃（此前 `activity_days` 天内无销售）、但更早曾购买的客户数。",
)
def reactivated_customers(customer_periods: Any) -> Total:
    """Customers with a sale in the period who were not active at its start, and with an earlier sale."""
    return Total(customer_periods.is_reactivated, where=customer_periods.is_reactivated)


@kpi(
    title={"en": "Orders per customer", "zh": "人均订单数"},
    unit="number",
    better="higher",
    group="customers",
    described_zh="订单数除以购买客户数。",
)
def purchase_frequency(orders: Any, active_customers: Any) -> Derived:
    """Orders over customers who bought."""
    return Derived(orders, active_customers)


@kpi(
    title={"en": "Conversion of new contacts", "zh": "新联系人转化率"},
    unit="percent",
    better="higher",
    table="prospects",
    at="created_at",
    group="customers",
    says=_converted,
    described_zh="周期内建档、且截至报告日建档已满 `conversion_days` 天的客户中，建档后这些天内有销售的比例。",
)
def prospect_conversion(prospects: Any, settings: Any) -> Ratio:
    """Of customers created at least `conversion_days` before the as-of day, the share with a sale within that time."""
    from datetime import timedelta

    import ibis

    days, created = settings.conversion_days, prospects.created_at.date()
    due = created <= settings.as_of - timedelta(days=days)
    in_time = prospects.first_sale <= (created + ibis.interval(days=days)).cast("date")
    young = Aside(~due, _TOO_YOUNG.format(value="{value}", days=days))
    return Ratio(due & in_time.fill_null(False), due, aside=young)


@_at_the_end(
    title={"en": "Repeat purchase rate (year)", "zh": "复购率（近一年）"},
    unit="percent",
    better="higher",
    lookback="trailing_year",
    described_zh="近一年有销售的客户中，有两次及以上销售的比例。",
)
def repeat_rate(customer_periods: Any) -> Ratio:
    """Of customers with a sale in the trailing year, the share with two or more."""
    return Ratio(customer_periods.trailing_sales >= 2, customer_periods.trailing_sales >= 1)


@_at_the_end(
    title={"en": "Retention rate", "zh": "客户留存率"},
    unit="percent",
    better="higher",
    lookback="activity",
    says=_active,
    described_zh="周期开始时活跃的客户中，周期结束时仍活跃的比例（活跃：此前 `activity_days` 天内有销售）。",
)
def retention_rate(customer_periods: Any) -> Ratio:
    """Of customers active at the start of the period, the share active at its end."""
    rows = customer_periods
    return Ratio(rows.active_at_start & rows.active_at_end, rows.active_at_start)


@_at_the_end(
    title={"en": "Retention of customers due", "zh": "到期客户留存率"},
    unit="percent",
    better="higher",
    lookback="activity",
    says=_active,
    described_zh="周期开始时活跃、且最近一次销售将在周期内超出活跃窗口的客户中，周期内再次购买的比例。",
)
def due_retention_rate(customer_periods: Any) -> Ratio:
    """Of customers active at the start whose last sale falls out of the window within the period, the share who bought in it."""
    rows = customer_periods
    return Ratio(rows.due & (rows.sales > 0), rows.due)


@_at_the_end(
    title={"en": "Churn rate", "zh": "客户流失率"},
    unit="percent",
    better="lower",
    lookback="activity",
    says=_active,
    described_zh="周期开始时活跃的客户中，周期结束时不再活跃的比例。",
)
def churn_rate(customer_periods: Any) -> Ratio:
    """Of customers active at the start of the period, the share not active at its end."""
    rows = customer_periods
    return Ratio(rows.active_at_start & ~rows.active_at_end, rows.active_at_start)


@_at_the_end(
    title={"en": "Days as a customer", "zh": "客户平均关系天数"},
    unit="days",
    better="higher",
    lookback="year",
    says=_active,
    described_zh="周期结束时活跃的客户，自首次销售至周期末的平均天数。",
)
def customer_tenure_days(customer_periods: Any) -> Mean:
    """Mean days from the first sale to the period's end, over customers active at the end."""
    return Mean(customer_periods.tenure_days, where=customer_periods.active_at_end)


@_at_the_end(
    title={"en": "Revenue share of the top 20% (year)", "zh": "前 20% 客户销售占比（近一年）"},
    unit="percent",
    better="neither",
    lookback="trailing_year",
    described_zh="近一年净销售额为正的客户中，净销售额最高的 20%（人数向上取整）所占的份额。",
)
def top_20_share(customer_periods: Any) -> Concentration:
    """Share of trailing-year revenue held by the top 20% (rounded up) of the customers whose revenue is positive."""
    return Concentration(customer_periods.trailing_revenue, customer_periods.customer_id, "top", share=0.2)


@_at_the_end(
    title={"en": "Inequality of revenue (Gini, year)", "zh": "销售集中度（基尼系数，近一年）"},
    unit="number",
    better="neither",
    lookback="trailing_year",
    described_zh="近一年净销售额为正的客户之间，净销售额的基尼系数：0 为完全平均，接近 1 为高度集中。",
    source="Gini, C. (1912), Variabilità e mutabilità; Sen, A. (1973), On Economic Inequality",
)
def revenue_gini(customer_periods: Any) -> Concentration:
    """Gini coefficient of trailing-year revenue over the customers whose revenue is positive: 0 is equal, near 1 is not."""
    return Concentration(customer_periods.trailing_revenue, customer_periods.customer_id, "gini")


_of_values = partial(
    kpi, table="customer_values", at="as_of", unit="money", better="higher", stock=True, group="customers"
)
_VALUE_SOURCE = "Fader, Hardie and Lee 2005; Fader and Hardie 2013; of contracts Fader and Hardie 2007"
_NOT_MARGIN = Text(en="revenue, not margin ({value} customers)", zh="按销售额而非毛利计（{value} 位客户）")
_NO_VALUE = Text(
    en="{value} customers without a value, as no model could be fitted: book.value() says why",
    zh="{value} 位客户没有价值，因为模型无法拟合：原因见 book.value()",
)
_AHEAD = Text(en="{months} months ahead, discounted at {rate} a year", zh="未来 {months} 个月，年折现率 {rate}")


def _ahead(settings: Settings) -> Text:
    return _AHEAD.format(months=settings.value.horizon_months, rate=f"{settings.value.discount_rate * 100:g}%")


@_of_values(
    title={"en": "12-month customer value", "zh": "客户 12 个月价值"},
    beside=("customer_value_36_months",),
    says=_ahead,
    described_zh=(
        "有过购买的客户的平均预期价值：未来 `value.horizon_months`（12）个月内各月的预期订单数乘以预期订单金额，"
        "按年折现率 `value.discount_rate`（0.10）折现后求和；近一年成本覆盖率达到 `min_cost_coverage` 时再乘以该年毛利率，"
        "否则按销售额计并注明。被全额退货的订单不计。没有订单数据时按合同计：续约概率乘以月费。详见 docs/customers.md。"
    ),
    source=_VALUE_SOURCE,
)
def customer_lifetime_value(customer_values: Any) -> Mean:
    """Mean, over customers with a sale, of the value expected in the next `value.horizon_months` (12) months.

    Each month's expected orders times their expected value, discounted at `value.discount_rate` (.10) a year; times the
    trailing year's margin rate where `min_cost_coverage` of its amounts have a cost, else it is revenue, and says so.
    Orders that were wholly reversed are left out. Without orders it is of contracts: the probability of renewal times
    the monthly amount. See docs/customers.md.
    """
    rows = customer_values
    revenue = (rows.basis == "revenue").fill_null(False).cast("int64")
    return Mean(rows.horizon_value, aside=Aside(revenue, _NOT_MARGIN))


@_of_values(
    title={"en": "36-month customer value", "zh": "客户 36 个月价值"},
    hidden=True,
    described_zh="同 customer_lifetime_value，但为未来 36 个月。",
    source=_VALUE_SOURCE,
)
def customer_value_36_months(customer_values: Any) -> Mean:
    """As `customer_lifetime_value`, over 36 months."""
    value = customer_values.value_36_months
    return Mean(value, aside=Aside(value.isnull().cast("int64"), _NO_VALUE))


@kpi(
    title={"en": "Contact coverage of top tiers", "zh": "重点客户触达率"},
    unit="percent",
    better="higher",
    table="labelled_contacts",
    at="period_start",
    reads=("interactions",),
    lookback="labels",
    group="customers",
    columns={"tier_held": "string"},
    described_zh="期初属于重点层级（`coverage_tiers`）的客户中，本期有过互动的比例。客户等级取周期开始前一天的等级。",
)
def contact_coverage(labelled_contacts: Any, settings: Any) -> Ratio:
    """Of customers in the top tiers (`coverage_tiers`) at the start, the share with an interaction in the period.

    The tier is that of the day before the period.
    """
    rows = labelled_contacts
    top = rows.tier_held.isin(settings.coverage_tiers)
    return Ratio(top & (rows.contacts > 0), top)


@hookimpl
def cpm_kpis() -> list[Kpi]:
    """KPIs of the customer base."""
    return [
        active_customers,
        new_customers,
        reactivated_customers,
        purchase_frequency,
        prospect_conversion,
        repeat_rate,
        retention_rate,
        due_retention_rate,
        churn_rate,
        customer_tenure_days,
        top_20_share,
        revenue_gini,
        customer_lifetime_value,
        customer_value_36_months,
        contact_coverage,
    ]
