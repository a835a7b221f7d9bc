"""A bracket is missing."""

from cpm_core.api import Total, hookimpl, kpi


@hookimpl
def cpm_kpis(:  # <- here
    return []
