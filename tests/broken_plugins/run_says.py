"""A KPI that is fine, and whose words raise."""

from cpm_core.api import Total, hookimpl, kpi


def words(settings):
    return settings.no_such_convention  # <- here


@kpi(
    table="orders",
    at="ordered_at",
    unit="count",
    better="higher",
    title={"en": "Speechless", "zh": "无言"},
    says=words,
)
def speechless(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():
    return [speechless]
