"""It takes whatever there is, and would get nothing."""

from cpm_core.api import hookimpl


@hookimpl
def cpm_run_published(**told):  # <- here
    assert told
