"""A generator without an end."""

from itertools import repeat

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Endless", "zh": "Endless"})
def endless(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():  # <- here
    yield from repeat(endless)
