"""The numeric columns of `customer_profile` in words: what rules and plans may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cpm_core.model.kpi import Better, Unit
from cpm_core.model.text import Text


@dataclass(frozen=True)
class Told:
    """A column in words that go on with a sentence, its unit, and which direction is better."""

    title: Text
    unit: Unit
    better: Better = "higher"


PROFILE_COLUMNS: Mapping[str, Told] = {
    "sales": Told(Text(en="number of sales", zh="累计订单数"), "count"),
    "revenue": Told(Text(en="revenue of all time", zh="累计净销售额"), "money"),
    "order_value": Told(Text(en="average order value", zh="平均订单金额"), "money"),
    "return_share": Told(Text(en="share of sales returned", zh="退货金额占比"), "percent", "lower"),
    "usual_interval_days": Told(Text(en="usual days between purchases", zh="通常购买间隔天数"), "days", "lower"),
    "recency_days": Told(Text(en="days since the last sale", zh="距最近一次购买的天数"), "days", "lower"),
    "tenure_days": Told(Text(en="days since the first sale", zh="距首次购买的天数"), "days"),
    "last_gap_days": Told(
        Text(en="days of pause before the latest sales", zh="最近一轮购买前的停购天数"), "days", "lower"
    ),
    "trailing_sales": Told(Text(en="sales of the trailing year", zh="近一年订单数"), "count"),
    "trailing_revenue": Told(Text(en="revenue of the trailing year", zh="近一年净销售额"), "money"),
    "trailing_margin": Told(Text(en="gross margin of the trailing year", zh="近一年毛利"), "money"),
    "last_csat": Told(Text(en="last CSAT score", zh="最近一次满意度评分"), "score"),
    "last_nps": Told(Text(en="last NPS answer", zh="最近一次推荐意愿评分"), "score"),
    "trailing_tickets": Told(Text(en="tickets of the trailing year", zh="近一年工单数"), "count", "lower"),
    "trailing_complaints": Told(Text(en="complaints of the trailing year", zh="近一年投诉数"), "count", "lower"),
    "trailing_sla_breaches": Told(
        Text(en="missed service promises of the trailing year", zh="近一年服务超时次数"), "count", "lower"
    ),
    "trailing_cost_to_serve": Told(
        Text(en="cost to serve of the trailing year", zh="近一年服务成本"), "money", "lower"
    ),
    "points_balance": Told(Text(en="points balance", zh="积分余额"), "points"),
    "recurring_revenue": Told(Text(en="recurring revenue a month", zh="每月经常性收入"), "money"),
    "probability_alive": Told(Text(en="probability of being alive", zh="留存概率"), "percent"),
    "expected_orders_12_months": Told(Text(en="orders expected in 12 months", zh="未来 12 个月预期订单数"), "number"),
    "value_12_months": Told(Text(en="12-month customer value", zh="未来 12 个月客户价值"), "money"),
    "value_12_months_low": Told(Text(en="12-month customer value, low end", zh="未来 12 个月客户价值下限"), "money"),
    "value_12_months_high": Told(Text(en="12-month customer value, high end", zh="未来 12 个月客户价值上限"), "money"),
    "value_36_months": Told(Text(en="36-month customer value", zh="未来 36 个月客户价值"), "money"),
}
"""The built-in columns; each is there where its table is delivered. Columns of plugins come beside them."""
