"""The mark is that of another project."""

import pluggy

from cpm_core.api import Total, kpi

hookimpl = pluggy.HookimplMarker("kedro")


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Foreign", "zh": "Foreign"})
def foreign(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():  # <- here
    return [foreign]
