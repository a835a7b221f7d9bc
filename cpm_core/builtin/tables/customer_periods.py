"""One row a customer and measured period in which anything concerns the customer."""

from __future__ import annotations

from typing import Any

from cpm_core.api import DerivedTable, hookimpl, table

TRAILING_DAYS = 365


def _sales(orders: Any, periods: Any, settings: Any) -> Any:
    """What orders say of a customer in a period: activity at start and end, trailing year, first sale."""
    import ibis

    sale = orders.kind == "sale"
    entries = orders.select("customer_id", "amount", day=orders.ordered_at.date(), sale=sale)
    active = ibis.interval(days=settings.activity_days)
    day_before = periods.period_start - ibis.interval(days=1)
    spans = periods.mutate(
        day_before=day_before,
        active_from=(day_before - active).cast("date"),
        active_until=(periods.last_day - active).cast("date"),
        trailing_from=(periods.last_day - ibis.interval(days=TRAILING_DAYS)).cast("date"),
    )
    spans = spans.mutate(from_day=ibis.least(spans.active_from, spans.active_until, spans.trailing_from))
    near = entries.join(spans, [entries.day <= spans.last_day, entries.day > spans.from_day])
    was = near.sale & (near.day < near.period_start) & (near.day > near.active_from)
    trailing = near.day > near.trailing_from
    sums = near.group_by("customer_id", "period_start").aggregate(
        last_before=near.day.max(where=was),
        active_at_end=(near.sale & (near.day > near.active_until)).any(),
        active_until=near.active_until.max(),
        sales=(near.sale & (near.day >= near.period_start)).sum(),
        trailing_sales=(near.sale & trailing).sum(),
        trailing_revenue=trailing.ifelse(near.amount, 0).sum(),
        last_day=near.last_day.max(),
    )
    firsts = entries.filter(entries.sale).group_by(buyer="customer_id").aggregate(first_sale=ibis._.day.min())
    joined = sums.join(firsts, sums.customer_id == firsts.buyer)
    bought = joined.sales > 0
    active_at_start = joined.last_before.notnull()
    return joined.select(
        "customer_id",
        "period_start",
        active_at_start=active_at_start,
        active_at_end=joined.active_at_end,
        due=active_at_start & (joined.last_before <= joined.active_until),
        sales=joined.sales.cast("int64"),
        trailing_sales=joined.trailing_sales.cast("int64"),
        trailing_revenue=joined.trailing_revenue.cast("decimal(18, 4)"),
        tenure_days=joined.last_day.delta(joined.first_sale, unit="day").cast("int64"),
        is_new=bought & (joined.first_sale >= joined.period_start),
        is_reactivated=bought & ~active_at_start & (joined.first_sale < joined.period_start),
        tickets=ibis.literal(0, "int64"),
        complaints=ibis.literal(0, "int64"),
        under_contract=ibis.literal(False),
    )


def _like_sales(sales: Any, rows: Any, **values: Any) -> Any:
    """Rows of another table in the columns of the sales part, where it says nothing."""
    import ibis

    empty = {
        name: ibis.literal(False if kind.is_boolean() else 0, kind)
        for name, kind in sales.schema().items()
        if name not in ("customer_id", "period_start")
    }
    return rows.select("customer_id", "period_start", **{**empty, **values}).select(sales.columns)


def _tickets(tickets: Any, periods: Any, sales: Any) -> Any:
    opened = tickets.select("customer_id", day=tickets.opened_at.date(), complaint=tickets.kind == "complaint")
    rows = opened.join(periods, [opened.day >= periods.period_start, opened.day <= periods.last_day])
    # Made of a column and no mere 1, so that a figure of it is known to rest on tickets.
    one = rows.day.notnull().cast("int64")
    return _like_sales(sales, rows, tickets=one, complaints=rows.complaint.fill_null(False).cast("int64"))


def _contracts(subscriptions: Any, periods: Any, sales: Any) -> Any:
    spans = subscriptions.select(
        "customer_id", start=subscriptions.started_at.date(), end=subscriptions.ended_at.date()
    )
    runs = spans.join(periods, [spans.start <= periods.last_day])
    # One that ends on the day on which it starts runs at no day's end.
    runs = runs.filter(runs.end.isnull() | ((runs.end > runs.period_start) & (runs.end > runs.start)))
    return _like_sales(sales, runs, under_contract=runs.start.notnull())


@table(
    title={"en": "Customers by period", "zh": "客户 × 周期"},
    key=("customer_id", "period_start"),
    at="period_start",
)
def customer_periods(orders: Any, periods: Any, settings: Any, tickets: Any = None, subscriptions: Any = None) -> Any:
    """Activity, sales, tickets and contracts of each customer in each measured period."""
    import ibis

    sales = _sales(orders, periods, settings)
    parts = [sales]
    if tickets is not None:
        parts.append(_tickets(tickets, periods, sales))
    if subscriptions is not None:
        parts.append(_contracts(subscriptions, periods, sales))
    if len(parts) == 1:
        rows = sales
    else:
        stacked = ibis.union(*parts)
        rows = stacked.group_by("customer_id", "period_start").aggregate(
            **{
                name: stacked[name].any() if kind.is_boolean() else stacked[name].sum().cast(kind)
                for name, kind in sales.schema().items()
                if name not in ("customer_id", "period_start")
            }
        )
    return rows.mutate(served=(rows.sales > 0) | (rows.tickets > 0) | rows.under_contract)


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that customer KPIs are measured on."""
    return [customer_periods]
