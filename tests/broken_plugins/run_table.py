"""Derived tables of which one raises, one returns no table and one fails as it runs; KPIs and a column on them."""

from cpm_core.api import Derived, ProfileColumn, Text, Total, hookimpl, kpi, table

WORDS = {"unit": "count", "better": "higher"}


@table(title={"en": "Late orders", "zh": "迟到订单"}, key=("order_id",), at="ordered_at")
def late_orders(orders):
    """Orders that came late."""
    return orders.filter(orders.promised_at < orders.ordered_at)  # <- late_orders


@table(title={"en": "Numbered", "zh": "编号"}, key=("order_id",), at="ordered_at")
def numbered(orders):  # <- numbered
    """Fails as it runs: an order's kind is no number."""
    return orders.mutate(number=orders.kind.cast("int64"))


@table(title={"en": "Told", "zh": "文本"}, key=("order_id",), at="ordered_at")
def told_orders(orders):  # <- told_orders
    """Is no table."""
    return "orders"


@table(title={"en": "On late orders", "zh": "基于迟到订单"}, key=("order_id",), at="ordered_at")
def on_late_orders(late_orders):
    """Reads a table that fails."""
    return late_orders


@kpi(table="late_orders", at="ordered_at", title={"en": "Late", "zh": "迟到"}, **WORDS)
def late(late_orders):
    """Counts them."""
    return Total(late_orders.order_id.notnull())


@kpi(table="on_late_orders", at="ordered_at", title={"en": "Later", "zh": "更迟"}, **WORDS)
def later(on_late_orders):
    """Counts them too."""
    return Total(on_late_orders.order_id.notnull())


@kpi(table="numbered", at="ordered_at", title={"en": "Numbers", "zh": "编号数"}, **WORDS)
def numbers(numbered):
    """Adds them up."""
    return Total(numbered.number)


@kpi(table="told_orders", at="ordered_at", title={"en": "Told", "zh": "文本数"}, **WORDS)
def told(told_orders):
    """Counts them."""
    return Total(told_orders.order_id.notnull())


@kpi(title={"en": "Share of late", "zh": "迟到占比"}, **WORDS)
def share_of_late(late, orders):
    """Derives from what is blocked."""
    return Derived(late, orders)


def last_late(late_orders):  # <- last_late
    return late_orders.group_by("customer_id").aggregate(last_late=late_orders.ordered_at.max())


@hookimpl
def cpm_tables():
    return [late_orders, numbered, told_orders, on_late_orders]


@hookimpl
def cpm_kpis():
    return [late, later, numbers, told, share_of_late]


@hookimpl
def cpm_profile_columns():
    return [ProfileColumn("last_late", Text(en="Last late order", zh="最近迟到订单"), last_late)]
