"""Time zones on the engine, and the local times that do not exist or come twice.

Ibis has no zone conversion, so it is one built-in function of the backend (DuckDB and PostgreSQL
call it `timezone`). Both read a local time that does not exist as moved forward by the gap, and a
repeated one as standard time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as dt

if TYPE_CHECKING:
    import ibis.expr.types as ir

_INSTANT = dt.Timestamp(timezone="UTC")
_WALL = dt.Timestamp()
YEARS = (datetime(1990, 1, 1), datetime(2060, 1, 1))
"""Zones are looked at over these years for local times that are odd: before them a business has no rows."""


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, _INSTANT), _WALL))  # type: ignore[untyped-decorator]  # ibis does not type its decorator
def _wall_of(zone: Any, instant: Any) -> Any:
    """Naive local time of an instant."""


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, _WALL), _INSTANT))  # type: ignore[untyped-decorator]  # ibis does not type its decorator
def _instant_of(zone: Any, wall: Any) -> Any:
    """Instant of a naive local time."""


def to_local(instant: ir.TimestampValue, zone: str) -> ir.TimestampValue:
    """Naive local time in ``zone`` of a zoned timestamp."""
    local: ir.TimestampValue = _wall_of(zone, instant.cast(_INSTANT))
    return local


def to_utc(local: ir.TimestampValue, zone: str) -> ir.TimestampValue:
    """Naive UTC time of a naive local time in ``zone``."""
    utc: ir.TimestampValue = _wall_of("UTC", _instant_of(zone, local))
    return utc


def odd_hours(zone: str, first: datetime, last: datetime) -> tuple[list[tuple[datetime, datetime]], ...]:
    """Local stretches [start, end) that do not exist, and those that come twice.

    Found by walking the days between ``first`` and ``last`` and halving each day in which the
    zone's offset changes.
    """
    gaps: list[tuple[datetime, datetime]] = []
    folds: list[tuple[datetime, datetime]] = []
    utc, local = ZoneInfo("UTC"), ZoneInfo(zone)

    def offset(moment: datetime) -> timedelta:
        return moment.replace(tzinfo=utc).astimezone(local).utcoffset() or timedelta()

    day = first.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    while day <= last + timedelta(days=1):
        early, late = offset(day), offset(day + timedelta(days=1))
        if early != late:
            change = _change_within(day, offset)
            walls = sorted((change + early, change + late))
            (gaps if late > early else folds).append((walls[0], walls[1]))
        day += timedelta(days=1)
    return gaps, folds


def _change_within(day: datetime, offset: Callable[[datetime], timedelta]) -> datetime:
    low, high = day, day + timedelta(days=1)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if offset(middle) == offset(low):
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
