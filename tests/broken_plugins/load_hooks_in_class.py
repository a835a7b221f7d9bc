"""The hook stands in a class, where nobody calls it."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "In class", "zh": "In class"})
def in_class(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


class Ours:
    @hookimpl
    def cpm_kpis(self):  # <- here
        return [in_class]
