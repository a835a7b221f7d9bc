"""Concentration: how unequally revenue is spread over customers, and whose loss would hurt most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

import ibis

from cpm_core.measure.concentration import weighed
from cpm_core.model.errors import MeasureError, UsageError
from cpm_core.model.measures import Concentration
from cpm_core.model.names import nearest
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

Of = Literal["revenue", "gross_sales"]
OF: tuple[Of, ...] = ("revenue", "gross_sales")
TOP = (0.1, 0.2, 0.5)
"""Shares of customers whose part is told."""
STEPS = 200
"""Points of the Lorenz curve: as many as a chart can show, however many customers there are."""
MOST = 20
"""Customers that are named."""
CURVE = ("customers", "held")
TOPS = ("share", "customers", "value", "held")
LARGEST = ("customer_id", "value", "share")
"""And `tier`, `share_of_tier` and `stage`, where customers have them."""


@dataclass(frozen=True)
class Spread:
    """Of the customers above zero, ties in order of `customer_id`.

    Attributes:
        of: `revenue` (returns included) or `gross_sales`.
        first_day: Of the rows that count; None: all rows.
        last_day: The as-of day.
        customers: How many are above zero.
        total: What they come to together.
        gini: 0 where all are equal, near 1 where one has all; as the KPI `revenue_gini` defines it. NaN without any.
        tops: One row a share of customers, the largest first: how many they are (the next whole number), what they
            come to, and the part of the total.
        curve: The Lorenz curve: the smallest `customers` (a share) hold `held` of the total.
        largest: The largest customers, and what would go with each: a share of the total and of the tier's.
    """

    of: Of
    first_day: date | None
    last_day: date
    customers: int
    total: float
    gini: float
    tops: pd.DataFrame
    curve: pd.DataFrame
    largest: pd.DataFrame


def concentration(catalog: Catalog, days: int | None, of: str, customers: pd.DataFrame) -> Spread:
    """How revenue is spread over customers: ranked and added up on the engine, exactly.

    Args:
        catalog: The workbook's tables.
        days: The days that end with the as-of day; None: all that there are (since `since`).
        of: `revenue` or `gross_sales`.
        customers: `customer_id` and, if there are such labels, `tier` and `stage` of each.

    Raises:
        MeasureError: There are no orders.
        UsageError: The number of days is not above zero, or there is no such measure.
    """
    if of not in OF:
        fix = f"Write one of {' and '.join(OF)}."
        raise UsageError(f"there is no concentration of {of!r}", nearest=nearest(of, OF), fix=fix)
    if days is not None and days < 1:
        raise UsageError(f"{days} days hold nothing", fix="Write 1 or more, or None for all that there are.")
    if "orders" not in catalog.delivered:
        raise MeasureError("there is no concentration without orders", fix="Deliver the table orders.")
    last = catalog.settings.as_of
    first = last - timedelta(days=days - 1) if days is not None else None
    values = held(catalog, first, of)
    ranked = _ranked(values)
    sums = catalog.engine.frame(_sums(ranked))
    named = catalog.engine.frame(ranked.filter(ranked.place < MOST).order_by("place").select("customer_id", "value"))
    labels = [name for name in ("tier", "stage") if name in customers]
    named = named.merge(customers[["customer_id", *labels]], on="customer_id", how="left")
    if "tier" in labels:
        known = catalog.engine.frame(values.mutate(value=values.value.cast("float64")))
        tiers = known.merge(customers[["customer_id", "tier"]], on="customer_id").groupby("tier")["value"].sum()
        named["share_of_tier"] = named["value"].astype("float64") / named["tier"].map(tiers).astype("float64")
    return _spread("revenue" if of == "revenue" else "gross_sales", first, last, sums, named)


def held(catalog: Catalog, first: date | None, of: str) -> ir.Table:
    """What each customer comes to, if above zero: `customer_id`, `value`."""
    orders = catalog.unbound("orders")
    rows = orders if first is None else orders.filter(orders.ordered_at.date() >= first)
    rows = rows if of == "revenue" else rows.filter(rows.kind == "sale")
    sums = rows.group_by("customer_id").aggregate(value=rows.amount.sum().cast("decimal(18, 4)"))
    above: ir.Table = sums.filter(sums.value > 0)
    return above


def _ranked(customers: ir.Table) -> ir.Table:
    """With each customer's `place` from the largest, from 0, `size`, how many there are, and `num`, Gini's numerator."""
    gini = weighed(customers, Concentration(customers.value, customers.customer_id, "gini"), "value", "customer_id", [])
    place = ibis.row_number().over(ibis.window(order_by=[gini.value.desc(), gini.customer_id.asc()]))
    return gini.select("customer_id", "value", "num", place=place, size=gini.count().over(ibis.window()))


def _sums(ranked: ir.Table) -> ir.Table:
    """Sums by step: the first k of `STEPS` steps are the first ⌈k / `STEPS`⌉ of the customers, exactly."""
    step = (ranked.place * STEPS // ranked["size"]).cast("int64")
    sums: ir.Table = ranked.group_by(step=step).aggregate(
        customers=ranked.count(), value=ranked.value.sum(), num=ranked.num.sum()
    )
    return sums.order_by("step")


def _spread(of: Of, first: date | None, last: date, sums: pd.DataFrame, named: pd.DataFrame) -> Spread:
    """The figures of sums by step."""
    import pandas as pd

    customers, total = int(sums["customers"].sum()), sums["value"].sum()
    gini = float(sums["num"].sum() / (total * customers)) if customers else math.nan
    # Fewer customers than steps leave steps without any.
    by_step = sums.set_index("step").reindex(range(STEPS), fill_value=0)[["customers", "value"]]
    upto: list[tuple[int, Any]] = list(by_step.cumsum().itertuples(index=False, name=None)) if customers else []
    firsts = [(share, *upto[round(share * STEPS) - 1]) for share in TOP if upto]
    tops = [(share, int(count), float(value), float(value / total)) for share, count, value in firsts]
    larger = [*reversed(upto), (0, 0)] if customers else []
    smaller = [((customers - count) / customers, float((total - value) / total)) for count, value in larger]
    curve = pd.DataFrame(smaller, columns=list(CURVE)).drop_duplicates(ignore_index=True)
    largest = named.assign(value=named["value"].astype("float64"), share=[float(one / total) for one in named["value"]])
    tops_frame = pd.DataFrame(tops, columns=list(TOPS))
    order = [name for name in (*LARGEST, "tier", "share_of_tier", "stage") if name in largest]
    return Spread(of, first, last, customers, float(total), gini, tops_frame, curve, largest[order])
