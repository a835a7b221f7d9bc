"""An observer that raises."""

from cpm_core.api import hookimpl


@hookimpl
def cpm_run_started(run):
    raise ConnectionError("nobody listens")  # <- here
