"""How many rows of a judged table each day has, and in how many of them a column is empty."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import ibis

from cpm_core.tables import conform
from cpm_core.tables.prepared import DAYS, RECENT

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from cpm_core.engine.engine import Engine
    from cpm_core.model.tables import TableSpec

_FILLED = "_filled_"


@dataclass(frozen=True)
class Days:
    """What the days of a table tell; see `TableStats`."""

    first: date | None = None
    last: date | None = None
    longest_gap: int = 0
    daily: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    empty: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    rows: tuple[int, int] = (0, 0)


def days_of(engine: Engine, table: ir.Table, spec: TableSpec, delivered: Collection[str], as_of: date) -> Days:
    """Count the kept rows of each day and source in one query; of a table without times nothing is known.

    Args:
        engine: On which ``table`` lies.
        table: All rows with their fates.
        spec: The table's spec.
        delivered: Columns that a source delivers.
        as_of: The last day that counts.
    """
    times = [name for name in spec.time if name in table.columns]
    if not times:
        return Days()
    columns = _may_be_empty(spec, delivered) if spec.event else []
    kept = table.filter(table[conform.FATE] == conform.KEEP)
    dated = kept.select(*columns, source="_source", day=ibis.coalesce(*(kept[name] for name in times)).date())
    dated = dated.filter(dated["day"].notnull())
    filled = {_FILLED + name: dated[name].count() for name in columns}
    found = engine.frame(dated.group_by(["source", "day"]).aggregate(rows=dated.count(), **filled))
    if found.empty:
        return Days()
    found["day"] = [value.date() for value in found["day"].astype("datetime64[s]")]
    days = sorted(set(found["day"]))
    year = [day for day in days if day > days[-1] - timedelta(days=365)]
    gap = max(((late - early).days for early, late in pairwise(year)), default=0)
    recent = (found["day"] > as_of - timedelta(days=RECENT)) & (found["day"] <= as_of)
    rows = _both(found["rows"], recent)
    empty = {name: _both(found["rows"] - found[_FILLED + name], recent) for name in columns}
    return Days(days[0], days[-1], gap, _daily(found, as_of), empty, rows)


def _may_be_empty(spec: TableSpec, delivered: Collection[str]) -> list[str]:
    """Columns that need not be filled; not those that become known later, which are empty in recent rows."""
    optional = [c.name for c in spec.columns if not c.required and not c.known_at and c.name not in spec.time]
    return [name for name in optional if name in delivered]


def _both(counts: pd.Series, recent: pd.Series) -> tuple[int, int]:
    return int(counts[recent].sum()), int(counts[~recent].sum())


def _daily(found: pd.DataFrame, as_of: date) -> dict[str, tuple[int, ...]]:
    """Rows of each day by source, without the days before its first."""
    daily = {}
    for source, own in found.groupby("source"):
        by_day = dict(zip(own["day"], own["rows"], strict=True))
        length = min(DAYS, (as_of - min(by_day)).days + 1)
        counts = [int(by_day.get(as_of - timedelta(days=back), 0)) for back in range(length)]
        daily[str(source)] = tuple(reversed(counts))
    return daily
