"""What conforming needs of an engine beyond portable expressions: casts that never fail, and time zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpm_core.engine import clock

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt
    import ibis.expr.types as ir


class Dialect:
    """As DuckDB does it: `TRY_CAST`, and `timezone()` for zones.

    Whatever the engine, a cast reads the same texts, and of a local time that comes twice the later
    instant (standard time) is meant.
    """

    def try_cast(self, value: ir.Value, kind: dt.DataType) -> ir.Value:
        """The value as ``kind``: text, a number, a boolean or a time; null where it is none."""
        return value.try_cast(kind)

    def to_local(self, instant: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Naive local time in ``zone`` of an instant."""
        return clock.to_local(instant, zone)

    def to_utc(self, local: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Naive UTC time of a naive local time in ``zone`` that exists."""
        return clock.to_utc(local, zone)


DUCKDB = Dialect()
"""Reads files on every backend, so that text is read the same way whatever the engine."""
