"""An argument that the hook is not given."""

from cpm_core.api import hookimpl


@hookimpl
def cpm_run_failed(run, eror):  # <- here
    assert run, eror
