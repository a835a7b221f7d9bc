"""A coroutine."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Later", "zh": "Later"})
def later(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
async def cpm_kpis():  # <- here
    return [later]
