"""The calendar of a workbook as two small tables, on which business hours are looked up.

`calendar` has one row a local day: `day`, `before` (business seconds from the calendar's start to the day's
first instant) and its open stretches as `from_1`, `until_1`, `from_2` … in seconds since 1970 (UTC). So the
business time between two instants is a difference of two sums, each found by an equality join on the day.
`business_hours` is the inverse: one row a stretch's part of a `block` of eight business hours since the start:
`before`, `after` (business seconds), `start` and `start_utc` (local and UTC time of `before`).

Stretches are instants: on the day on which the clocks go forward a stretch over that hour is an hour shorter.
Where the zone's offset changes within a stretch, it is cut in two, so that local time runs evenly in each.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import ibis

from cpm_core.engine import clock
from cpm_core.model.business import BLOCK, HOUR
from cpm_core.model.calendar import Calendar, Stretch
from cpm_core.model.settings import Settings

MOST_DAYS = 36_525
"""The calendar starts at most a hundred years before the as-of day."""
AHEAD_DAYS = 31
"""It reaches at least so far past the as-of day."""
MOST_AHEAD = 3_660
"""It reaches no further past it, so that a calendar without a single open day ends somewhere."""

HOURS_SCHEMA = ibis.schema(
    {"block": "int64", "before": "int64", "after": "int64", "start": "timestamp", "start_utc": "timestamp"}
)
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Piece:
    """A stretch of one day in which local time runs evenly.

    Attributes:
        before: Business seconds from the calendar's start to its own.
        start: Its first instant, in seconds since 1970.
        end: The first instant after it.
        local: Its first instant in local time.
    """

    before: int
    start: int
    end: int
    local: datetime


@dataclass(frozen=True)
class Day:
    """A local day: business seconds before it, and its pieces."""

    day: date
    before: int
    pieces: tuple[Piece, ...]


def days(settings: Settings, first: date | None) -> list[Day]:
    """The days from ``first`` until the longest promise made on the as-of day has passed.

    Args:
        settings: Calendar, promises, zone and as-of day.
        first: The first day of the data; None: there is none.
    """
    start = max(first or settings.as_of, settings.as_of - timedelta(days=MOST_DAYS))
    end = settings.as_of + timedelta(days=MOST_AHEAD)
    holidays, moved = _holidays(settings.calendar, range(start.year, end.year + 1))
    changes = _changes(settings.timezone, start, end)
    found: list[Day] = []
    wanted, passed, day = 0, 0, start
    while day <= end:
        stretches = settings.calendar.stretches(day, holidays, moved)
        found.append(one := _day(day, passed, stretches, ZoneInfo(settings.timezone), changes))
        passed += sum(piece.end - piece.start for piece in one.pieces)
        if day <= settings.as_of:
            wanted = passed + _longest(settings)
        elif passed >= wanted and (day - settings.as_of).days >= AHEAD_DAYS:
            break
        day += timedelta(days=1)
    return found


def _longest(settings: Settings) -> int:
    promised = [*(settings.sla.response or {}).values(), *(settings.sla.resolution or {}).values()]
    return int(max(promised, default=0) * HOUR)


def _holidays(calendar: Calendar, years: Sequence[int]) -> tuple[Container[date], Container[date]]:
    """The country's public holidays, and the weekend days that are worked to make up for some."""
    if not calendar.country:
        return (), ()
    import holidays

    found = holidays.country_holidays(calendar.country, subdiv=calendar.subdivision or None, years=years)
    return found, found.weekend_workdays


def _changes(zone: str, start: date, end: date) -> dict[date, datetime]:
    """Instants (naive UTC) at which the zone's offset changes, by the local day before the change."""
    margin = timedelta(days=2)
    first, last = (datetime.combine(day, datetime.min.time()) for day in (start - margin, end + margin))
    gaps, folds = clock.odd_hours(zone, first, last)
    local = ZoneInfo(zone)
    # A gap starts, and a fold ends, at the wall time of the change as the clocks showed it before.
    walls = [*(gap[0] for gap in gaps), *(fold[1] for fold in folds)]
    before = [wall - timedelta(seconds=1) for wall in walls]
    return {one.date(): _naive_utc(one, local) + timedelta(seconds=1) for one in before}


def _naive_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def _day(day: date, passed: int, stretches: Sequence[Stretch], zone: ZoneInfo, changes: Mapping[date, datetime]) -> Day:
    pieces: list[Piece] = []
    before = passed
    for stretch in stretches:
        for start, end in _instants(day, stretch, zone, changes):
            local = datetime.fromtimestamp(start, UTC).astimezone(zone).replace(tzinfo=None)
            pieces.append(Piece(before, start, end, local))
            before += end - start
    return Day(day, passed, tuple(pieces))


def _instants(
    day: date, stretch: Stretch, zone: ZoneInfo, changes: Mapping[date, datetime]
) -> Iterator[tuple[int, int]]:
    """The stretch in seconds since 1970, cut where the clocks change."""
    midnight = datetime.combine(day, datetime.min.time())
    start, end = (_seconds(_naive_utc(midnight + timedelta(seconds=second), zone)) for second in stretch)
    near = (changes.get(day - timedelta(days=1)), changes.get(day))
    cuts = [second for change in near if change is not None and start < (second := _seconds(change)) < end]
    edges = [start, *sorted(cuts), end]
    yield from ((a, b) for a, b in pairwise(edges) if a < b)


def _seconds(instant: datetime) -> int:
    return int((instant - _EPOCH) / timedelta(seconds=1))


def day_schema(settings: Settings) -> ibis.Schema:
    """Columns of `calendar`: as many stretches as the fullest day can have."""
    names = [f"{side}_{i}" for i in range(1, most_pieces(settings) + 1) for side in ("from", "until")]
    return ibis.schema({"day": "date", "before": "int64", **dict.fromkeys(names, "int64")})


def most_pieces(settings: Settings) -> int:
    """The most stretches of a day; one more, for a day on which the clocks change in one of them."""
    return max(len(stretches) for stretches in settings.calendar.hours) + 1


def day_rows(found: Sequence[Day], settings: Settings) -> list[dict[str, object]]:
    """Rows of `calendar`; a stretch that a day does not have is empty, not null."""
    rows = []
    for one in found:
        row: dict[str, object] = {"day": one.day, "before": one.before}
        for i in range(most_pieces(settings)):
            piece = one.pieces[i] if i < len(one.pieces) else None
            row |= {f"from_{i + 1}": piece.start if piece else 0, f"until_{i + 1}": piece.end if piece else 0}
        rows.append(row)
    return rows


def hour_rows(found: Sequence[Day]) -> list[dict[str, object]]:
    """Rows of `business_hours`."""
    rows: list[dict[str, object]] = []
    for piece in (piece for one in found for piece in one.pieces):
        after = piece.before + piece.end - piece.start
        for block in range(piece.before // BLOCK, (after - 1) // BLOCK + 1):
            begins = max(block * BLOCK, piece.before)
            into = timedelta(seconds=begins - piece.before)
            instant = _EPOCH + timedelta(seconds=piece.start) + into
            ends = min((block + 1) * BLOCK, after)
            rows.append(
                {"block": block, "before": begins, "after": ends, "start": piece.local + into, "start_utc": instant}
            )
    return rows


def schema(name: str, settings: Settings) -> ibis.Schema:
    """Columns of `calendar` or `business_hours`."""
    return day_schema(settings) if name == "calendar" else HOURS_SCHEMA


_made: dict[tuple[str, date | None], dict[str, list[dict[str, object]]]] = {}


def rows(settings: Settings, first: date | None) -> dict[str, list[dict[str, object]]]:
    """Rows of `calendar` and `business_hours`, from the first day of the data on; see :func:`days`."""
    key = repr(settings), first
    if key not in _made:
        found = days(settings, first)
        # Of the last days asked for alone: reports of one process mostly have the same calendar.
        _made.clear()
        _made[key] = {"calendar": day_rows(found, settings), "business_hours": hour_rows(found)}
    return _made[key]
