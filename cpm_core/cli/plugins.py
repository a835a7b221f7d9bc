"""`cpm plugins`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cpm_core.cli.app import plugins_app
from cpm_core.cli.options import Json, ParamsFile

PLUGIN_KINDS = "source, table, kpi, profile, tier, lifecycle, action, section, publisher, check"
"""What `cpm plugins new` writes (a test compares it with the templates)."""


@plugins_app.command("new")
def plugins_new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"One of {PLUGIN_KINDS}.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, and the id of what it provides.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="DIR", help="Where it goes; left out: the project's plugins/.")
    ] = None,
) -> int:
    """Write a plugin and its test, ready to run."""
    from cpm_core.checks.scaffold.write import print_new

    return print_new(kind, name, folder)


@plugins_app.command("check")
def plugins_check(
    plugins: Annotated[list[str], typer.Argument(metavar="PATH", help="Files, folders or names of plugins.")],
    as_json: Json = False,
) -> int:
    """Try plugins alone: validate, compile for every engine, run on the tiny book.

    Exit codes: 0 nothing is wrong, 1 something is.
    """
    from cpm_core.model.startup import without_collection

    with without_collection():
        from cpm_core.checks.plugins.command import check_plugins

        return check_plugins(plugins, as_json)


@plugins_app.command("list")
def plugins_list(params: ParamsFile = None, as_json: Json = False) -> int:
    """List the plugins, built-in and broken ones too."""
    from cpm_core.checks.plugins.listing import list_plugins

    return list_plugins(params, as_json)


@plugins_app.command("info")
def plugins_info(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `cpm plugins list` shows it.")],
    params: ParamsFile = None,
    as_json: Json = False,
) -> int:
    """Show all of one plugin; of a broken one all that is wrong with it."""
    from cpm_core.checks.plugins.listing import show_plugin

    return show_plugin(name, params, as_json)
