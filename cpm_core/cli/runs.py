"""`cpm runs`: what is published, and what became of it."""

from __future__ import annotations

from typing import Annotated

import typer

from cpm_core.cli.app import runs_app
from cpm_core.cli.options import REPORTS, Json, Out

Reports = Annotated[
    list[str] | None,
    typer.Argument(metavar="[REPORT…]", help="Reports, as WORKBOOK or WORKBOOK/MEMBER; left out: all."),
]


@runs_app.command("list")
def runs_list(
    out: Out = REPORTS,
    as_json: Json = False,
) -> int:
    """List the runs, newest first."""
    from cpm_core.runs.listing import list_runs

    return list_runs(out, as_json)


@runs_app.command("verify")
def runs_verify(
    reports: Reports = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All runs of each report, not its last one alone.")] = False,
    rerun: Annotated[bool, typer.Option("--rerun", help="Compute the figures again and compare them.")] = False,
    out: Out = REPORTS,
    as_json: Json = False,
) -> int:
    """Check that each file of a run is as it was written; with --rerun, that its figures come out again.

    Exit codes: 0 nothing is wrong, 1 something is.
    """
    from cpm_core.runs.verify import verify_runs

    return verify_runs(out, reports or (), whole=every, again=rerun, as_json=as_json)


@runs_app.command("prune")
def runs_prune(
    reports: Reports = None,
    *,
    keep: Annotated[int, typer.Option("--keep", metavar="N", min=1, help="Runs of each report that stay.")],
    older_than: Annotated[
        float | None, typer.Option("--older-than", metavar="DAYS", min=0, help="What was made within them stays too.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be removed.")] = False,
    out: Out = REPORTS,
) -> int:
    """Remove old runs, and what is kept of failed ones; never the last good one, nor the one that readers see.

    Exit codes: 0 done, 4 a report was left, since a run of it is under way.
    """
    from cpm_core.runs.prune import prune

    return prune(out, reports or (), keep, older_than, dry_run)


@runs_app.command("forget")
def runs_forget(
    reports: Annotated[list[str], typer.Argument(metavar="REPORT…", help="As WORKBOOK or WORKBOOK/MEMBER.")],
    *,
    out: Out = REPORTS,
) -> int:
    """Take reports off the list that failed and were never published, as that of a member which is no more."""
    from cpm_core.runs.forget import forget

    return forget(out, reports)


@runs_app.command("outbox")
def runs_outbox(
    reports: Reports = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="What was sent too.")] = False,
    out: Out = REPORTS,
    as_json: Json = False,
) -> int:
    """List what was not told yet, what may have arrived, and what was refused, newest first."""
    from cpm_core.runs.sending.listing import list_outbox

    return list_outbox(out, reports or (), every, as_json)
