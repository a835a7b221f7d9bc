"""It replaces what its plugin does not provide."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(
    table="orders",
    at="ordered_at",
    unit="count",
    better="higher",
    replaces="builtin.kpis.service",
    title={"en": "Orders", "zh": "Orders"},
)
def orders(orders):  # <- here
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():
    return [orders]
