"""A unit that there is not."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(
    table="orders",
    at="ordered_at",
    unit="monney",
    better="higher",
    title={"en": "Of unknown unit", "zh": "Of unknown unit"},
)
def of_unknown_unit(orders):  # <- here
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():
    return [of_unknown_unit]
