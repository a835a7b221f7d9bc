"""A title without Chinese."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Half"})  # <- here
def half(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():
    return [half]
