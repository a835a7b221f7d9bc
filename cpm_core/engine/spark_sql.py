"""Spark's SQL: where ibis writes it wrongly or has no words for it, casts that never fail, time zones.

A session runs in UTC, so that a `TIMESTAMP` reads the same whether it is an instant or a local time,
and nothing is shifted on its way.
"""

from __future__ import annotations

import string
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import SQLGlotCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

from cpm_core.engine import clock
from cpm_core.engine.dialect import Dialect
from cpm_core.engine.guarded import INSTANT, NUMBER, OTHER_SIGNS, TIME

if TYPE_CHECKING:
    import ibis.expr.types as ir

_TIME = dt.Timestamp()
_MIDNIGHT = r" 24:00(:00(\.0*)?)?( UTC)?$"


def _whole(arg: Any) -> Any:
    """A condition in parentheses: Spark cannot read `a IN (b) IS NOT NULL`, nor one such after another."""
    return sge.paren(arg) if isinstance(arg, sge.Predicate | sge.Is | sge.Not) else arg


class SparkCompiler(PySparkCompiler):  # type: ignore[misc]  # ibis ships no types
    """ibis' compiler for Spark, mended; `tests/test_upstream_pins.py` tells when a mend is needed no more."""

    __slots__ = ()

    def visit_NonNullLiteral(self, op: ops.Literal, *, value: Any, dtype: Any) -> Any:  # noqa: N802  # ibis' name
        """A float, for which ibis reads an option that is there only once a session is; a text, see :func:`text`."""
        if dtype.is_string():
            return text(value)
        return None if dtype.is_floating() else super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def visit_Field(self, op: ops.Field, *, rel: Any, name: str) -> Any:  # noqa: N802  # ibis' name
        """A column; as above."""
        return SQLGlotCompiler.visit_Field(self, op, rel=rel, name=name)

    def visit_Strip(self, op: ops.Strip, *, arg: Any) -> Any:  # noqa: ARG002, N802  # ibis calls it so
        """Text without blanks at its ends."""
        return self.f.anon.btrim(arg, text(string.whitespace))

    def visit_IsNull(self, op: ops.IsNull, *, arg: Any) -> Any:  # noqa: N802  # ibis' name
        """Whether there is no value; ibis counts NaN as none here, and a value that is no number is refused."""
        return SQLGlotCompiler.visit_IsNull(self, op, arg=_whole(arg))

    def visit_NotNull(self, op: ops.NotNull, *, arg: Any) -> Any:  # noqa: N802  # ibis' name
        """Whether there is a value; as above."""
        return SQLGlotCompiler.visit_NotNull(self, op, arg=_whole(arg))

    def visit_IsInf(self, op: ops.IsInf, *, arg: Any) -> Any:  # noqa: N802  # ibis' name
        """Whether a float is infinite; ibis compares the texts of the two sides, which are never equal."""
        if not op.arg.dtype.is_floating():
            return sge.false()
        return sge.EQ(this=self.f.abs(arg), expression=self.POS_INF)


@ibis.udf.scalar.builtin(name="from_utc_timestamp", signature=((_TIME, dt.string), _TIME))  # type: ignore[untyped-decorator]  # ibis does not type its decorator
def _from_utc(moment: Any, zone: Any) -> Any:
    """Local time of a UTC time."""


@ibis.udf.scalar.builtin(name="to_utc_timestamp", signature=((_TIME, dt.string), _TIME))  # type: ignore[untyped-decorator]  # ibis does not type its decorator
def _to_utc(moment: Any, zone: Any) -> Any:
    """UTC time of a local time; of one that comes twice, the first."""


class SparkDialect(Dialect):
    """`TRY_CAST` reads other texts than DuckDB's, such as `1.5d` and `T12:00`; zones have functions of their own."""

    def try_cast(self, value: ir.Value, kind: dt.DataType) -> ir.Value:
        """As :meth:`Dialect.try_cast`."""
        given = value.type()
        if given.is_string() and kind.is_timestamp():
            return _moment(value, TIME if kind.timezone is None else INSTANT).cast(kind)
        if given.is_string() and kind.is_numeric():
            value = value.re_search(NUMBER).ifelse(value.replace("_", ""), ibis.null())
            # `2.0` is a whole number; Spark's cast to one takes digits only.
            return value.try_cast(dt.Decimal(38, 6) if kind.is_integer() else kind).try_cast(kind)
        if given.is_temporal() != kind.is_temporal() and not given.is_string():
            # What Spark refuses before it looks at a row, or counts as seconds since 1970.
            return ibis.null(kind)
        return value.try_cast(kind)

    def to_local(self, instant: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Naive local time in ``zone`` of an instant."""
        local: ir.TimestampValue = _from_utc(instant.cast(_TIME), zone)
        return local

    def to_utc(self, local: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Naive UTC time of a naive local time; Spark takes the first of two, standard time is the second."""
        first = _to_utc(local, zone)
        found: ir.TimestampValue = first
        for length in _folds(zone):
            later = first + ibis.interval(seconds=int(length.total_seconds()))
            found = (_from_utc(later, zone) == local).ifelse(later, found)
        return found


SPARK = SparkDialect()


def _moment(value: ir.StringValue, pattern: str) -> ir.TimestampValue:
    """A time as DuckDB reads it: with other signs between its numbers too, and with 24:00 for the next day's midnight."""
    iso = value.re_replace(OTHER_SIGNS, "$1-$3-$4")
    plain = iso.re_search(pattern).ifelse(iso.re_replace(r"[ T]+(\d)", " $1"), ibis.null())
    next_day = plain.re_search(_MIDNIGHT)
    moment = plain.re_replace(_MIDNIGHT, "").try_cast(_TIME)
    found: ir.TimestampValue = next_day.ifelse(moment + ibis.interval(days=1), moment)
    return found


def text(value: str) -> sge.Expr:
    r"""A text as a constant; sqlglot writes `\a`, `\v` and `\f`, which Spark reads as the letters."""
    if any(mark in value for mark in "\a\v\f"):
        return sge.cast(sge.func("UNHEX", sge.convert(value.encode().hex())), "STRING", dialect="spark")
    return sge.convert(value)


@lru_cache(maxsize=8)
def _folds(zone: str) -> tuple[timedelta, ...]:
    """How far the clocks of a zone are put back."""
    _, folds = clock.odd_hours(zone, *clock.YEARS)
    return tuple(sorted({end - start for start, end in folds}))
