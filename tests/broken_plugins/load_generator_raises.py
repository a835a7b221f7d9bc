"""A generator that raises midway."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Halfway", "zh": "Halfway"})
def halfway(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():
    yield halfway
    raise RuntimeError("the second is not there")  # <- here
