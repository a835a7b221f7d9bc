"""Times of a delivery: read once, moved out of the hours that do not exist, and counted.

Each step adds columns that the next one reads. Written as one expression, a text would be read again
for every stretch that it is tested against.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt

from cpm_core.engine import clock
from cpm_core.engine.dialect import Dialect

if TYPE_CHECKING:
    import ibis.expr.types as ir

_WALL, _INSTANT, _ZONED, _LOCAL = "_wall_", "_instant_", "_zoned_", "_local_"
# Zones are looked at over these years for local times that do not exist; before them there are
# no rows of a business, and a longer list would be tested against every row.
_YEARS = (datetime(1990, 1, 1), datetime(2060, 1, 1))
_HAS_ZONE = r"\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)$"
_UTC = dt.Timestamp(timezone="UTC")
_TICK = timedelta(microseconds=1)


def read(raw: ir.Table, names: Sequence[str], zone: str, dialect: Dialect) -> ir.Table:
    """Add what the functions below need of the time columns ``names``; texts are trimmed already.

    A naive input is local, one with a zone an instant; a text column may hold both.
    """
    texts = [name for name in names if isinstance(raw[name].type(), dt.String)]
    marked = raw.mutate(**{_ZONED + name: raw[name].re_search(_HAS_ZONE) for name in texts})
    found: dict[str, ir.Value] = {}
    for name in names:
        value = marked[name]
        if name in texts:
            zoned = marked[_ZONED + name]
            found[_WALL + name] = dialect.try_cast(zoned.ifelse(ibis.null(), value), dt.Timestamp())
            found[_INSTANT + name] = dialect.try_cast(zoned.ifelse(value, ibis.null()), _UTC)
        elif getattr(value.type(), "timezone", None):
            found[_INSTANT + name] = value
        else:
            found[_WALL + name] = dialect.try_cast(value, dt.Timestamp())
    stood = marked.mutate(**found)
    walls = [name for name in names if _WALL + name in found]
    return stood.mutate(**{_LOCAL + name: _forward(stood[_WALL + name], zone) for name in walls})


def columns(table: ir.Table) -> list[str]:
    """What :func:`read` added."""
    return [name for name in table.columns if name.startswith((_WALL, _INSTANT, _ZONED, _LOCAL))]


def local(table: ir.Table, name: str, zone: str, dialect: Dialect) -> ir.TimestampValue:
    """Naive local time of a column that was read; null where it holds none."""
    ways: list[ir.TimestampValue] = []
    if _LOCAL + name in table.columns:
        ways.append(table[_LOCAL + name])
    if _INSTANT + name in table.columns:
        ways.append(dialect.to_local(table[_INSTANT + name], zone))
    found: ir.TimestampValue = ibis.coalesce(*ways)
    return found


def utc(table: ir.Table, name: str, zone: str, dialect: Dialect) -> ir.TimestampValue:
    """Naive UTC time of the column ``name``, local by now: as delivered where it came with a zone.

    From the local time alone it could not be told, for an hour may come twice.
    """
    worked_out = dialect.to_utc(table[name], zone)
    if _INSTANT + name not in table.columns:
        return worked_out
    known = dialect.to_local(table[_INSTANT + name], "UTC")
    found: ir.TimestampValue = table[name].isnull().ifelse(ibis.null(), known.fill_null(worked_out))
    return found


def odd(table: ir.Table, names: Sequence[str], zone: str) -> tuple[ir.IntegerValue, ir.IntegerValue]:
    """How many local times of a row do not exist, and how many come twice."""
    moved, repeated = ibis.literal(0), ibis.literal(0)
    _, folds = _odd_hours(zone)
    for name in names:
        if _WALL + name in table.columns:
            wall = table[_WALL + name]
            moved += (table[_LOCAL + name] != wall).fill_null(False).cast(dt.int64)
            repeated += _within(wall, folds).fill_null(False).cast(dt.int64)
    return moved, repeated


@lru_cache(maxsize=8)
def _odd_hours(zone: str) -> tuple[list[tuple[datetime, datetime]], ...]:
    """Local stretches that do not exist, and those that come twice, over the years that matter."""
    return clock.odd_hours(zone, *_YEARS)


def _within(value: ir.TimestampValue, stretches: Sequence[tuple[datetime, datetime]]) -> ir.BooleanValue:
    """Whether a time lies in one of the half-open stretches."""
    tests = [value.between(start, end - _TICK) for start, end in stretches]
    return ibis.or_(*tests) if tests else ibis.literal(False)


def _forward(wall: ir.TimestampValue, zone: str) -> ir.TimestampValue:
    """Move times that do not exist forward by the gap."""
    gaps, _ = _odd_hours(zone)
    moved = wall
    for length in sorted({end - start for start, end in gaps}):
        same = [gap for gap in gaps if gap[1] - gap[0] == length]
        step = ibis.interval(seconds=int(length.total_seconds()))
        moved = _within(wall, same).ifelse(wall + step, moved)
    return moved
