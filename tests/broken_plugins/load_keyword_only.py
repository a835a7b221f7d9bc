"""An argument by keyword only: the hook is called by position."""

from cpm_core.api import hookimpl


@hookimpl
def cpm_run_failed(run, *, error):  # <- here
    assert run, error
