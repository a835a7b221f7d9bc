"""Measures as additive parts: what is summed at the finest grain and rolled up."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from cpm_core.model.measures import Mean, Measure, Ratio, Total

PARTS = ("num", "den", "n", "nn", "dd", "nd")
"""Sums of numerator, denominator, rows, and of their squares and product (float64)."""


def is_share(measure: Measure) -> bool:
    """Whether a Ratio counts rows among rows."""
    return isinstance(measure, Ratio) and all(
        isinstance(side, ir.BooleanValue) for side in (measure.numerator, measure.denominator)
    )


def row_values(measure: Measure) -> tuple[ir.Value, ir.Value, ir.BooleanValue]:
    """Per row: what it adds to the numerator and to the denominator, and whether it counts as a row."""
    if isinstance(measure, Total):
        value = _number(measure.value)
        counts = value.notnull() if measure.where is None else measure.where.fill_null(False) & value.notnull()
        return counts.ifelse(value, 0), ibis.literal(0), counts
    if isinstance(measure, Ratio):
        num, den = _number(measure.numerator), _number(measure.denominator)
        valid = num.notnull() & den.notnull()
        counts = valid & ((den != 0) if is_share(measure) else ((num != 0) | (den != 0)))
        return counts.ifelse(num, 0), counts.ifelse(den, 0), counts
    if isinstance(measure, Mean):
        value = _number(measure.value)
        counts = value.notnull() if measure.where is None else measure.where.fill_null(False) & value.notnull()
        return counts.ifelse(value, 0), counts.cast(dt.int64), counts
    raise TypeError(f"{type(measure).__name__} has no additive parts")


def aside_values(measure: Measure) -> dict[str, ir.NumericValue]:
    """Per row: what it adds to the `aside` of a Total, Ratio or Mean, and to what that is a share of (`aside_of`)."""
    aside = getattr(measure, "aside", None)
    if aside is None:
        return {}
    both = {"aside": aside.value} if aside.of is None else {"aside": aside.value, "aside_of": aside.of}
    return {name: _number(value).fill_null(0) for name, value in both.items()}


def _number(value: Any) -> ir.NumericValue:
    if isinstance(value, ir.BooleanValue):
        return value.cast(dt.int64)
    return value if isinstance(value, ir.Value) else ibis.literal(value)


def summed(prefix: str, measure: Measure) -> dict[str, ir.Value]:
    """What each row adds to the sums of a measure's parts, named ``prefix_part``."""
    num, den, counts = row_values(measure)
    found: dict[str, ir.Value] = {f"{prefix}_num": num, f"{prefix}_n": counts}
    found |= {f"{prefix}_{name}": value for name, value in aside_values(measure).items()}
    if isinstance(measure, Total):
        return found
    found[f"{prefix}_den"] = den
    if is_share(measure):
        return found
    a, b = num.cast(dt.float64), den.cast(dt.float64)
    found[f"{prefix}_nn"] = a * a
    # The denominator of a mean is its rows, whose squares are themselves.
    return found if isinstance(measure, Mean) else {**found, f"{prefix}_dd": b * b, f"{prefix}_nd": a * b}
