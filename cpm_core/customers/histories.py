"""What each customer has bought so far, as the value models need it: occasions, recency, age and mean value.

An *occasion* is a local day on which a customer bought for more than nothing. A sale that a return has wholly
reversed is left out of both the number of occasions and their value, as the KPI book says. The shared vocabulary
does not tell which sale a return belongs to, so a sale is *wholly reversed* if the same customer has a return of
the same amount on the same or a later day; each return reverses one sale, the latest one not yet reversed
(goods go back soon). A return of another amount reverses no sale: the occasion and its full value stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from cpm_core.engine.engine import Engine

MONEY = "decimal(18, 4)"
Numbers = np.ndarray[Any, np.dtype[np.float64]]


def occasions(orders: ir.Table) -> ir.Table:
    """One row a customer and local day with a sale that was not wholly reversed: `customer_id`, `day`, `amount`."""
    rows = orders.filter(orders.amount != 0).select(
        "customer_id", "kind", "amount", day=orders.ordered_at.date(), size=orders.amount.abs()
    )
    sales = rows.filter(rows.kind == "sale")
    days = sales.group_by("customer_id", "day").aggregate(sold=sales.count(), amount=sales.amount.sum())
    undone = _reversed(rows)
    both = days.left_join(undone, ["customer_id", "day"])
    left = both.select(
        "customer_id",
        "day",
        sold=both.sold - both.undone.fill_null(0),
        amount=(both.amount.cast(MONEY) - both.undone_amount.fill_null(ibis.literal(0).cast(MONEY))).cast(MONEY),
    )
    return left.filter(left.sold > 0).drop("sold")


def _reversed(rows: ir.Table) -> ir.Table:
    """By customer and day: the number of sales that were wholly reversed, and their amount.

    Sales and returns of one customer and amount are opening and closing brackets in order of days, the day's sales
    first. With `level` the opening less the closing ones so far, a sale is closed if the level falls below its own
    later on, whatever closing ones without an opening there are.
    """
    sold = (rows.kind == "sale").cast("int64")
    back = rows.filter(rows.kind == "return").select(_id="customer_id", _size="size").distinct()
    pairs = [rows["customer_id"] == back["_id"], rows["size"] == back["_size"]]
    steps = (
        rows.mutate(sold=sold, back=1 - sold)
        .semi_join(back, pairs)
        .group_by("customer_id", "size", "day")
        .aggregate(sold=ibis._.sold.sum(), back=ibis._.back.sum())
    )
    so_far = ibis.window(group_by=["customer_id", "size"], order_by="day", preceding=None, following=0)
    later = ibis.window(group_by=["customer_id", "size"], order_by="day", preceding=0, following=None)
    levels = steps.mutate(level=(steps.sold - steps.back).sum().over(so_far))
    fallen = levels.mutate(fall=levels.level + levels.back - levels.level.min().over(later))
    closed = fallen.mutate(undone=ibis.least(fallen.sold, ibis.greatest(fallen.fall, 0)).cast("int64"))
    found = closed.filter(closed.undone > 0)
    return found.group_by("customer_id", "day").aggregate(
        undone=found.undone.sum().cast("int64"), undone_amount=(found["size"] * found.undone).sum().cast(MONEY)
    )


def histories(occasions: ir.Table, as_of: date) -> ir.Table:
    """One row a customer with an occasion, as of a day.

    Columns: `customer_id`, `repeats` (occasions after the first), `recency` (days from the first to the last),
    `age` (days from the first to ``as_of``) and `repeat_amount` (what the repeat occasions brought, decimal).
    """
    days = occasions.mutate(first=occasions.day.min().over(ibis.window(group_by="customer_id")))
    again = days.day > days["first"]
    found = days.group_by("customer_id").aggregate(
        first=days["first"].min(),
        last=days.day.max(),
        repeats=again.cast("int64").sum().cast("int64"),
        repeat_amount=days.amount.sum(where=again),
    )
    return found.select(
        "customer_id",
        "repeats",
        recency=found["last"].delta(found["first"], unit="day").cast("int64"),
        age=ibis.literal(as_of).delta(found["first"], unit="day").cast("int64"),
        repeat_amount=found.repeat_amount.cast(MONEY).fill_null(ibis.literal(0).cast(MONEY)),
    )


@dataclass(frozen=True)
class Histories:
    """Histories of customers in memory, in order of ids.

    Attributes:
        ids: Arrow array of customer ids.
        repeats: Occasions after the first.
        recency: Days from the first to the last occasion.
        age: Days from the first occasion to the as-of day.
        mean_value: Mean value of a repeat occasion; NaN without one.
    """

    ids: pa.ChunkedArray
    repeats: Numbers
    recency: Numbers
    age: Numbers
    mean_value: Numbers

    def __len__(self) -> int:
        return len(self.repeats)

    @classmethod
    def of(cls, table: pa.Table) -> Histories:
        """Of the rows of :func:`histories`, with amounts as floats, in order of ids."""
        repeats, recency, age, amount = (
            table[name].to_numpy().astype(np.float64) for name in ("repeats", "recency", "age", "repeat_amount")
        )
        # The one division is made here, so that it is the same on every engine; the sums before it are exact.
        mean = np.divide(amount, repeats, out=np.full(len(repeats), np.nan), where=repeats > 0)
        return cls(table["customer_id"], repeats, recency, age, mean)


def fetch(engine: Engine, rows: ir.Table, beside: Sequence[str] = ()) -> tuple[Histories, list[Numbers]]:
    """Run an expression of :func:`histories`, and what it has beside: counts, where none is 0."""
    counts = {name: rows[name].fill_null(0) for name in beside}
    table = engine.arrow(rows.mutate(repeat_amount=rows.repeat_amount.cast("float64"), **counts)).sort_by("customer_id")
    return Histories.of(table), [table[name].to_numpy().astype(np.float64) for name in beside]
