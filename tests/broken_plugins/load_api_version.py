"""Written for an API that this core does not have."""

from cpm_core.api import hookimpl

CPM_API = 99  # <- here


@hookimpl
def cpm_kpis():
    return []
