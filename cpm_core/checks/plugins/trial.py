"""One plugin on the kept tiny book: what its contributions are tried on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.checks.plugins.catalog import KeptCatalog
from cpm_core.checks.plugins.kept import Kept
from cpm_core.checks.plugins.light import LightEngine
from cpm_core.customers.profile import PROFILE, with_columns
from cpm_core.engine import dialects
from cpm_core.hooks.discovery import Plugin
from cpm_core.hooks.isolation import Answer, Task, each, home_of
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.limits import Limits
from cpm_core.model.settings import Settings

if TYPE_CHECKING:
    import ibis.expr.types as ir

ENGINES = ("duckdb", "postgres", "spark")


@dataclass(frozen=True)
class Trial:
    """A plugin that is loaded, the tiny book, and a folder for what is made of them."""

    plugin: Plugin
    registry: Registry
    book: Kept
    scratch: Path
    limits: Limits

    def own(self, found: Mapping[str, Provided[Any]]) -> dict[str, Provided[Any]]:
        """Those of the contributions that are this plugin's."""
        return {name: one for name, one in found.items() if one.provider == self.plugin.name}

    @property
    def settings(self) -> Settings:
        """The conventions of the tiny book."""
        return self.book.settings

    @cached_property
    def _derived(self) -> Mapping[str, Provided[Any]]:
        return with_columns(self.registry.derived, self.registry.profile_columns)

    @cached_property
    def engine(self) -> LightEngine:
        """The kept tables but those that the plugin changes."""
        return LightEngine(self.book, self.scratch, self._changed)

    @cached_property
    def catalog(self) -> KeptCatalog:
        """The tables by name."""
        book = self.book
        args = (book.prepared, self.registry.tables, self._derived, book.periods, self.settings, self.scratch)
        return KeptCatalog(book, self._changed, self.engine, *args, limits=self.limits)

    def close(self) -> None:
        """Give the engine back, if it was asked for."""
        if "engine" in self.__dict__:
            self.engine.close()

    @cached_property
    def _changed(self) -> frozenset[str]:
        """Kept tables that the plugin replaces or adds to, and those that are made of them."""
        changed = set(self.own(self.registry.derived))
        if self.own(self.registry.profile_columns):
            changed.add(PROFILE)
        while changed:
            made_of = {
                name
                for name, one in self._derived.items()
                if changed.intersection((*one.item.reads, *one.item.optional))
            }
            if made_of <= changed:
                break
            changed |= made_of
        return frozenset(changed)

    def asked(self, provided: Provided[Any], function: Callable[..., Any], call: Callable[[], Any]) -> Answer:
        """What a function of the plugin returns, called in a child process under a limit."""
        tasks = [Task(function, call, provided.where)]
        return each(tasks, self.limits.definition, home_of(self.plugin.file))[0]

    def slowly(self, provided: Provided[Any], function: Callable[..., Any], call: Callable[[], Any]) -> Answer:
        """The same for what may take as long as a pandas function."""
        tasks = [Task(function, call, provided.where)]
        return each(tasks, self.limits.pandas, home_of(self.plugin.file))[0]


def lacking(expressions: Sequence[ir.Table]) -> dict[str, str]:
    """By engine, an operation of the expressions that it does not have."""
    found = {}
    for engine in ENGINES:
        operation = next(filter(None, (dialects.lacking(one, engine) for one in expressions)), "")
        if operation:
            found[engine] = operation
    return found
