"""`cpm runs diff` and `cpm runs show`."""

from __future__ import annotations

from typing import Annotated

import typer

from cpm_core.cli.app import runs_app
from cpm_core.cli.options import REPORTS, Json, Out

RUN = "a folder, an id, REPORT, REPORT@latest, REPORT@previous or REPORT@ID"


@runs_app.command("diff")
def runs_diff(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[BEFORE AFTER | REPORT]", help=f"Each {RUN}; of a report its latest and that of the period before."
        ),
    ] = None,
    *,
    out: Out = REPORTS,
    as_json: Json = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 if they differ.")] = False,
) -> int:
    """Show how two runs differ: restated figures of earlier periods and why, KPIs, tiers, rejects, params."""
    from cpm_core.runs.diff.show import diff_runs

    return diff_runs(runs or (), out, as_json=as_json, exit_code=exit_code)


@runs_app.command("show")
def runs_show(
    run: Annotated[str, typer.Argument(metavar="RUN", help=f"One of {RUN}.")],
    *,
    out: Out = REPORTS,
    as_json: Json = False,
) -> int:
    """Show one run: what it was made of, how long it took, what became of it."""
    from cpm_core.runs.showing import show_run

    return show_run(run, out, as_json)
