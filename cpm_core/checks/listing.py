"""What there is: KPIs and plugins, as tables for people and as JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cpm_core.hooks.discovery import Plugin
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.errors import UsageError
from cpm_core.model.kpi import Kpi
from cpm_core.model.names import nearest
from cpm_core.model.tables import RESERVED_ARGUMENTS
from cpm_core.model.text import Locale, Text
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
    "lifecycle_rules": ("lifecycle rule", "lifecycle rules"),
    "actions": ("action", "actions"),
    "sections": ("report section", "report sections"),
}
"""The registry's kinds of contributions, in words for one and for many."""
_PARTS = Text(en="KPIs {parts}", zh="由 {parts} 计算")


def list_kpis(params: str | None, as_json: bool) -> int:
    """Print the KPIs that there are; with a params file, which of them its data allow. Returns 0.

    Raises:
        UsageError: The params file is wrong.
        DataError: The data cannot be read.
        PluginError: A plugin cannot be loaded.
    """
    if params is not None:
        from cpm_core.checks.kpis import list_measurable

        return list_measurable(params, as_json)
    provided = by_chapter(_registry(None).kpis.values())
    if as_json:
        return print_json([kpi_record(one) for one in provided])
    table = Table("KPI", "title", "unit", "better", "measured on", "provider")
    for title, kpis in chapters(provided, "en"):
        table.add_row(title, style="bold")
        for one in kpis:
            kpi = one.item
            table.add_row(kpi.id, kpi.title.en, kpi.unit, kpi.better, measured_on(kpi, "en"), one.provider)
        table.add_section()
    return print_table(table)


def list_plugins(params: str | None, as_json: bool) -> int:
    """Print the plugins, built-in ones too, and how much each provides; returns 0.

    Raises:
        UsageError: The params file is wrong.
        PluginError: A plugin cannot be loaded.
    """
    registry = _registry(load(params) if params is not None else None)
    if as_json:
        return print_json([_plugin_record(plugin, registry) for plugin in registry.plugins])
    table = Table("plugin", "origin", "version", "provides")
    for plugin in registry.plugins:
        table.add_row(plugin.name, plugin.origin, plugin.version, _counts(_contributions(registry, plugin.name)))
    return print_table(table)


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
        return print_json(_plugin_record(plugin, registry))
    table = Table("kind", "id", "title", title=f"{plugin.name} {plugin.version} ({plugin.origin})", caption=plugin.file)
    for kind, ids in _contributions(registry, name).items():
        for item in ids:
            table.add_row(KINDS[kind][0], item, getattr(registry, kind)[item].item.title.en)
    return print_table(table)


def _registry(params: Params | None) -> Registry:
    """The plugins of a params file, or those that are seen from the working folder."""
    if params is not None:
        return Registry.load(params.home / "plugins", params.plugins.use, params.plugins.disable)
    here = Path.cwd()
    folders = (folder / "plugins" for folder in (here, *here.parents))
    return Registry.load(next((folder for folder in folders if folder.is_dir()), None))


def by_chapter(provided: Iterable[Provided[Kpi]]) -> list[Provided[Kpi]]:
    """KPIs in the order of the KPI book's chapters."""
    return sorted(provided, key=lambda one: (one.item.place, one.item.group))


def chapters(provided: Sequence[Provided[Kpi]], locale: Locale) -> Iterator[tuple[str, list[Provided[Kpi]]]]:
    """The KPIs that are not hidden under the titles of their chapters."""
    shown = [one for one in provided if not one.item.hidden]
    for chapter, kpis in groupby(shown, key=lambda one: one.item.chapter):
        yield chapter.in_(locale), list(kpis)


def measured_on(kpi: Kpi, locale: Locale) -> str:
    """The table and dating column, or the KPIs that it derives from."""
    return f"{kpi.table}.{kpi.at}" if kpi.table else _PARTS.format(parts=", ".join(_parts(kpi))).in_(locale)


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


def kpi_record(provided: Provided[Kpi]) -> dict[str, Any]:
    """All that is known of a KPI's definition, as plain data."""
    kpi = provided.item
    return {
        "id": kpi.id,
        "title": asdict(kpi.title),
        "description": kpi.description,
        "described_zh": kpi.described_zh,
        "source": kpi.source,
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
        "needs": list(kpi.needs),
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


def print_json(value: Any) -> int:
    """Write plain data to standard output; returns 0."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    return 0


def print_table(table: Table) -> int:
    """Print a table on standard output, whole even where there is no terminal; returns 0."""
    console = Console(markup=False, emoji=False)
    if not console.is_terminal:
        console.width = NO_TERMINAL_WIDTH
    console.print(table)
    return 0
