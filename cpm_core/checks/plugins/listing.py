"""`cpm plugins list` and `info`: what is loaded, what is not and why; they work when plugins are broken."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from rich.table import Table

from cpm_core.checks.listing import kpi_record, measured_on, print_json, print_table
from cpm_core.checks.plugins.found import problem_record
from cpm_core.checks.plugins.seen import plugins_seen
from cpm_core.checks.plugins.shown import OK, WRONG, shown_file
from cpm_core.model.errors import UsageError
from cpm_core.model.kpi import Kpi
from cpm_core.model.names import nearest
from cpm_core.model.text import Text

if TYPE_CHECKING:
    from cpm_core.hooks.discovery import Plugin, Quarantined
    from cpm_core.hooks.registry import Provided, Registry

KINDS: Mapping[str, tuple[str, str]] = {
    "sources": ("source", "sources"),
    "tables": ("table", "tables"),
    "derived": ("derived table", "derived tables"),
    "kpis": ("KPI", "KPIs"),
    "profile_columns": ("profile column", "profile columns"),
    "tier_rules": ("tier rule", "tier rules"),
    "lifecycle_rules": ("lifecycle rule", "lifecycle rules"),
    "actions": ("action", "actions"),
    "checks": ("check", "checks"),
    "sections": ("report section", "report sections"),
    "publishers": ("publisher", "publishers"),
}
"""The registry's kinds of contributions, in words for one and for many."""


def list_plugins(params: str | None, as_json: bool) -> int:
    """Print the plugins: loaded ones and how much each provides, then what is not loaded and why; returns 0.

    Raises:
        UsageError: The params file is wrong.
    """
    registry = plugins_seen(params)
    if as_json:
        return print_json(
            {
                "loaded": [_plugin_record(plugin, registry) for plugin in registry.plugins],
                "quarantined": [_quarantined_record(one) for one in registry.quarantined],
                "disabled": list(registry.disabled),
                "replaced": [
                    {"kind": one.kind, "id": one.id, "provider": one.provider, "of": one.of}
                    for one in registry.replaced
                ],
            }
        )
    table = Table("", "plugin", "origin", "version", "provides")
    for plugin in registry.plugins:
        table.add_row(OK, plugin.name, plugin.origin, plugin.version, _counts(_contributions(registry, plugin.name)))
    for one in registry.quarantined:
        first = one.problems[0]
        told = f"quarantined: {first.what} ({shown_file(first.where)})" if first.where else f"quarantined: {first.what}"
        table.add_row(WRONG, one.name, one.origin, one.version, told, style="red")
    for name in registry.disabled:
        table.add_row("–", name, "", "", "turned off", style="dim")
    print_table(table)
    lines = [str(one) for one in registry.replaced]
    if registry.quarantined:
        lines.append("All that is wrong with one: `cpm plugins info NAME`.")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def show_plugin(name: str, params: str | None, as_json: bool) -> int:
    """Print everything of one plugin; of a quarantined one all that is wrong with it. Returns 0.

    Raises:
        UsageError: There is no such plugin, or the params file is wrong.
    """
    registry = plugins_seen(params)
    loaded = {plugin.name: plugin for plugin in registry.plugins}
    broken = {one.name: one for one in registry.quarantined}
    if name in broken:
        return print_json(_quarantined_record(broken[name])) if as_json else _print_broken(broken[name])
    if name not in loaded:
        names = [*loaded, *broken, *registry.disabled]
        close = nearest(name, names) or nearest(f"builtin.{name}", names)
        said = f"plugin {name!r} is turned off" if name in registry.disabled else f"there is no plugin {name!r}"
        raise UsageError(said, nearest=[one for one in close if one != name], fix="See `cpm plugins list`.")
    if as_json:
        return print_json({**_plugin_record(loaded[name], registry), "contributions": _records(registry, name)})
    return _print_loaded(loaded[name], registry)


def _print_loaded(plugin: Plugin, registry: Registry) -> int:
    api = getattr(plugin.module, "CPM_API", None)
    said = "" if api is None else f", API {api}"
    title = f"{plugin.name} {plugin.version} ({plugin.origin}{said})"
    table = Table("kind", "id", "title", "title (zh)", "definition", "where", title=title, caption=plugin.file)
    for kind, provided in _provided(registry, plugin.name):
        item = provided.item
        where = shown_file(provided.where)
        table.add_row(KINDS[kind][0], item.id, item.title.en, item.title.zh, _in_words(item), where)
    return print_table(table)


def _print_broken(one: Quarantined) -> int:
    lines = [f"{one.name} {one.version} ({one.origin}) is quarantined: nothing of it counts", f"  {one.file}"]
    for problem in one.problems:
        lines.append(f"{WRONG} {problem.what}")
        told = (("where", shown_file(problem.where)), ("nearest", ", ".join(problem.nearest)), ("fix", problem.fix))
        lines += [f"    {name}: {words}" for name, words in told if words]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _provided(registry: Registry, plugin: str) -> Iterator[tuple[str, Provided[Any]]]:
    """What a plugin provides, with its kind."""
    for kind in KINDS:
        for provided in getattr(registry, kind).values():
            if provided.provider == plugin:
                yield kind, provided


def _contributions(registry: Registry, plugin: str) -> dict[str, list[str]]:
    """The ids that a plugin provides, by kind."""
    found: dict[str, list[str]] = {}
    for kind, provided in _provided(registry, plugin):
        found.setdefault(kind, []).append(provided.item.id)
    return found


def _counts(contributions: Mapping[str, Sequence[str]]) -> str:
    words = (f"{len(ids)} {KINDS[kind][len(ids) != 1]}" for kind, ids in contributions.items())
    return ", ".join(words) or "nothing by name"


def _plugin_record(plugin: Plugin, registry: Registry) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "version": plugin.version,
        "api": getattr(plugin.module, "CPM_API", None),
        "origin": plugin.origin,
        "file": plugin.file,
        "quarantined": False,
        "provides": _contributions(registry, plugin.name),
    }


def _quarantined_record(one: Quarantined) -> dict[str, Any]:
    return {
        "name": one.name,
        "version": one.version,
        "origin": one.origin,
        "file": one.file,
        "quarantined": True,
        "problems": [problem_record(problem) for problem in one.problems],
    }


def _records(registry: Registry, plugin: str) -> list[dict[str, Any]]:
    """Every contribution of a plugin as plain data, functions by file and line."""
    found = []
    for kind, provided in _provided(registry, plugin):
        item = provided.item
        definition = kpi_record(provided) if isinstance(item, Kpi) else _definition(item)
        found.append({"kind": KINDS[kind][0], "where": provided.where, **definition})
    return found


def _definition(item: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(item, field.name)) for field in fields(item)}


def _plain(value: Any) -> Any:
    """A field as JSON has it."""
    if isinstance(value, Text):
        return {"en": value.en, "zh": value.zh}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    code = getattr(value, "__code__", None)
    if code is not None:
        return f"{code.co_filename}:{code.co_firstlineno}"
    if hasattr(value, "__dataclass_fields__"):
        return _definition(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _in_words(item: Any) -> str:
    """What a definition says, short."""
    if isinstance(item, Kpi):
        first = item.description.partition("\n")[0]
        return f"{measured_on(item, 'en')}, {item.unit}, better {item.better}" + (f": {first}" if first else "")
    told = []
    for name in ("table", "level", "key", "at", "reads", "unit", "order", "replaces"):
        value = getattr(item, name, None)
        if value:
            told.append(f"{name} {', '.join(value) if isinstance(value, tuple) else value}")
    return "; ".join(told)
