"""The `return` is missing."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Lost", "zh": "Lost"})
def lost(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():  # <- here
    found = [lost]
    found.reverse()
