"""What all contracts share: the plugin under test, its tables, and how a contribution is found."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from cpm_core.model.names import nearest
from cpm_core.testing import book as books
from cpm_core.testing.loading import Given, plugin_of
from cpm_core.testing.measured import Bench, base_tables, bench
from cpm_core.testing.tiny import TINY_TABLES

if TYPE_CHECKING:
    from cpm_core.hooks.discovery import Plugin
    from cpm_core.hooks.registry import Provided

LANGUAGES = ("en", "zh")


class Contract:
    """Base of the contracts; a subclass names its plugin.

    Attributes:
        plugin: The plugin's file or folder, looked for from the test's folder upwards; or the name of an importable
            module, or a module. Left out: the built-ins.
        tables: Base tables that are delivered instead of the tiny ones: names of tiny tables, or rows by table.
            Left out: the tiny tables that the contribution needs.
        params: Keys of a params file.
    """

    plugin: ClassVar[Given | None] = None
    tables: ClassVar[books.Tables] = None
    params: ClassVar[Mapping[str, Any]] = {}

    @property
    def _bench(self) -> Bench:
        return self.bench_of(type(self))

    @classmethod
    def loaded(cls) -> Plugin | None:
        """The plugin under test; None for the built-ins.

        Raises:
            PluginError: It does not load; all problems at once.
        """
        known: Plugin | None = cls.__dict__.get("_loaded")
        if known is None and cls.plugin is not None:
            known = plugin_of(cls.plugin, Path(inspect.getfile(cls)).parent)
            cls._loaded = known  # type: ignore[attr-defined]  # kept for the tests of this class
        return known

    def bench_of(self, cls: type[Contract]) -> Bench:
        """The workbooks that the tests of a class look at; classes that say the same share them."""
        found: Bench | None = cls.__dict__.get("_made")
        if found is None:
            plugin = cls.loaded()
            tables = cls.tables if cls.tables is not None or plugin is None else self._needed()
            found = bench(plugin, books.rows_of(tables), cls.params)
            cls._made = found  # type: ignore[attr-defined]  # as above
        return found

    def _needed(self) -> list[str]:
        """The tiny tables behind what is tested."""
        registry = books.registry_of([plugin] if (plugin := self.loaded()) else [])
        return [name for name in base_tables(registry, self.tables_behind()) if name in TINY_TABLES]

    def tables_behind(self) -> list[str]:
        """The tables that the contribution reads, derived ones too; a contract says which."""
        return list(TINY_TABLES)

    def contributions(self, kind: str) -> Mapping[str, Provided[Any]]:
        """All contributions of a kind: `kpis`, `sources` and so on."""
        plugin = self.loaded()
        found: Mapping[str, Provided[Any]] = getattr(books.registry_of([plugin] if plugin else []), kind)
        return found

    def is_ours(self, provided: Provided[Any]) -> bool:
        """Whether a contribution is the plugin's under test."""
        plugin = self.loaded()
        return plugin is None or provided.provider == plugin.name

    def provided(self, all_of: Mapping[str, Provided[Any]], name: str, what: str, attribute: str) -> Provided[Any]:
        """The contribution under test; names that are near where there is none."""
        assert name, f'name the {what} that is tested: {attribute} = "its id"'
        near = ", ".join(nearest(name, all_of) or all_of)
        assert name in all_of, f"nobody provides a {what} {name!r}; nearest: {near}"
        return all_of[name]

    def has_titles(self, item: Any) -> None:
        """See that a contribution has a title in both languages."""
        for language in LANGUAGES:
            assert item.title.in_(language).strip(), f"{item.id} has no title in {language!r}; both are shown"
