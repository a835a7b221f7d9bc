"""Value of the effort: what the care of customers costs, and what stands against it."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Aside, Derived, Kpi, Settings, Text, Total, hookimpl, kpi

_CENTERS = Text(en="cost centres {names}", zh="成本中心：{names}")
_COVERED = Text(en="{share} of the revenue has a cost", zh="有成本数据的销售额占 {share}")


def _centers(settings: Settings) -> Text | None:
    """The cost centres that count; nothing where all do."""
    if settings.cost_centers is None:
        return None
    names = Text(en=", ".join(settings.cost_centers), zh="、".join(settings.cost_centers))
    return _CENTERS.format(names=names)


@kpi(
    title={"en": "Cost of customer care", "zh": "客户服务成本"},
    unit="money",
    better="lower",
    table="care_costs",
    at="occurred_at",
    hidden=True,
    group="value",
    optional=("costs", "interactions", "interactions.cost"),
    described_zh="周期内 `cost_centers`（未设置时为成本表中的全部成本中心）的成本，"
    "加上未归入这些成本中心的互动（`interactions`）成本。",
)
def care_cost(care_costs: Any) -> Total:
    """Costs of `cost_centers` (unset: all centres of the costs table), and of interactions not among them.

    An interaction is among them if its attribute `center` names one of these centres.
    """
    return Total(care_costs.amount)


@kpi(
    title={"en": "Customers served", "zh": "服务客户数"},
    unit="count",
    better="higher",
    table="customer_periods",
    at="period_start",
    hidden=True,
    group="value",
    described_zh="周期内有购买、有执行中的合同或提交过工单的客户数（去重）。",
)
def customers_served(customer_periods: Any) -> Total:
    """Customers with a sale, a running contract or a ticket in the period."""
    return Total(customer_periods.served, where=customer_periods.served)


@kpi(
    title={"en": "Gross profit", "zh": "毛利额"},
    unit="money",
    better="higher",
    table="orders",
    at="ordered_at",
    hidden=True,
    group="value",
    described_zh="有成本数据的订单与退货的金额减成本之和。有成本数据的金额（退货取绝对值）占比低于 `min_cost_coverage` 时不给出数值。",
)
def gross_profit(orders: Any, settings: Settings) -> Total:
    """Sum of amount less cost over sales and returns with a cost (a return's cost is negative).

    There is none where those are less than `min_cost_coverage` of all amounts (of returns taken without their sign).
    """
    known = orders.cost.notnull()
    turnover = orders.amount.abs()
    covered = Aside(known.ifelse(turnover, 0), _COVERED, of=turnover, at_least=settings.min_cost_coverage)
    return Total(orders.amount - orders.cost, where=known, aside=covered)


@kpi(
    title={"en": "Cost to serve a customer", "zh": "单客服务成本"},
    unit="money",
    better="lower",
    group="value",
    says=_centers,
    described_zh="客户服务成本除以服务客户数。客户服务成本为 `cost_centers` 的成本，加上未归入这些成本中心的互动成本；"
    "服务客户为周期内有购买、有执行中的合同或提交过工单的客户。",
)
def cost_to_serve(care_cost: Any, customers_served: Any) -> Derived:
    """Cost of customer care over customers served: with a sale, a running contract or a ticket in the period.

    The cost is that of `cost_centers`, and of interactions that are not among them.
    """
    return Derived(care_cost, customers_served)


@kpi(
    title={"en": "Gross margin per unit of customer-care cost", "zh": "单位客户服务成本对应的毛利"},
    unit="number",
    better="higher",
    group="value",
    says=_centers,
    described_zh="毛利额除以同期客户服务成本。该指标只反映两者的对应关系，并不表示毛利由客户服务投入带来。"
    "有成本数据的销售额占比低于 `min_cost_coverage` 时不给出数值。",
)
def cost_benefit_ratio(gross_profit: Any, care_cost: Any) -> Derived:
    """Gross profit over the cost of customer care in the same period: an association, not an effect.

    What would have been earned with less care, or with more, it does not say. Where less of the
    revenue than `min_cost_coverage` has a cost, there is no figure.
    """
    return Derived(gross_profit, care_cost)


@hookimpl
def cpm_kpis() -> list[Kpi]:
    """KPIs of the value of the effort, and the parts that they derive from."""
    return [cost_to_serve, cost_benefit_ratio, care_cost, customers_served, gross_profit]
