"""The base tables of the shared vocabulary."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Column, RowRule, TableSpec, Text, hookimpl


def _key(name: str) -> Column:
    return Column(name, required=True)


def _time(name: str, *, required: bool = False, known: bool = False) -> Column:
    return Column(name, "timestamp", required=required, known_at=name if known else None)


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def _personal(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, pii=True) for name in names)


_UPDATED = _time("updated_at")


def _signed(orders: Any) -> Any:
    return ((orders.kind == "sale") & (orders.amount >= 0)) | ((orders.kind == "return") & (orders.amount <= 0))


def _on_scale(surveys: Any) -> Any:
    inside = surveys.score.isnull() | surveys.score.between(surveys.scale_min, surveys.scale_max)
    nps_scale = (surveys.kind != "nps") | ((surveys.scale_min == 0) & (surveys.scale_max == 10))
    return inside & nps_scale & (surveys.scale_min < surveys.scale_max)


def _dated(surveys: Any) -> Any:
    return surveys.score.isnull() | surveys.responded_at.notnull()


CUSTOMERS = TableSpec(
    id="customers",
    title=Text(en="Customers", zh="客户"),
    key=("customer_id",),
    time=("created_at",),
    event=False,
    columns=(
        _key("customer_id"),
        *_personal("name", "email", "phone"),
        *_texts("segment", "industry", "region", "channel", "owner"),
        _time("created_at"),
        Column("referred_by"),
        _UPDATED,
    ),
)

ORDERS = TableSpec(
    id="orders",
    title=Text(en="Orders and returns", zh="订单与退货"),
    key=("order_id", "kind"),
    time=("ordered_at",),
    parent=("customers", "customer_id"),
    columns=(
        _key("order_id"),
        _key("customer_id"),
        _time("ordered_at", required=True),
        Column("amount", "decimal", required=True),
        Column("kind", required=True, choices=("sale", "return")),
        Column("cost", "decimal"),
        *_texts("channel", "category"),
        Column("quantity", "float64"),
        _UPDATED,
    ),
    rules=(
        RowRule(
            "sign",
            Text(en="a sale below zero or a return above zero", zh="销售金额为负或退货金额为正"),
            _signed,
            "amount",
        ),
    ),
)

ORDER_LINES = TableSpec(
    id="order_lines",
    title=Text(en="Order lines", zh="订单明细"),
    key=("order_id", "line_no"),
    time=("ordered_at",),
    parent=("orders", "order_id"),
    columns=(
        _key("order_id"),
        _time("ordered_at"),
        Column("line_no", "int64", required=True),
        *_texts("product_id", "category"),
        Column("quantity", "float64"),
        Column("unit_price", "decimal"),
        Column("amount", "decimal", required=True),
        _UPDATED,
    ),
)

TICKETS = TableSpec(
    id="tickets",
    title=Text(en="Tickets", zh="工单"),
    key=("ticket_id",),
    time=("opened_at",),
    parent=("customers", "customer_id"),
    columns=(
        _key("ticket_id"),
        _key("customer_id"),
        _time("opened_at", required=True),
        _time("first_response_at", known=True),
        _time("resolved_at", known=True),
        _time("closed_at", known=True),
        Column("waiting_hours", "float64"),
        Column("reopened_count", "int64"),
        *_texts("kind", "category", "priority", "channel", "team", "agent"),
        _UPDATED,
    ),
)

SURVEYS = TableSpec(
    id="surveys",
    title=Text(en="Survey questions", zh="问卷题目"),
    key=("response_id",),
    time=("sent_at", "responded_at"),
    parent=("customers", "customer_id"),
    columns=(
        _key("response_id"),
        _key("customer_id"),
        _time("sent_at"),
        _time("responded_at", known=True),
        Column("kind", required=True, choices=("csat", "nps", "ces")),
        Column("score", "float64", known_at="responded_at"),
        Column("scale_min", "float64", required=True),
        Column("scale_max", "float64", required=True),
        *_texts("touchpoint", "channel", "ticket_id", "order_id"),
        Column("comment", known_at="responded_at", pii=True),
        _UPDATED,
    ),
    rules=(
        RowRule(
            "scale",
            Text(
                en="an answer outside its scale, or NPS not asked from 0 to 10",
                zh="得分超出量表，或 NPS 不是 0–10 分制",
            ),
            _on_scale,
            "score",
        ),
        RowRule("undated", Text(en="an answer without a date", zh="有得分但没有回答时间"), _dated, "responded_at"),
    ),
)

INTERACTIONS = TableSpec(
    id="interactions",
    title=Text(en="Interactions", zh="互动记录"),
    key=("interaction_id",),
    time=("occurred_at",),
    parent=("customers", "customer_id"),
    columns=(
        _key("interaction_id"),
        _key("customer_id"),
        _time("occurred_at", required=True),
        Column("kind", required=True),
        *_texts("direction", "channel", "campaign", "agent"),
        Column("cost", "decimal"),
        _UPDATED,
    ),
)

SUBSCRIPTIONS = TableSpec(
    id="subscriptions",
    title=Text(en="Contracts", zh="合同"),
    key=("subscription_id", "started_at"),
    time=("started_at",),
    event=False,
    parent=("customers", "customer_id"),
    columns=(
        _key("subscription_id"),
        _key("customer_id"),
        _time("started_at", required=True),
        _time("ended_at", known=True),
        Column("monthly_amount", "decimal", required=True),
        *_texts("plan", "end_reason"),
        _UPDATED,
    ),
)

POINTS = TableSpec(
    id="points",
    title=Text(en="Loyalty points", zh="会员积分"),
    key=("entry_id",),
    time=("occurred_at",),
    parent=("customers", "customer_id"),
    columns=(
        _key("entry_id"),
        _key("customer_id"),
        _time("occurred_at", required=True),
        Column("points", "decimal", required=True),
        Column("kind", required=True, choices=("earn", "redeem", "expire", "adjust")),
        _UPDATED,
    ),
)

COSTS = TableSpec(
    id="costs",
    title=Text(en="Costs", zh="成本"),
    key=("cost_id",),
    time=("occurred_at",),
    columns=(
        _key("cost_id"),
        _time("occurred_at", required=True),
        Column("center", required=True),
        Column("amount", "decimal", required=True),
        _UPDATED,
    ),
)


@hookimpl
def cpm_tables() -> list[TableSpec]:
    """The nine base tables."""
    return [CUSTOMERS, ORDERS, ORDER_LINES, TICKETS, SURVEYS, INTERACTIONS, SUBSCRIPTIONS, POINTS, COSTS]
