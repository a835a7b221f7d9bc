"""The catalog of the kept tiny book: what is kept is not worked out again, and neither is what is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import ibis

    from cpm_core.checks.plugins.kept import Kept
    from cpm_core.model.settings import Settings
    from cpm_core.tables.failures import Broken


class KeptCatalog(Catalog):
    """A catalog that takes the core's own tables as they are kept.

    Args:
        book: The kept tiny book.
        changed: Kept tables that the plugin under test changes: they are worked out like its own.
        *args: As the catalog has them.
        **keywords: As the catalog has them.
    """

    def __init__(self, book: Kept, changed: frozenset[str], *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._book = book
        self._whole = frozenset(book.schemas) - changed

    def schema(self, name: str) -> ibis.Schema:
        """Columns and types."""
        return self._book.schemas[name] if name in self._whole else super().schema(name)

    def store(self, name: str) -> None:
        """Make a table that is not kept."""
        if name not in self._whole:
            super().store(name)

    def missing(self, name: str) -> str | None:
        """The base table for want of which a table cannot be had; all that is kept is there."""
        return None if name in self._whole else super().missing(name)

    def knows(self, name: str) -> bool:
        """Whether there is such a table at all."""
        return name in self._whole or super().knows(name)

    def broken(self, name: str) -> Broken | None:
        """How a table failed; the kept ones did not."""
        return None if name in self._whole else super().broken(name)

    def lacking(self, name: str) -> tuple[str, str] | None:
        """What DuckDB does not have of a table; it has all of the kept ones."""
        return None if name in self._whole else super().lacking(name)

    def definition(self, name: str) -> str:
        """A hash of a table's definition; that of a kept one is the core's, and stands for itself."""
        return name if name in self._whole and name in self._book.origins else super().definition(name)

    def origins(self, pairs: Iterable[tuple[str, str]], settings: Settings | None = None) -> set[tuple[str, str]]:
        """The columns of base tables that columns are made of."""
        found: set[tuple[str, str]] = set()
        others = []
        for table, column in pairs:
            if table in self._whole and table in self._book.origins:
                found |= self._book.origins[table].get(column, frozenset())
            else:
                others.append((table, column))
        return found | super().origins(others, settings)
