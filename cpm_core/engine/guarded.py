"""Casts for engines without `TRY_CAST`: what a value is, is seen by a pattern before it is cast."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt

from cpm_core.engine.dialect import Dialect

if TYPE_CHECKING:
    import ibis.expr.types as ir

_DIGITS = r"\d+(_\d+)*"
NUMBER = rf"^[+-]?({_DIGITS}(\.({_DIGITS})?)?|\.{_DIGITS})([eE][+-]?0*\d{{1,3}})?$"
_LEAP = r"(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_DAY = (
    r"(?!0000)((\d{4})-(0?[13578]|1[02])-(0?[1-9]|[12]\d|3[01])"
    r"|(\d{4})-(0?[469]|11)-(0?[1-9]|[12]\d|30)"
    r"|(\d{4})-0?2-(0?[1-9]|1\d|2[0-8])"
    rf"|{_LEAP}-0?2-29)"
)
_CLOCK = r"(([01]?\d|2[0-3]):[0-5]?\d(:[0-5]?\d(\.\d*)?)?|24:00(:00(\.0*)?)?)"
TIME = rf"^{_DAY}([ T]+{_CLOCK}( UTC)?)?$"
INSTANT = rf"^{_DAY}[ T]+([01]?\d|2[0-3]):[0-5]?\d:[0-5]?\d(\.\d*)?(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?)$"
OTHER_SIGNS = r"^(\d{4})([/ ])(\d\d?)\2(\d\d?)"
"""Days are written with slashes or blanks too, but not with both."""
_TOO_FINE = r"(\.\d{6})\d+"
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


class Guarded(Dialect):
    """As PostgreSQL needs it."""

    def try_cast(self, value: ir.Value, kind: dt.DataType) -> ir.Value:
        """The value as ``kind``, or null."""
        if isinstance(kind, dt.Timestamp):
            return _time(value, kind)
        if isinstance(kind, dt.Boolean):
            return _boolean(value)
        if isinstance(value.type(), dt.String):
            value = _where(value.re_search(NUMBER), value.replace("_", "")).cast(dt.Decimal())
        elif isinstance(value.type(), dt.Floating):
            # By way of its text, for the server itself would cut a float to fifteen digits.
            value = _where(~(value.isnan() | value.isinf()), value).cast(dt.string).cast(dt.Decimal())
        elif isinstance(value.type(), dt.Boolean):
            value = value.cast(dt.int64)
        elif not isinstance(value.type(), dt.Numeric):
            return ibis.null(kind)
        return _number(value, kind)


def _where(holds: ir.BooleanValue, value: ir.Value) -> ir.Value:
    return holds.ifelse(value, ibis.null())


def _number(value: ir.Value, kind: dt.DataType) -> ir.Value:
    """A number that ``kind`` has room for; NaN is beyond all limits."""
    if isinstance(value.type(), dt.Integer) and not isinstance(kind, dt.Decimal):
        return value.cast(kind)
    if isinstance(kind, dt.Decimal):
        assert kind.precision is not None
        assert kind.scale is not None
        # What is rounded up to the limit has no room either.
        limit = f"{'9' * (kind.precision - kind.scale)}.{'9' * kind.scale}5"
    else:
        limit = "1e308" if isinstance(kind, dt.Floating) else "9223372036854775807.5"
    most = ibis.literal(limit).cast(dt.Decimal())
    value = value.cast(dt.Decimal())
    if isinstance(kind, dt.Floating):
        # Too small for a float is an error there, and nothing.
        value = (value.abs() < ibis.literal("1e-300").cast(dt.Decimal())).ifelse(ibis.literal(0), value)
    return _where((value < most) & (value > -most), value).cast(kind)


def _boolean(value: ir.Value) -> ir.Value:
    if isinstance(value.type(), dt.String):
        word = value.lower()
        return ibis.cases((word.isin(_TRUE), True), (word.isin(_FALSE), False))
    if isinstance(value.type(), dt.Numeric) and not isinstance(value.type(), dt.Boolean):
        return value != 0
    return value if isinstance(value.type(), dt.Boolean) else ibis.null(dt.boolean)


def _time(value: ir.Value, kind: dt.Timestamp) -> ir.Value:
    if isinstance(value.type(), dt.String):
        # Digits beyond microseconds are cut off and not rounded.
        iso = value.re_replace(OTHER_SIGNS, r"\1-\3-\4").re_replace(_TOO_FINE, r"\1")
        return _where(iso.re_search(INSTANT if kind.timezone else TIME), iso).cast(kind)
    if not isinstance(value.type(), (dt.Timestamp, dt.Date)):
        return ibis.null(kind)
    # Neither `infinity` nor a year that Python does not have.
    moment = value.cast(kind)
    return _where(moment.between(datetime(1, 1, 1), datetime(9999, 12, 31)), moment)


POSTGRES = Guarded()
