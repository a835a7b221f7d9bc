"""The plugins of one workbook and what they contribute."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pluggy

from cpm_core.hooks import loading, specs
from cpm_core.hooks.contributions import Contribution
from cpm_core.hooks.discovery import ORIGINS, Plugin, Quarantined, discover, forget_installed
from cpm_core.hooks.settle import settle
from cpm_core.model.actions import Action
from cpm_core.model.errors import PluginError
from cpm_core.model.kpi import Kpi
from cpm_core.model.markers import PROJECT
from cpm_core.model.publishers import Publisher
from cpm_core.model.rules import Check, LifecycleRule, ProfileColumn, Section, TierRule
from cpm_core.model.tables import DerivedTable, Source, TableSpec
from cpm_core.params.disabled import disabled
from cpm_core.params.strictness import is_strict

if TYPE_CHECKING:
    from cpm_core.params.schema import Params

T = TypeVar("T", bound=object)
KINDS: Mapping[str, str] = {
    "sources": "source",
    "tables": "table",
    "derived": "derived table",
    "kpis": "KPI",
    "profile_columns": "profile column",
    "tier_rules": "tier rule",
    "lifecycle_rules": "lifecycle rule",
    "actions": "action",
    "checks": "check",
    "sections": "section",
    "publishers": "publisher",
}
"""The registry's attributes, and what one of each is called."""


@dataclass(frozen=True)
class Provided(Generic[T]):
    """A contribution and who made it."""

    item: T
    provider: str
    version: str
    file: str
    line: int = 0
    """Where it is defined in ``file``; 0: it is not known."""

    @property
    def where(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}" if self.line else self.file


class Registry:
    """All contributions by kind and id, from one pluggy manager of its own.

    A plugin of which anything is wrong is quarantined as a whole: nothing of it counts, and the others go on. Built-ins
    come first, then the folder's by name, then installed ones by name, in whichever order they are given.

    Args:
        plugins: Loaded ones.
        strict: What is wrong with any plugin is an error, and none is quarantined.
        quarantined: Those that could not be loaded.
        disabled: Names of those that are turned off.
        content: A hash of all files of the folder of plugins.

    Attributes:
        plugins: Those that count.
        quarantined: Those that do not, each with all that is wrong with it.
        replaced: Contributions that others take the place of.
        disabled: Names of those that are turned off.

    Raises:
        PluginError: With ``strict``, all that is wrong with the plugins.
    """

    def __init__(
        self,
        plugins: Sequence[Plugin],
        *,
        strict: bool = True,
        quarantined: Sequence[Quarantined] = (),
        disabled: Collection[str] = (),
        content: str = "",
    ) -> None:
        self._content = content
        self.disabled = tuple(sorted(disabled))
        settled = settle(_in_order(plugins), quarantined, self.disabled, strict)
        self.plugins, self.quarantined = settled.plugins, tuple(_in_order(settled.quarantined))
        self.replaced = settled.chosen.replaced
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(specs)
        for plugin in self.plugins:
            self._register(plugin)
        found = list(settled.chosen.kept.values())
        self.sources = _of(found, Source)
        self.tables = _of(found, TableSpec)
        self.derived = _of(found, DerivedTable)
        self.kpis = _of(found, Kpi)
        self.tier_rules = _of(found, TierRule)
        self.lifecycle_rules = _of(found, LifecycleRule)
        self.profile_columns = _of(found, ProfileColumn)
        self.actions = _of(found, Action)
        self.checks = _of(found, Check)
        self.sections = _of(found, Section)
        self.publishers = _of(found, Publisher)

    @classmethod
    def load(
        cls,
        folder: Path | None,
        use: Collection[str] = (),
        disabled: Collection[str] = (),
        *,
        strict: bool = True,
    ) -> Registry:
        """The built-ins, the plugins of a folder, and entry points by name.

        Raises:
            PluginError: With ``strict``, all that is wrong with the plugins.
            UsageError: There is no such plugin to disable.
        """
        found = discover(folder, use, disabled)
        return cls(
            found.plugins,
            strict=strict,
            quarantined=found.quarantined,
            disabled=found.disabled,
            content=found.content,
        )

    @classmethod
    def of(cls, params: Params) -> Registry:
        """The plugins of a params file, as it and the environment say.

        Raises:
            PluginError: If it is strict, all that is wrong with the plugins.
            UsageError: There is no such plugin to disable.
        """
        folder = params.home / "plugins"
        use = {name: params.where("plugins", "use", place) for place, name in enumerate(params.plugins.use)}
        return cls.load(folder, use, disabled(params), strict=is_strict(params))

    @classmethod
    def anew(cls, params: Params) -> Registry:
        """The same as :meth:`of`, with all modules of the folder and of the entry points imported anew.

        Raises:
            PluginError: If it is strict, all that is wrong with the plugins.
            UsageError: There is no such plugin to disable.
        """
        loading.forget(params.home / "plugins")
        forget_installed(params.plugins.use)
        return cls.of(params)

    @property
    def hook(self) -> Any:
        """Pluggy's hook caller, for observers."""
        return self._manager.hook

    @property
    def record(self) -> tuple[str, ...]:
        """All that makes these plugins what they are, as lines of text: a part of a run's key."""
        out = (f"quarantined {one.name} {one.version}" for one in self.quarantined)
        return (*(f"{one.name} {one.version} {one.content}" for one in self.plugins), *out, self._content)

    def _register(self, plugin: Plugin) -> None:
        try:
            self._manager.register(plugin.module, name=plugin.name)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(f"plugin {plugin.name!r} does not fit its hook: {error}", where=plugin.file) from error


P = TypeVar("P", Plugin, Quarantined)


def _in_order(plugins: Sequence[P]) -> list[P]:
    return sorted(plugins, key=lambda one: (ORIGINS.index(one.origin), one.name))


def _of(found: Sequence[Contribution], kind: type[T]) -> Mapping[str, Provided[T]]:
    """The contributions of one kind, by id."""
    return {
        one.id: Provided(one.item, one.plugin.name, one.plugin.version, one.file, one.line)
        for one in found
        if isinstance(one.item, kind)
    }
