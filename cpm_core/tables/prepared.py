"""Prepared tables: Parquet files in a work folder, and what is known of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

MANIFEST = "prepared.json"
DAYS = 800
"""Days of which each one's rows are told: two years, and what it takes to see that the second is like the first."""
RECENT = 28
"""Days that count as recent: whole weeks, so that each weekday stands in them as often."""


@dataclass(frozen=True)
class TableStats:
    """What became of the rows of one base table, and how far it reaches."""

    table: str
    sources: tuple[str, ...]
    delivered: int
    kept: int
    rejected: Mapping[str, int]
    """Rows by reject reason."""
    not_yet: int
    """Rows after the as-of day."""
    before_since: int
    columns: tuple[str, ...]
    """Columns of the spec that were delivered, and attributes."""
    first_day: date | None
    last_day: date | None
    longest_gap: int
    """Longest stretch in days from one day with rows to the next, in the year before the last."""
    loaded_until: date | None
    """The last day through which the source says it is complete."""
    moved: int = 0
    """Local times that do not exist, moved forward."""
    repeated: int = 0
    """Local times that come twice, read as standard time."""
    undated: tuple[str, ...] = ()
    """Columns that a source overwrites without a date: as last delivered."""
    as_of: date | None = None
    """The last day that counts."""
    event: bool = True
    """Whether its rows happen at a moment; False: they last (customers, contracts)."""
    daily: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Kept rows a day by source, from its first day with rows on, at most `DAYS`; the last one is of the as-of day."""
    empty: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Kept rows in which an optional column is null: of the last `RECENT` days, and of the days before."""
    rows: tuple[int, int] = (0, 0)
    """Kept rows of the same two stretches."""

    @property
    def reaches(self) -> date | None:
        """The last day through which rows can be expected to be there."""
        if self.loaded_until is not None:
            return self.loaded_until
        return None if self.last_day is None else self.last_day + timedelta(days=self.longest_gap)


@dataclass(frozen=True)
class Prepared:
    """A work folder with one Parquet file a table, `rejects.parquet` and a manifest."""

    folder: Path
    tables: Mapping[str, TableStats]
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """sha256 of each file that was read."""
    uncut: tuple[str, ...] = ()
    """Delivered tables that are left out, since they cannot be cut to a part of the customers."""

    def parquet(self, table: str) -> Path:
        """The file of one table."""
        return self.folder / f"{table}.parquet"

    @property
    def rejects(self) -> Path:
        """The file of refused rows."""
        return self.folder / "rejects.parquet"

    def save(self) -> None:
        """Write the manifest; last of all, so that a folder with one is whole."""
        tables = [asdict(one) for one in self.tables.values()]
        known = {"tables": tables, "fingerprints": dict(self.fingerprints), "uncut": self.uncut}
        text = json.dumps(known, default=str, indent=1)
        (self.folder / MANIFEST).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Prepared:
        """Read a work folder back."""
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        tables = {one["table"]: _stats(one) for one in data["tables"]}
        return cls(folder, tables, data["fingerprints"], tuple(data["uncut"]))


def _stats(data: dict[str, Any]) -> TableStats:
    for name in ("first_day", "last_day", "loaded_until", "as_of"):
        data[name] = date.fromisoformat(data[name]) if data[name] else None
    for name in ("sources", "columns", "undated", "rows"):
        data[name] = tuple(data[name])
    for name in ("daily", "empty"):
        data[name] = {key: tuple(values) for key, values in data[name].items()}
    return TableStats(**data)
