"""The mark is missing."""

from cpm_core.api import Total, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Unmarked", "zh": "Unmarked"})
def unmarked(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


def cpm_kpis():  # <- here
    return [unmarked]
