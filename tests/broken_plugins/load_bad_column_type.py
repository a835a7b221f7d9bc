"""A declared column of a type that there is not."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(
    table="orders",
    at="ordered_at",
    unit="count",
    better="higher",
    columns={"promised_at": "datetime"},
    title={"en": "Promised", "zh": "Promised"},
)
def promised(orders):  # <- here
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():
    return [promised]
