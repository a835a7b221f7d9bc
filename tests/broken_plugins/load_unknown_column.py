"""It is dated by a column that its table does not have."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="orderd_at", unit="count", better="higher", title={"en": "Dated", "zh": "Dated"})
def dated(orders):  # <- here
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():
    return [dated]
