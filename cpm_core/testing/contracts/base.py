"""What all contracts share: the plugin under test, its tables, and how a contribution is found."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from cpm_core.model.errors import CpmError
from cpm_core.model.names import nearest
from cpm_core.model.text import LOCALES, Text
from cpm_core.testing import book as books
from cpm_core.testing.loading import Given, plugin_of
from cpm_core.testing.measured import Bench, base_tables, bench
from cpm_core.testing.tiny import TINY_PARAMS, TINY_TABLES

if TYPE_CHECKING:
    from cpm_core.hooks.discovery import Plugin
    from cpm_core.hooks.registry import Provided, Registry

T = TypeVar("T")
UNKNOWN = "no_such_option"


class Contract:
    """Base of the contracts; a subclass names its plugin.

    Attributes:
        plugin: The plugin's file or folder, looked for from the test's folder upwards; or the name of an importable
            module, or a module. Left out: the built-ins.
        tables: Base tables that are delivered instead of the tiny ones: names of tiny tables, or rows by table.
            Left out: the tiny tables that the contribution needs.
        params: Keys of a params file.
        kind: The kind of contribution, as the registry calls it.
        attribute: The attribute that names the contribution.
    """

    plugin: ClassVar[Given | None] = None
    tables: ClassVar[books.Tables] = None
    params: ClassVar[Mapping[str, Any]] = {}
    kind: ClassVar[str] = ""
    attribute: ClassVar[str] = ""
    _made: ClassVar[dict[str, Any]]

    def test_it_loads_and_has_titles_in_both_languages(self) -> None:
        """The plugin loads without a problem, and brings the contribution with both titles."""
        self.says(self.provided.item.title, "title")

    # What the tests look at ------------------------------------------------------------------------

    @classmethod
    def loaded(cls) -> Plugin | None:
        """The plugin under test; None for the built-ins.

        Raises:
            PluginError: It does not load; all problems at once.
        """
        given = cls.plugin
        return None if given is None else cls.once("plugin", lambda: plugin_of(given, _folder_of(cls)))

    @classmethod
    def once(cls, what: str, make: Callable[[], T]) -> T:
        """What a class has made once, for all of its tests; ``what`` tells it from the others."""
        if "_made" not in cls.__dict__:
            cls._made = {}
        if what not in cls._made:
            cls._made[what] = make()
        found: T = cls._made[what]
        return found

    @property
    def registry(self) -> Registry:
        """What the built-ins and the plugin provide."""
        return self.once("registry", lambda: books.registry_of([one] if (one := self.loaded()) else []))

    @property
    def bench(self) -> Bench:
        """The workbooks that the tests look at; classes that say the same share them."""
        return self.once("bench", lambda: bench(self.loaded(), books.rows_of(self._tables()), self.params))

    def _tables(self) -> books.Tables:
        if self.tables is not None or self.plugin is None:
            return self.tables
        return [name for name in base_tables(self.registry, self.tables_behind()) if name in TINY_TABLES]

    def tables_behind(self) -> list[str]:
        """The tables that are read, derived ones too; a contract that knows better says so."""
        return list(TINY_TABLES)

    @property
    def name(self) -> str:
        """The id of the contribution under test."""
        return str(getattr(self, self.attribute))

    @property
    def provided(self) -> Provided[Any]:
        """The contribution under test, and who provides it."""
        every: Mapping[str, Provided[Any]] = getattr(self.registry, self.kind)
        assert self.name, f'say which one is tested: {self.attribute} = "its id"'
        near = ", ".join(nearest(self.name, every) or every) or "none"
        assert self.name in every, f"nobody provides {self.name!r} of {self.kind}; nearest: {near}"
        return every[self.name]

    def says(self, words: Text, what: str) -> None:
        """See that something is said in both languages."""
        for language in LOCALES:
            assert words.in_(language).strip(), f"{self.name}: its {what} says nothing in {language!r}"

    def refuses(self, key: str, said: Mapping[str, Any]) -> None:
        """See that params with an option that there is not are refused, and the option named.

        Args:
            key: Of the params file.
            said: What stands there, the unknown option with it.
        """
        from cpm_core.hooks.agreement import check_names
        from cpm_core.params.schema import Params

        uses = {"sources": [{"use": books.SOURCE}]}
        whole = {**TINY_PARAMS, **uses, **self.params, key: [said] if key in ("sources", "publish") else said}
        said_of_it = ""
        try:
            check_names(Params.model_validate(whole), self.registry)
        except CpmError as error:
            said_of_it = str(error)
        assert said_of_it, (
            f"{self.name} takes an option that it does not have; set extra='forbid' in its options' model"
        )
        assert UNKNOWN in said_of_it, f"{self.name} refuses an unknown option, but does not name it: {said_of_it}"


def _folder_of(cls: type) -> Path:
    return Path(inspect.getfile(cls)).parent
