"""One row a member of the loyalty programme and measured period: points of the trailing year, and balance."""

from __future__ import annotations

from typing import Any

from cpm_core.api import DerivedTable, hookimpl, table

YEAR_DAYS = 365
POINTS = "decimal(18, 4)"
SUMS = ("earned", "redeemed", "balance")


def _days(periods: Any) -> Any:
    """The days on which the ledger is read: each period's end, and 365 days before; with the one before each."""
    import ibis

    ends = periods.select(day=periods.last_day)
    starts = periods.select(day=(periods.last_day - ibis.interval(days=YEAR_DAYS)).cast("date"))
    days = ibis.union(ends, starts, distinct=True)
    return days.mutate(previous=days.day.lag().over(order_by=days.day))


def _ledger(points: Any, days: Any) -> Any:
    """Sums of each member between one day of ``days`` and the next.

    Every entry falls into one stretch alone, so that no row is multiplied however many periods there are. Which
    one it is, is looked up for each day and not for each entry: days are few.
    """
    import ibis

    nothing = ibis.literal(0).cast(POINTS)
    entries = points.select("customer_id", "points", "kind", on_day=points.occurred_at.date())
    seen = entries.select(seen="on_day").distinct()
    both = seen.join(days, [seen.seen <= days.day])
    stretches = both.filter(both.previous.isnull() | (both.seen > both.previous)).select("seen", "day")
    rows = entries.join(stretches, [entries.on_day == stretches.seen])
    return rows.group_by("customer_id", "day").aggregate(
        earned=(rows.kind == "earn").ifelse(rows.points, nothing).sum().cast(POINTS),
        redeemed=(rows.kind == "redeem").ifelse(-rows.points, nothing).sum().cast(POINTS),
        balance=rows.points.sum().cast(POINTS),
    )


def _running(ledger: Any, days: Any) -> Any:
    """Each member's sums since their first entry, on each day of ``days`` from then on."""
    import ibis

    members = ledger.group_by(member=ledger.customer_id).aggregate(first_day=ledger.day.min())
    # The columns get names of their own, so that no join has two of one.
    reads = days.select(read_on="day")
    grid = members.join(reads, [members.first_day <= reads.read_on]).select("member", "read_on")
    both = grid.left_join(ledger, [grid.member == ledger.customer_id, grid.read_on == ledger.day])
    filled = both.select(
        "member", "read_on", **{name: both[name].fill_null(ibis.literal(0).cast(POINTS)) for name in SUMS}
    )
    so_far = ibis.window(group_by=filled.member, order_by=filled.read_on, preceding=None, following=0)
    return filled.select("member", "read_on", **{name: filled[name].sum().over(so_far).cast(POINTS) for name in SUMS})


@table(
    title={"en": "Loyalty members by period", "zh": "会员积分 × 周期"},
    key=("customer_id", "period_start"),
    at="period_start",
)
def points_periods(points: Any, periods: Any) -> Any:
    """Points that a member earned and redeemed in the trailing year, and their balance at the period's end.

    The trailing year is the difference of two running sums: to the period's end and to 365 days before it.
    """
    import ibis

    days = _days(periods)
    running = _running(_ledger(points, days), days)
    # Each period takes two readings, of its end and of 365 days before it, and their difference is a sum of few rows:
    # a join of the readings with themselves would hold all of them in memory.
    ends = periods.select("period_start", day=periods.last_day, of_end=ibis.literal(True))
    starts = periods.select(
        "period_start",
        day=(periods.last_day - ibis.interval(days=YEAR_DAYS)).cast("date"),
        of_end=ibis.literal(False),
    )
    reads = ibis.union(ends, starts)
    rows = running.join(reads, [running.read_on == reads.day])
    return rows.group_by(customer_id=rows.member, period_start=rows.period_start).aggregate(
        trailing_earned=rows.of_end.ifelse(rows.earned, -rows.earned).sum().cast(POINTS),
        trailing_redeemed=rows.of_end.ifelse(rows.redeemed, -rows.redeemed).sum().cast(POINTS),
        balance=rows.of_end.ifelse(rows.balance, ibis.literal(0).cast(POINTS)).sum().cast(POINTS),
    )


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that loyalty KPIs are measured on."""
    return [points_periods]
