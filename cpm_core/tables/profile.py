"""What is known of a table once its rows are judged: counts, reach, odd hours."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Protocol

from cpm_core.tables import conform
from cpm_core.tables.days import days_of
from cpm_core.tables.prepared import TableStats

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from cpm_core.engine.engine import Engine
    from cpm_core.model.tables import TableSpec


class Part(Protocol):
    """What a staged delivery tells."""

    @property
    def source(self) -> str:
        """The source's name."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Delivered columns."""

    @property
    def loaded_until(self) -> date | None:
        """The last complete day."""

    @property
    def dated(self) -> tuple[str, ...]:
        """Columns given as of the day."""


def stats(engine: Engine, table: ir.Table, spec: TableSpec, parts: Sequence[Part], as_of: date) -> TableStats:
    """Count the fates of a judged table and see how far it reaches, and how many rows each day has."""
    moved, repeated = table[conform.MOVED].sum(), table[conform.REPEATED].sum()
    counts = {"rows": table.count(), "moved": moved, "repeated": repeated}
    counted = engine.frame(table.group_by([conform.FATE, conform.REASON]).aggregate(**counts))

    def rows(fate: str) -> int:
        return int(counted.loc[counted[conform.FATE] == fate, "rows"].sum())

    refused = counted[counted[conform.FATE] == conform.REJECT]
    by_reason = refused.groupby(conform.REASON)["rows"].sum().sort_index()
    until = [part.loaded_until for part in parts if part.loaded_until]
    columns = dict.fromkeys(column for part in parts for column in part.columns)
    days = days_of(engine, table, spec, columns, as_of)
    return TableStats(
        table=spec.id,
        sources=tuple(part.source for part in parts),
        delivered=int(counted["rows"].sum()),
        kept=rows(conform.KEEP),
        rejected={str(reason): int(count) for reason, count in by_reason.items()},
        not_yet=rows(conform.NOT_YET),
        before_since=rows(conform.BEFORE),
        columns=tuple(columns),
        first_day=days.first,
        last_day=days.last,
        longest_gap=days.longest_gap,
        loaded_until=min(until) if len(until) == len(parts) else None,
        moved=int(counted["moved"].sum()),
        repeated=int(counted["repeated"].sum()),
        undated=tuple(name for name in _undated(spec, columns) if not all(name in part.dated for part in parts)),
        as_of=as_of,
        event=spec.event,
        daily=days.daily,
        empty=days.empty,
        rows=days.rows,
    )


def _undated(spec: TableSpec, delivered: dict[str, None]) -> tuple[str, ...]:
    """What a source overwrites without a date, so that an earlier day cannot be seen."""
    if spec.id == "tickets":
        return tuple(name for name in ("reopened_count",) if name in delivered)
    if spec.event:
        return ()
    plain = [c.name for c in spec.columns if c.type == "string" and not c.required and not c.pii and not c.known_at]
    return tuple(name for name in plain if name in delivered)
