"""A list where a function belongs."""

from cpm_core.api import Total, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Listed", "zh": "Listed"})
def listed(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


cpm_kpis = [listed]  # <- here
