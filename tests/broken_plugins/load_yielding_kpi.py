"""A KPI whose function yields."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Yielding", "zh": "Yielding"})
def yielding(orders):  # <- here
    """Counts orders."""
    yield Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():
    return [yielding]
