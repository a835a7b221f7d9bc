"""Cohorts: customers by the month of their first sale, and what became of them month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cpm_core.model.errors import MeasureError, UsageError
from cpm_core.model.names import nearest
from cpm_core.model.periods import period_of, start_of
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

Of = Literal["customers", "revenue"]
OF: tuple[Of, ...] = ("customers", "revenue")
COLUMNS = ("cohort", "size", "age", "period", "value", "so_far", "share", "complete", "censored")
"""One row a cohort and age up to the oldest cohort's: `size` is what the cohort's first month came to, `value` what the
month so many months later did, `share` their quotient. A month that is not over has no `value` and no `share`; what
there is of the running one is in `so_far`. `complete` says whether the month is over and delivered; `censored` marks
the cohort whose customers may have bought before the data begin."""
SUMMARY = ("age", "cohorts", "size", "value", "share")
"""One row an age: the cohorts that have reached it, what they came to in their first months and at that age."""


def cells(catalog: Catalog) -> ir.Table:
    """Buyers and revenue of each cohort in each month, as an expression: `cohort`, `month`, `customers`, `revenue`.

    A customer counts in a month with a sale in it. Revenue is with returns; a return in a month before its customer's
    first sale belongs to no cohort's age and is left out.
    """
    orders = catalog.unbound("orders")
    sale = orders.kind == "sale"
    months = orders.group_by("customer_id", month=start_of(orders.ordered_at, "month")).aggregate(
        bought=sale.any(), revenue=orders.amount.sum()
    )
    firsts = months.filter(months.bought).group_by(buyer="customer_id").aggregate(cohort=_min("month"))
    lived = months.join(firsts, [months.customer_id == firsts.buyer, months.month >= firsts.cohort])
    found: ir.Table = lived.group_by("cohort", "month").aggregate(
        customers=lived.bought.sum().cast("int64"), revenue=lived.revenue.sum().cast("decimal(18, 4)")
    )
    return found.order_by("cohort", "month")


def _min(column: str) -> Any:
    import ibis

    return ibis._[column].min()


def cohorts(catalog: Catalog, of: str) -> pd.DataFrame:
    """The triangle of one measure as a long frame; its columns are `COLUMNS`.

    Args:
        catalog: The workbook's tables.
        of: `customers` or `revenue`.

    Raises:
        MeasureError: There are no orders.
        UsageError: There is no such measure.
    """
    import pandas as pd

    if of not in OF:
        near = nearest(of, OF)
        raise UsageError(f"there are no cohorts of {of!r}", nearest=near, fix=f"Write one of {' and '.join(OF)}.")
    if "orders" not in catalog.delivered:
        raise MeasureError("there are no cohorts without orders", fix="Deliver the table orders.")
    found = catalog.engine.frame(cells(catalog))
    if found.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    return _triangle(found.astype({of: "float64"}), of, catalog)


def _triangle(found: pd.DataFrame, of: str, catalog: Catalog) -> pd.DataFrame:
    """Every cohort at every age up to the oldest cohort's: zero in a month that passed without a sale, null after."""
    import pandas as pd

    month = {name: pd.PeriodIndex(pd.to_datetime(found[name]), freq="M") for name in ("cohort", "month")}
    known = {(start, at): value for start, at, value in zip(month["cohort"], month["month"], found[of], strict=True)}
    running = pd.Period(catalog.settings.as_of, freq="M")
    starts = sorted(set(month["cohort"]))
    oldest = (running - starts[0]).n
    last = _last_whole(catalog)
    rows = []
    for start in starts:
        size = known.get((start, start), 0.0)
        for age in range(oldest + 1):
            at = start + age
            over = at <= last
            value = known.get((start, at), 0.0) if at <= running else None
            share = value / size if over and value is not None and size > 0 else None
            so_far = None if over else value
            rows.append(
                (str(start), size, age, str(at), value if over else None, so_far, share, over, start == starts[0])
            )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"value": "float64", "so_far": "float64", "share": "float64"})


def _last_whole(catalog: Catalog) -> Any:
    """The last month that is over, and for which orders were delivered to its end."""
    import pandas as pd

    reaches = catalog.prepared.tables["orders"].reaches
    until = min(catalog.settings.as_of, reaches) if reaches else catalog.settings.as_of
    month = period_of(until, "month")
    return pd.Period(until, freq="M") - (0 if month.last_day <= until else 1)


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """By age, all cohorts together that have reached it; columns are `SUMMARY`.

    Each cohort weighs as much as its first month came to. The left-censored one is left out: its customers are not of
    that age. Where no other has reached an age, there is no share.
    """
    import pandas as pd

    counted = frame[frame["complete"] & ~frame["censored"].astype(bool) & (frame["size"] > 0)]
    sums = counted.groupby("age").agg(cohorts=("cohort", "size"), size=("size", "sum"), value=("value", "sum"))
    ages = pd.RangeIndex(int(frame["age"].max()) + 1 if len(frame) else 0, name="age")
    whole = sums.reindex(ages).reset_index()
    whole["cohorts"] = whole["cohorts"].fillna(0).astype("int64")
    whole["share"] = whole["value"] / whole["size"]
    return whole[list(SUMMARY)]
