"""The hook is called cpm_kpis."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Misspelt", "zh": "Misspelt"})
def misspelt(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpi():  # <- here
    return [misspelt]
