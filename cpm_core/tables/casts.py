"""From whatever a source delivers to the types of a spec. A value that cannot be cast becomes null."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt

from cpm_core.engine import clock

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.model.tables import ColumnType

MONEY = dt.Decimal(18, 4)
_PLAIN: dict[str, dt.DataType] = {
    "decimal": MONEY,
    "float64": dt.float64,
    "int64": dt.int64,
    "boolean": dt.boolean,
}
# Zones are looked at over these years for local times that do not exist; before them there are
# no rows of a business, and a longer list would be tested against every row.
_YEARS = (datetime(1990, 1, 1), datetime(2060, 1, 1))
_HAS_ZONE = r"\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)$"


def as_text(value: ir.Value) -> ir.StringValue:
    """Trimmed text; empty is null; a float without decimals is written whole (`1001.0` is `1001`)."""
    if isinstance(value.type(), dt.Floating):
        value = _number(value)
        text = ibis.coalesce(_whole(value).cast(dt.string), value.cast(dt.string))
    else:
        text = value.cast(dt.string)
    stripped: ir.StringValue = text.strip()
    return stripped.nullif("")


def original(value: ir.Value) -> ir.Value:
    """What was delivered, null where there was nothing; typed columns stay as they are (cheap)."""
    return as_text(value) if isinstance(value.type(), dt.String) else value


def cast(value: ir.Value, kind: ColumnType, zone: str) -> ir.Value:
    """A value in the type of a spec's column; times become naive local ones."""
    if kind == "string":
        return as_text(value)
    if kind == "timestamp":
        return local_time(value, zone)
    if isinstance(value.type(), dt.String):
        value = as_text(value)
    if kind == "float64":
        return _number(value.try_cast(dt.float64))
    if kind == "int64" and isinstance(value.type(), (dt.String, dt.Floating)):
        return _whole(value)
    if isinstance(value.type(), dt.Floating):
        value = _number(value)
    return value.try_cast(_PLAIN[kind])


def _whole(value: ir.Value) -> ir.Value:
    """A whole number, null if it is none: an engine would round 2.5 to a number that nobody delivered."""
    whole = value.try_cast(dt.int64)
    return (whole.cast(dt.float64) == value.try_cast(dt.float64)).ifelse(whole, ibis.null())


def _number(value: ir.Value) -> ir.Value:
    """NaN and infinity are no numbers of a business, and no decimal holds them."""
    return (value.isnan() | value.isinf()).ifelse(ibis.null(), value)


def local_time(value: ir.Value, zone: str) -> ir.TimestampValue:
    """Naive local time: a naive input is local already, a zoned one is converted."""
    kind = value.type()
    if isinstance(kind, dt.String):
        text = as_text(value)
        zoned = text.re_search(_HAS_ZONE)
        instant = text.try_cast(dt.Timestamp(timezone="UTC"))
        naive = text.try_cast(dt.Timestamp())
        return zoned.ifelse(clock.to_local(instant, zone), _forward(naive, zone))
    if isinstance(kind, dt.Timestamp) and kind.timezone:
        return clock.to_local(value, zone)
    return _forward(value.try_cast(dt.Timestamp()), zone)


def instant(value: ir.Value) -> ir.TimestampValue | None:
    """Naive UTC time of a delivered instant, null where the input is local; None where all of it is."""
    kind = value.type()
    if isinstance(kind, dt.String):
        text = as_text(value)
        zoned = text.re_search(_HAS_ZONE).ifelse(text, ibis.null()).try_cast(dt.Timestamp(timezone="UTC"))
        return clock.to_local(zoned, "UTC")
    if isinstance(kind, dt.Timestamp) and kind.timezone:
        return clock.to_local(value, "UTC")
    return None


def naive_time(delivered: ir.Value) -> ir.TimestampValue | None:
    """A delivered local time as it came; None where the column holds instants."""
    kind = delivered.type()
    if isinstance(kind, dt.Timestamp) and kind.timezone:
        return None
    if not isinstance(kind, dt.String):
        return delivered.try_cast(dt.Timestamp())
    text = as_text(delivered)
    naive: ir.TimestampValue = text.re_search(_HAS_ZONE).ifelse(ibis.null(), text).try_cast(dt.Timestamp())
    return naive


@lru_cache(maxsize=8)
def odd_hours(zone: str) -> tuple[list[tuple[datetime, datetime]], ...]:
    """Local stretches that do not exist, and those that come twice, over the years that matter."""
    return clock.odd_hours(zone, *_YEARS)


def within(value: ir.TimestampValue, stretches: list[tuple[datetime, datetime]]) -> ir.BooleanValue:
    """Whether a time lies in one of the half-open stretches."""
    tests = [(value >= start) & (value < end) for start, end in stretches]
    return ibis.or_(*tests) if tests else ibis.literal(False)


def _forward(local: ir.TimestampValue, zone: str) -> ir.TimestampValue:
    """Move times that do not exist forward by the gap."""
    gaps, _ = odd_hours(zone)
    moved: ir.TimestampValue = local
    for length in sorted({end - start for start, end in gaps}):
        same = [gap for gap in gaps if gap[1] - gap[0] == length]
        step = ibis.interval(seconds=int(length.total_seconds()))
        moved = within(local, same).ifelse(local + step, moved)
    return moved
