"""The facts of KPIs under test, measured once a process for all contracts that ask for the same."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from cpm_core.testing import book as books
from cpm_core.testing.grid import Rows, as_text
from cpm_core.testing.variants import varied

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.hooks.discovery import Plugin
    from cpm_core.hooks.registry import Registry
    from cpm_core.workbook import Workbook

TOLERANCE = 1e-9
"""Relative: sums of floats depend on the order of rows in their last digits."""


@dataclass(frozen=True)
class Bench:
    """A plugin, tables and params, and the workbooks that are made of them.

    Attributes:
        plugin: Under test; None for the built-ins.
        tables: Rows by base table.
        params: Keys of a params file that win over the tiny book's.
    """

    plugin: Plugin | None
    tables: Mapping[str, Rows]
    params: Mapping[str, Any]

    def book(self, variant: str = "plain", **params: Any) -> Workbook:
        """A new workbook on a variant of the tables."""
        said = {**self.params, **params}
        if variant == "empty":
            said["since"] = books.as_of(self.params).replace(day=1)
        rows = varied(self.tables, self._specs, books.as_of(self.params), variant)
        plugins = [] if self.plugin is None else [self.plugin]
        return books.tiny_book(plugins, tables=rows, strict=False, **said)

    @cached_property
    def registry(self) -> Registry:
        """What the built-ins and the plugin provide.

        Raises:
            PluginError: The plugin does not load.
        """
        return books.registry_of([] if self.plugin is None else [self.plugin])

    @cached_property
    def _specs(self) -> dict[str, Any]:
        return {name: one.item for name, one in self.registry.tables.items()}

    @cached_property
    def kpis(self) -> list[str]:
        """The KPIs of the plugin; of the built-ins all."""
        every = self.registry.kpis.items()
        return [name for name, one in every if self.plugin is None or one.provider == self.plugin.name]

    @cached_property
    def _measured(self) -> dict[str, pd.DataFrame]:
        return {}

    def facts(self, variant: str = "plain") -> pd.DataFrame:
        """The facts of all its KPIs on a variant of the tables."""
        if variant not in self._measured:
            made = self.opened(variant)
            self._measured[variant] = made.facts()
        return self._measured[variant]

    @cached_property
    def _opened(self) -> dict[str, Workbook]:
        return {}

    def opened(self, variant: str = "plain") -> Workbook:
        """The workbook of a variant, with its KPIs and slices; opened once."""
        if variant not in self._opened:
            said = {"kpis": self.kpis or None, "slices": self._slices, **self.params}
            self._opened[variant] = self.book(variant, **said)
        return self._opened[variant]

    @property
    def _slices(self) -> list[str]:
        has_region = "customers" in self.tables and "region" in as_text(self.tables["customers"]).column_names
        return ["region"] if has_region else []

    def changed(self, variant: str, asked: Callable[[str], pd.DataFrame], key: Sequence[str]) -> str:
        """What a variant changes in a frame that is asked of it, in words; empty if nothing.

        Args:
            variant: One of those that must not matter: `shuffled`, `doubled` or `later`.
            asked: Gives the frame of a variant.
            key: The columns that identify a row of it.
        """
        # All that must not matter at once: only if that makes a difference is each looked at by itself.
        if not unequal(asked("plain"), asked("mixed"), key):
            return ""
        return unequal(asked("plain"), asked(variant), key)


def unequal(ours: pd.DataFrame, theirs: pd.DataFrame, key: Sequence[str]) -> str:
    """The first cell in which two frames differ, rows matched by ``key``; empty if none does."""
    a, b = (frame.set_index(list(key)).sort_index() for frame in (ours, theirs))
    if not a.index.equals(b.index):
        return f"other rows: {sorted(map(str, set(a.index) ^ set(b.index)))[:3]}"
    for name in a.columns:
        for at, one, other in zip(a.index, a[name], b[name], strict=True):
            if not _same(one, other):
                return f"{name} of {at} is {one} before and {other} after"
    return ""


def _same(one: Any, other: Any) -> bool:
    import pandas as pd

    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one) and pd.isna(other))
    if isinstance(one, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)


def bench(plugin: Plugin | None, tables: Mapping[str, Rows], params: Mapping[str, Any]) -> Bench:
    """The bench of a plugin, tables and params; one a process for the same ones."""
    rows = {name: as_text(given) for name, given in tables.items()}
    digest = hashlib.sha256(repr([(name, table.to_pydict()) for name, table in rows.items()]).encode()).hexdigest()
    known = _benches()
    key = ("" if plugin is None else f"{plugin.file} {plugin.version} {id(plugin.module)}", digest, repr(dict(params)))
    return known.setdefault(key, Bench(plugin, rows, dict(params)))


@cache
def _benches() -> dict[tuple[str, str, str], Bench]:
    return {}


def base_tables(registry: Registry, tables: Sequence[str]) -> list[str]:
    """The base tables behind some tables, those that may be missing too, and `customers`."""
    found: dict[str, None] = {"customers": None}
    pending = list(tables)
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in registry.derived:
            item = registry.derived[name].item
            pending += [*item.reads, *item.optional]
        elif name in registry.tables:
            found[name] = None
        else:  # worked out of all that there is
            pending += ["orders", "subscriptions"]
    return list(found)
