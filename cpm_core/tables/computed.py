"""A table that the core works out by itself, beside those that are delivered and those that are derived of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

    from cpm_core.tables.derive import Catalog


@dataclass(frozen=True)
class Computed:
    """A table that the core works out of others in this process, as of a day.

    ``compute(catalog, day)`` returns an Arrow table of the columns of ``schema``, one row a key.
    """

    id: str
    key: tuple[str, ...]
    at: str
    schema: ibis.Schema
    made_of: tuple[tuple[str, str], ...]
    """The (table, column) pairs that its values come from."""
    compute: Callable[[Catalog, date], pa.Table]
    definition: str = ""
    """All that its rows depend on beside the tables: options, and a version of how they are made."""
    absent: Callable[[Catalog], Mapping[str, str]] = lambda _: {}
    """Its columns that cannot be had of a catalog's tables, and for want of which table or column."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The tables that must be there."""
        return tuple(dict.fromkeys(table for table, _ in self.made_of))
