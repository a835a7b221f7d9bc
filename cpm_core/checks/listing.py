"""What there is: KPIs and plugins, as tables for people and as JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cpm_core.hooks.discovery import Plugin
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.errors import ParamsError, Problem, UsageError
from cpm_core.model.kpi import Kpi
from cpm_core.model.names import nearest
from cpm_core.model.tables import RESERVED_ARGUMENTS
from cpm_core.params.load import load
from cpm_core.params.schema import Params

NO_TERMINAL_WIDTH = 200
"""Columns of a table that is written to a file or another program, where nothing may be cut."""
KINDS: Mapping[str, tuple[str, str]] = {
    "sources": ("source", "sources"),
    "tables": ("table", "tables"),
    "derived": ("derived table", "derived tables"),
    "kpis": ("KPI", "KPIs"),
    "tier_rules": ("tier rule", "tier rules"),
    "sections": ("report section", "report sections"),
}
"""The registry's kinds of contributions, in words for one and for many."""


def list_kpis(params: str | None, as_json: bool) -> int:
    """Print the KPIs that there are, or those that a params file asks for; returns 0.

    Raises:
        UsageError: The params file is wrong, or names a KPI that nobody provides.
        PluginError: A plugin cannot be loaded.
    """
    chosen = load(params) if params is not None else None
    provided = _chosen_kpis(_registry(chosen), chosen)
    if as_json:
        return _print_json([_kpi_record(one) for one in provided])
    table = Table("KPI", "title", "unit", "better", "measured on", "provider")
    for one in provided:
        kpi = one.item
        if not kpi.hidden:
            source = f"{kpi.table}.{kpi.at}" if kpi.table else f"KPIs {', '.join(_parts(kpi))}"
            table.add_row(kpi.id, kpi.title.en, kpi.unit, kpi.better, source, one.provider)
    return _print_table(table)


def list_plugins(params: str | None, as_json: bool) -> int:
    """Print the plugins, built-in ones too, and how much each provides; returns 0.

    Raises:
        UsageError: The params file is wrong.
        PluginError: A plugin cannot be loaded.
    """
    registry = _registry(load(params) if params is not None else None)
    if as_json:
        return _print_json([_plugin_record(plugin, registry) for plugin in registry.plugins])
    table = Table("plugin", "origin", "version", "provides")
    for plugin in registry.plugins:
        table.add_row(plugin.name, plugin.origin, plugin.version, _counts(_contributions(registry, plugin.name)))
    return _print_table(table)


def show_plugin(name: str, params: str | None, as_json: bool) -> int:
    """Print one plugin and everything that it provides; returns 0.

    Raises:
        UsageError: There is no such plugin, or the params file is wrong.
        PluginError: A plugin cannot be loaded.
    """
    registry = _registry(load(params) if params is not None else None)
    names = [plugin.name for plugin in registry.plugins]
    if name not in names:
        close = nearest(name, names) or nearest(f"builtin.{name}", names)
        raise UsageError(f"there is no plugin {name!r}", nearest=close, fix="See `cpm plugins list`.")
    plugin = registry.plugins[names.index(name)]
    if as_json:
        return _print_json(_plugin_record(plugin, registry))
    table = Table("kind", "id", "title", title=f"{plugin.name} {plugin.version} ({plugin.origin})", caption=plugin.file)
    for kind, ids in _contributions(registry, name).items():
        for item in ids:
            table.add_row(KINDS[kind][0], item, getattr(registry, kind)[item].item.title.en)
    return _print_table(table)


def _registry(params: Params | None) -> Registry:
    """The plugins of a params file, or those that are seen from the working folder."""
    if params is not None:
        return Registry.load(params.home / "plugins", params.plugins.use, params.plugins.disable)
    here = Path.cwd()
    folders = (folder / "plugins" for folder in (here, *here.parents))
    return Registry.load(next((folder for folder in folders if folder.is_dir()), None))


def _chosen_kpis(registry: Registry, params: Params | None) -> Sequence[Provided[Kpi]]:
    wanted = params.kpis if params is not None else None
    if params is None or wanted is None:
        return list(registry.kpis.values())
    problems = [
        Problem(
            f"nobody provides a KPI {name!r}",
            params.where("kpis", index),
            nearest(name, registry.kpis),
            "`cpm kpis` lists all of them.",
        )
        for index, name in enumerate(wanted)
        if name not in registry.kpis
    ]
    if problems:
        raise ParamsError(problems)
    return [registry.kpis[name] for name in wanted]


def _contributions(registry: Registry, plugin: str) -> dict[str, list[str]]:
    """The ids that a plugin provides, by kind."""
    found = {kind: [one for one, by in getattr(registry, kind).items() if by.provider == plugin] for kind in KINDS}
    return {kind: ids for kind, ids in found.items() if ids}


def _counts(contributions: Mapping[str, Sequence[str]]) -> str:
    words = (f"{len(ids)} {KINDS[kind][len(ids) != 1]}" for kind, ids in contributions.items())
    return ", ".join(words) or "nothing by name"


def _parts(kpi: Kpi) -> list[str]:
    """The KPIs that one is derived from."""
    return [name for name in kpi.arguments if name not in RESERVED_ARGUMENTS] if kpi.table is None else []


def _kpi_record(provided: Provided[Kpi]) -> dict[str, Any]:
    kpi = provided.item
    return {
        "id": kpi.id,
        "title": asdict(kpi.title),
        "description": kpi.description,
        "unit": kpi.unit,
        "better": kpi.better,
        "group": kpi.group,
        "table": kpi.table,
        "at": kpi.at,
        "derived_from": _parts(kpi),
        "lookback": kpi.lookback,
        "stock": kpi.stock,
        "hidden": kpi.hidden,
        "columns": dict(kpi.columns),
        "provider": provided.provider,
        "version": provided.version,
    }


def _plugin_record(plugin: Plugin, registry: Registry) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "version": plugin.version,
        "origin": plugin.origin,
        "file": plugin.file,
        "provides": _contributions(registry, plugin.name),
    }


def _print_json(value: Any) -> int:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    return 0


def _print_table(table: Table) -> int:
    console = Console(markup=False, emoji=False)
    if not console.is_terminal:
        console.width = NO_TERMINAL_WIDTH
    console.print(table)
    return 0
