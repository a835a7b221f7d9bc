"""A KPI that raises, in a function that it calls."""

from cpm_core.api import Total, hookimpl, kpi


def rate():
    return {}["GBP"]  # <- here


@kpi(table="orders", at="ordered_at", unit="money", better="higher", title={"en": "In pounds", "zh": "英镑金额"})
def in_pounds(orders):
    """Revenue in pounds."""
    return Total(orders.amount * rate())


@hookimpl
def cpm_kpis():
    return [in_pounds]
