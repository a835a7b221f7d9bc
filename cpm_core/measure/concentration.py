"""How unequally a value is spread: rows ranked in the engine, and what each adds to a Concentration's parts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import ibis
import ibis.expr.types as ir

from cpm_core.model.measures import Concentration


def counted(measure: Concentration) -> ir.BooleanValue:
    """Whether a row is ranked: its value is above zero, where the measure's condition holds."""
    above = (measure.value > 0).fill_null(False)
    counts: ir.BooleanValue = above if measure.where is None else above & measure.where.fill_null(False)
    return counts


def weighed(rows: ir.Table, measure: Concentration, value: str, tie: str, within: Sequence[str]) -> ir.Table:
    """Rows with `num` and `den`, what each adds to numerator and denominator, and `counts`, whether it is ranked.

    Args:
        rows: Rows whose column ``value`` is null where the measure does not count them.
        measure: What is measured.
        value: The column that is ranked.
        tie: The column that ranks equal values.
        within: Columns within whose values rows are ranked (period and member).
    """
    rows = rows.mutate(counts=rows[value].notnull())
    among = [*within, "counts"]
    amount: Any = rows[value]
    first = amount.desc() if measure.kind == "top" else amount.asc()
    place = ibis.row_number().over(ibis.window(group_by=among, order_by=[first, rows[tie].asc()]))  # from 0
    size = rows.count().over(ibis.window(group_by=among))
    if measure.kind == "gini":
        num, den = amount * (2 * place + 1 - size), amount * size
    else:
        # place < ceil(share * size), in whole numbers: the product of floats may lie just above one.
        share = Fraction(str(measure.share))
        num, den = (place * share.denominator < size * share.numerator).ifelse(amount, 0), amount
    return rows.mutate(num=rows.counts.ifelse(num, 0), den=rows.counts.ifelse(den, 0))
