"""`cpm runs`: what is published, and what became of it."""

from __future__ import annotations

from cpm_core.cli.app import runs_app
from cpm_core.cli.options import REPORTS, Json, Out


@runs_app.command("list")
def runs_list(
    out: Out = REPORTS,
    as_json: Json = False,
) -> int:
    """List the runs, newest first."""
    from cpm_core.runs.listing import list_runs

    return list_runs(out, as_json)
