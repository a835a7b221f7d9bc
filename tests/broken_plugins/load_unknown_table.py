"""A table that nobody provides."""

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="vists", at="ordered_at", unit="count", better="higher", title={"en": "Visits", "zh": "Visits"})
def visits(vists):  # <- here
    """Counts orders."""
    return Total(vists.visit_id.notnull())


@hookimpl
def cpm_kpis():
    return [visits]
