"""A unit that there is not."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="monney", better="higher", title={"en": "In pounds", "zh": "In pounds"})
def in_pounds(orders):  # <- here
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():
    return [in_pounds]
