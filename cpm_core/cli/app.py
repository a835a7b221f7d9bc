"""The command and its groups; the commands themselves are in modules beside it."""

from __future__ import annotations

from typing import Annotated

import typer

from cpm_core import __version__

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")
plugins_app = typer.Typer(help="Write, check and list plugins.")
runs_app = typer.Typer(help="List, show, compare, verify and remove finished runs.")
app.add_typer(plugins_app, name="plugins")
app.add_typer(runs_app, name="runs")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cpm {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,  # noqa: ARG001  # its callback acts
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks (anywhere on the line).")] = False,  # noqa: ARG001  # `main` reads it
) -> None:
    """Customer performance reports from tables and measures.

    Exit codes: 0 published or unchanged, 1 failed, 2 wrong usage or params, 3 published but degraded,
    4 another run holds the lock, 130 and 143 stopped.
    """
    _help_if_bare(context)


@plugins_app.callback(invoke_without_command=True)
@runs_app.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    _help_if_bare(context)


def _help_if_bare(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), nl=False)
