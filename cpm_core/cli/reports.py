"""`cpm run`, `check`, `new` and `kpis`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cpm_core.cli.app import app
from cpm_core.cli.options import (
    REPORTS,
    AsOf,
    Base64,
    Disabled,
    Files,
    Json,
    Out,
    Parameters,
    ParamsFile,
    ParamsFiles,
    Raw,
    Yaml,
    overrides_of,
)
from cpm_core.model.errors import UsageError


@app.command()
def run(
    params: ParamsFiles,
    *,
    parameters: Parameters = None,
    raw: Raw = None,
    file: Files = None,
    yaml: Yaml = None,
    base64: Base64 = None,
    as_of: AsOf = None,
    disable_plugin: Disabled = None,
    out: Out = REPORTS,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", metavar="N", min=1, help="Reports at a time at most; left out: one a core."),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory", metavar="SIZE", help="For all reports together, as 4GB; left out: most of what is free."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Run again though nothing has changed.")] = False,
    grid: Annotated[
        list[str] | None,
        typer.Option("--grid", metavar="NAME=A,B", help="A report for each value of a key or column; repeatable."),
    ] = None,
    grid_from: Annotated[
        Path | None, typer.Option("--grid-from", metavar="FILE", help="A report for each row of a CSV or YAML file.")
    ] = None,
    backfill: Annotated[
        str, typer.Option("--backfill", metavar="FROM..TO", help="A report for each period, as 2011-01..2011-11.")
    ] = "",
    failed_only: Annotated[
        bool, typer.Option("--failed-only", help="Of all these, those that failed or were never made.")
    ] = False,
    keep_latest: Annotated[
        bool, typer.Option("--keep-latest", help="Of an earlier day: readers go on to see the later report.")
    ] = False,
    send: Annotated[
        bool, typer.Option("--send", help="With --backfill: send what it makes, as other reports are sent.")
    ] = False,
    help_params: Annotated[
        bool, typer.Option("--help-params", help="Show what can be set, with types and values, and run nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --help-params: print JSON.")] = False,
) -> int:
    """Make reports and publish them."""
    overrides = overrides_of(base64, file, yaml, parameters, raw, as_of, disable_plugin)
    if help_params:
        from cpm_core.checks.parameters import show_parameters

        return show_parameters(params, overrides, as_json)
    if as_json:
        raise UsageError("--json goes with --help-params", fix="Add --help-params, or take --json out.")
    if send and not backfill:
        raise UsageError("--send goes with --backfill", fix="Take it out: what other runs make is sent in any case.")
    from cpm_core.runs.batch import run_reports
    from cpm_core.runs.expand import Wanted
    from cpm_core.runs.memory import cores, size_of

    wanted = Wanted(tuple(grid or ()), grid_from, backfill, failed_only, keep_latest, send)
    return run_reports(params, overrides, out, jobs or cores(), force, wanted, size_of(memory) if memory else None)


@app.command()
def check(
    params: ParamsFiles,
    *,
    parameters: Parameters = None,
    raw: Raw = None,
    file: Files = None,
    yaml: Yaml = None,
    base64: Base64 = None,
    as_of: AsOf = None,
    disable_plugin: Disabled = None,
) -> int:
    """Check params files: what is wrong, what is missing, which KPIs are measurable."""
    overrides = overrides_of(base64, file, yaml, parameters, raw, as_of, disable_plugin)
    from cpm_core.checks.check import check_params

    return check_params(params, overrides)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The workbook's name.")],
    files: Annotated[list[str], typer.Argument(metavar="FILES", help="CSV, Parquet and Excel files.")],
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where the file goes.")] = Path("params"),
) -> int:
    """Propose a params file from one's own files."""
    from cpm_core.checks.propose import new_params

    return new_params(name, files, folder)


@app.command()
def kpis(params: ParamsFile = None, as_json: Json = False) -> int:
    """List the KPIs; with params, which of them the data allow and what is missing."""
    from cpm_core.checks.listing import list_kpis

    return list_kpis(params, as_json)
