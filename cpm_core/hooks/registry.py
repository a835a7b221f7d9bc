"""The plugins of one workbook and what they contribute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Generic, TypeVar

import pluggy

from cpm_core.hooks import specs
from cpm_core.hooks.discovery import Plugin, find_plugins
from cpm_core.model.actions import Action
from cpm_core.model.errors import PluginError, Problem
from cpm_core.model.kpi import Kpi
from cpm_core.model.markers import PROJECT
from cpm_core.model.names import nearest
from cpm_core.model.publishers import Publisher
from cpm_core.model.rules import Check, LifecycleRule, ProfileColumn, Section, TierRule
from cpm_core.model.tables import COMPUTED_TABLES, DerivedTable, Source, TableSpec

T = TypeVar("T", bound=object)


@dataclass(frozen=True)
class Provided(Generic[T]):
    """A contribution and who made it."""

    item: T
    provider: str
    version: str
    file: str


class Registry:
    """All contributions by kind and id, from one pluggy manager of its own.

    Raises:
        PluginError: A plugin cannot be loaded, names a hook that does not exist, returns something
            else than the hook's dataclass, or uses an id that another one has; all told at once.
    """

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        self.plugins = tuple(plugins)
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(specs)
        problems: list[Problem] = []
        for plugin in self.plugins:
            problems += _near_misses(plugin.module, plugin)
        if problems:
            raise PluginError(problems)
        for plugin in self.plugins:
            self._register(plugin)
        self.sources: Mapping[str, Provided[Source]] = self._collect("cpm_sources", Source, problems)
        tables = self._collect("cpm_tables", (TableSpec, DerivedTable), problems)
        self.tables: Mapping[str, Provided[TableSpec]] = _of_type(tables, TableSpec)
        self.derived: Mapping[str, Provided[DerivedTable]] = _of_type(tables, DerivedTable)
        self.kpis: Mapping[str, Provided[Kpi]] = self._collect("cpm_kpis", Kpi, problems)
        self.tier_rules: Mapping[str, Provided[TierRule]] = self._collect("cpm_tier_rules", TierRule, problems)
        self.lifecycle_rules: Mapping[str, Provided[LifecycleRule]] = self._collect(
            "cpm_lifecycle_rules", LifecycleRule, problems
        )
        self.profile_columns: Mapping[str, Provided[ProfileColumn]] = self._collect(
            "cpm_profile_columns", ProfileColumn, problems
        )
        self.actions: Mapping[str, Provided[Action]] = self._collect("cpm_actions", Action, problems)
        self.checks: Mapping[str, Provided[Check]] = self._collect("cpm_checks", Check, problems)
        self.sections: Mapping[str, Provided[Section]] = self._collect("cpm_report_sections", Section, problems)
        self.publishers: Mapping[str, Provided[Publisher]] = self._collect("cpm_publishers", Publisher, problems)
        problems += list(self._unknown_tables())
        if problems:
            raise PluginError(problems)

    @classmethod
    def load(cls, folder: Path | None, entry_points: Sequence[str] = (), disabled: Sequence[str] = ()) -> Registry:
        """The built-ins, the plugins of a folder and named entry points."""
        return cls(list(find_plugins(folder, entry_points, disabled)))

    @property
    def hook(self) -> Any:
        """Pluggy's hook caller, for observers."""
        return self._manager.hook

    def _register(self, plugin: Plugin) -> None:
        try:
            self._manager.register(plugin.module, name=plugin.name)
        except pluggy.PluginValidationError as error:
            raise PluginError(f"plugin {plugin.name!r} does not fit its hook: {error}", where=plugin.file) from error

    def _collect(self, hook: str, kind: type | tuple[type, ...], problems: list[Problem]) -> dict[str, Provided[Any]]:
        found: dict[str, Provided[Any]] = {}
        by_name = {plugin.name: plugin for plugin in self.plugins}
        calls = getattr(self._manager.hook, hook).get_hookimpls()
        for impl in sorted(calls, key=lambda impl: list(by_name).index(impl.plugin_name)):
            plugin = by_name[impl.plugin_name]
            for item in _items(impl.function, hook, kind, plugin, problems):
                other = found.get(item.id)
                if other is not None:
                    problems.append(
                        Problem(
                            f"{hook}: the id {item.id!r} is provided twice, by {other.provider!r} and {plugin.name!r}",
                            plugin.file,
                            fix="Rename one, or turn one off with `plugins: {disable: [...]}`.",
                        )
                    )
                    continue
                found[item.id] = Provided(item, plugin.name, plugin.version, plugin.file)
        return found

    def _unknown_tables(self) -> Iterator[Problem]:
        known = {*self.tables, *self.derived, *COMPUTED_TABLES}
        for check in self.checks.values():
            if check.item.table not in self.tables:
                what = f"check {check.item.id!r} of {check.provider!r} is on table {check.item.table!r}, which is no base table"
                yield Problem(what, check.file, nearest(check.item.table, self.tables))
        for provided in self.kpis.values():
            named = {provided.item.table} if provided.item.table else set()
            for name in sorted((named | set(provided.item.reads)) - known):
                yield Problem(
                    f"KPI {provided.item.id!r} of {provided.provider!r} is on table {name!r}, which nobody provides",
                    provided.file,
                    nearest(name, known),
                )


def _of_type(found: Mapping[str, Provided[Any]], kind: type[T]) -> dict[str, Provided[T]]:
    return {name: provided for name, provided in found.items() if isinstance(provided.item, kind)}


def _items(
    function: Callable[[], Any], hook: str, kind: type | tuple[type, ...], plugin: Plugin, problems: list[Problem]
) -> list[Any]:
    try:
        items = list(function())
    except Exception as error:  # noqa: BLE001  # whatever a plugin raises is told with all other problems
        problems.append(Problem(f"{hook} of {plugin.name!r} raised {type(error).__name__}: {error}", plugin.file))
        return []
    for item in items:
        if not isinstance(item, kind):
            kinds = kind if isinstance(kind, tuple) else (kind,)
            wanted = " or ".join(one.__name__ for one in kinds)
            problems.append(
                Problem(
                    f"{hook} of {plugin.name!r} returned a {type(item).__name__} where a {wanted} is expected",
                    plugin.file,
                    fix="Return an iterable of the dataclasses of cpm_core.api.",
                )
            )
    return [item for item in items if isinstance(item, kind)]


def _near_misses(module: ModuleType, plugin: Plugin) -> Iterator[Problem]:
    """Functions named or marked like a hook that pluggy would pass over in silence."""
    valid = [name for name in vars(specs) if name.startswith("cpm_")]
    for name, value in vars(module).items():
        marked = isinstance(value, FunctionType) and hasattr(value, f"{PROJECT}_impl")
        if not callable(value) or not (marked or name.startswith("cpm_")):
            continue
        line = getattr(getattr(value, "__code__", None), "co_firstlineno", 0)
        where = f"{plugin.file}:{line}"
        if name not in valid:
            yield Problem(f"there is no hook {name!r}", where, nearest(name, valid), "Rename the function.")
        elif not hasattr(value, f"{PROJECT}_impl"):
            yield Problem(f"{name} is not marked as a hook", where, fix="Write @hookimpl of cpm_core.api above it.")
