"""How long each contract has run, as the model of contracts needs it.

A contract is a `subscription_id`; its stretches at different prices are one. Each calendar month that ends is an
occasion to renew it or to leave: one that has run for n whole months has been renewed n times. A contract that has
ended left at the occasion that closed its last, perhaps broken, month.
"""

from __future__ import annotations

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


def lives(subscriptions: ir.Table, as_of: date) -> ir.Table:
    """One row a contract that began by ``as_of``, as it was at the end of that day.

    Columns: `customer_id`, `subscription_id`, `renewals`, `running`, and `monthly_amount` (of the stretches that
    run; 0 where none does).
    """
    rows = subscriptions.select(
        "customer_id",
        "subscription_id",
        start=subscriptions.started_at.date(),
        end=subscriptions.ended_at.date(),
        amount=subscriptions.monthly_amount,
    )
    rows = rows.filter(rows.start <= as_of)
    runs = rows.end.isnull() | (rows.end > as_of)
    one = rows.group_by("customer_id", "subscription_id").aggregate(
        start=rows.start.min(),
        ended=rows.end.max(),
        running=runs.cast("int64").max() == 1,
        monthly_amount=rows.amount.sum(where=runs),
    )
    until = one.running.ifelse(ibis.literal(as_of), one.ended)
    whole = _whole_months(one.start, until)
    # Of one that has ended, a month that closed on its last day was not followed by a renewal.
    renewed = whole - (until.day() == one.start.day()).cast("int64")
    renewals = one.running.ifelse(whole, ibis.greatest(renewed, 0))
    return one.select(
        "customer_id",
        "subscription_id",
        "running",
        renewals=renewals.cast("int64"),
        monthly_amount=one.monthly_amount.cast(MONEY).fill_null(ibis.literal(0).cast(MONEY)),
    )


def _whole_months(start: ir.DateValue, end: ir.DateValue) -> ir.IntegerValue:
    """Calendar months from one day to another that are over: from the 15th to the 14th of the next it is none."""
    months = (end.year() - start.year()) * 12 + end.month() - start.month()
    return months - (end.day() < start.day()).cast("int64")


@dataclass(frozen=True)
class Lives:
    """Contracts in memory, in order of customers and contracts.

    Attributes:
        ids: Arrow array of the customer of each contract.
        renewals: How often each has been renewed.
        running: Whether it runs.
        monthly_amount: What it brings a month.
    """

    ids: pa.ChunkedArray
    renewals: Numbers
    running: np.ndarray[Any, np.dtype[np.bool_]]
    monthly_amount: Numbers


def fetch(engine: Engine, rows: ir.Table) -> Lives:
    """Run an expression of :func:`lives`."""
    plain = rows.mutate(monthly_amount=rows.monthly_amount.cast("float64"))
    table = engine.arrow(plain).sort_by([("customer_id", "ascending"), ("subscription_id", "ascending")])
    renewals, amount = (table[name].to_numpy().astype(np.float64) for name in ("renewals", "monthly_amount"))
    return Lives(table["customer_id"], renewals, table["running"].to_numpy().astype(np.bool_), amount)
