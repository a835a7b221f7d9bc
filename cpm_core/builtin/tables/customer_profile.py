"""One row a customer as of the workbook's day: what every table tells of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from cpm_core.api import DerivedTable, hookimpl, table

TRAILING_DAYS = 365
MONEY = "decimal(18, 4)"
_TEXTS = ("segment", "industry", "region", "channel", "owner")
_COUNTS = ("sales", "trailing_sales", "trailing_tickets", "trailing_complaints", "trailing_sla_breaches")
_SUMS = ("revenue", "trailing_revenue", "points_balance", "recurring_revenue")


def _trailing(day: Any, settings: Any) -> Any:
    """Whether a day is one of the 365 that end with the as-of day."""
    return day > settings.as_of - timedelta(days=TRAILING_DAYS)


def _bought(orders: Any, settings: Any) -> Any:
    """Sales and revenue of all time and of the trailing year, the margin of that year, and the rhythm."""
    import ibis

    day = orders.ordered_at.date()
    sale, recent = orders.kind == "sale", _trailing(day, settings)
    active = day > settings.as_of - timedelta(days=settings.activity_days)
    sums = orders.group_by(_of=orders.customer_id).aggregate(
        first_sale=day.min(where=sale),
        last_sale=day.max(where=sale),
        sales=orders.count(where=sale),
        revenue=orders.amount.sum().cast(MONEY),
        trailing_sales=orders.count(where=sale & recent),
        trailing_revenue=orders.amount.sum(where=recent).cast(MONEY),
        _days=day.nunique(where=sale),
        _again=day.min(where=sale & active),
        _until=day.max(where=sale & ~active),
        _gross=orders.amount.sum(where=sale).cast(MONEY),
        _margin=(orders.amount - orders.cost).sum(where=recent).cast(MONEY),
        _covered=orders.amount.abs().sum(where=recent & orders.cost.notnull()).cast("float64").fill_null(0.0),
        _all=orders.amount.abs().sum(where=recent).cast("float64"),
    )
    # A quotient of two sums is the float nearest to it, so that exactly nine tenths are not below .9.
    covered = sums["_covered"] / sums["_all"].nullif(0.0) >= settings.min_cost_coverage
    gross, days = sums["_gross"].cast("float64"), sums.last_sale.delta(sums.first_sale, unit="day").cast("float64")
    return sums.select(
        "_of",
        "first_sale",
        "last_sale",
        "sales",
        "revenue",
        return_share=(sums["_gross"] - sums.revenue).cast("float64") / gross.nullif(0.0),
        order_value=gross / sums.sales.nullif(0),
        usual_interval_days=days / (sums["_days"] - 1).nullif(0),
        recency_days=ibis.literal(settings.as_of).delta(sums.last_sale, unit="day").cast("int64"),
        tenure_days=ibis.literal(settings.as_of).delta(sums.first_sale, unit="day").cast("int64"),
        last_gap_days=sums["_again"].delta(sums["_until"], unit="day").cast("int64"),
        trailing_sales=sums.trailing_sales,
        trailing_revenue=sums.trailing_revenue,
        trailing_margin=covered.ifelse(sums["_margin"], None),
    )


def _answered(surveys: Any) -> Any:
    """Score and day of each customer's last answer to CSAT (rescaled to 1 to 5) and to NPS."""
    import ibis

    scored = surveys.filter(surveys.score.notnull(), surveys.kind.isin(["csat", "nps"]))
    order = [ibis.desc(scored.responded_at), ibis.desc(scored.response_id)]
    nth = ibis.row_number().over(group_by=[scored.customer_id, scored.kind], order_by=order)
    rows = scored.mutate(_nth=nth).filter(ibis._["_nth"] == 0)
    rescaled = 1 + 4 * (rows.score - rows.scale_min) / (rows.scale_max - rows.scale_min)
    csat, nps, day = rows.kind == "csat", rows.kind == "nps", rows.responded_at.date()
    return rows.group_by(_of=rows.customer_id).aggregate(
        last_csat=rescaled.max(where=csat),
        last_csat_on=day.max(where=csat),
        last_nps=rows.score.max(where=nps),
        last_nps_on=day.max(where=nps),
    )


def _asked(tickets: Any, settings: Any) -> Any:
    """Tickets and complaints of the trailing year."""
    recent = _trailing(tickets.opened_at.date(), settings)
    return tickets.group_by(_of=tickets.customer_id).aggregate(
        trailing_tickets=tickets.count(where=recent),
        trailing_complaints=tickets.count(where=recent & (tickets.kind == "complaint")),
    )


def _breached(ticket_times: Any, settings: Any) -> Any:
    """Tickets of the trailing year of which a promise that can be judged was not kept."""
    late = (ticket_times.response_judged & ~ticket_times.response_in_time) | (
        ticket_times.resolution_judged & ~ticket_times.resolution_in_time
    )
    recent = _trailing(ticket_times.opened_at.date(), settings)
    return ticket_times.group_by(_of=ticket_times.customer_id).aggregate(
        trailing_sla_breaches=ticket_times.count(where=recent & late)
    )


def _cared(interactions: Any, settings: Any) -> Any:
    """What the touches of the trailing year cost; null where there were some and none has a cost."""
    rows = interactions.filter(_trailing(interactions.occurred_at.date(), settings))
    return rows.group_by(_of=rows.customer_id).aggregate(_touched=rows.count(), _cost=rows.cost.sum().cast(MONEY))


def _running(subscriptions: Any, settings: Any) -> Any:
    """The monthly amount of the stretches that run at the end of the as-of day."""
    end = subscriptions.ended_at.date()
    runs = (subscriptions.started_at.date() <= settings.as_of) & (end.isnull() | (end > settings.as_of))
    rows = subscriptions.filter(runs)
    return rows.group_by(_of=rows.customer_id).aggregate(recurring_revenue=rows.monthly_amount.sum().cast(MONEY))


def _parts(settings: Any, tables: dict[str, Any]) -> list[Any]:
    """What each table that is there tells, by customer."""
    makers: dict[str, Callable[[Any], Any]] = {
        "orders": lambda rows: _bought(rows, settings),
        "surveys": _answered,
        "tickets": lambda rows: _asked(rows, settings),
        "ticket_times": lambda rows: _breached(rows, settings),
        "interactions": lambda rows: _cared(rows, settings),
        "points": lambda rows: rows.group_by(_of=rows.customer_id).aggregate(
            points_balance=rows.points.sum().cast(MONEY)
        ),
        "subscriptions": lambda rows: _running(rows, settings),
    }
    return [make(tables[name]) for name, make in makers.items() if tables[name] is not None]


def _filled(profile: Any) -> Any:
    """Counts and sums of nothing are zero; what was not measured stays null."""
    import ibis

    zeros = {name: profile[name].fill_null(0) for name in _COUNTS if name in profile.columns}
    none = ibis.literal(Decimal(0)).cast(MONEY)
    zeros |= {name: profile[name].fill_null(none) for name in _SUMS if name in profile.columns}
    if "_touched" in profile.columns:
        zeros["trailing_cost_to_serve"] = profile["_touched"].isnull().ifelse(none, profile["_cost"])
    return profile.mutate(**zeros).drop([name for name in ("_touched", "_cost") if name in profile.columns])


@table(title={"en": "Customer profile", "zh": "客户画像"}, key=("customer_id",), at="as_of")
def customer_profile(
    *,
    customers: Any,
    settings: Any,
    orders: Any = None,
    surveys: Any = None,
    tickets: Any = None,
    ticket_times: Any = None,
    interactions: Any = None,
    points: Any = None,
    subscriptions: Any = None,
) -> Any:
    """Every customer, bought anything or not, with a column for each thing that the delivered tables tell.

    A column whose table is not delivered is absent; breaches are absent too where nothing is promised. Trailing
    columns are of the 365 days that end with the as-of day. `usual_interval_days` is the mean time between days
    with a sale, null below two. `last_gap_days` is the time from the last sale before the last `activity_days` to the
    first sale within them, null where there is none of either: at most one pause of `activity_days` or more ends within
    them, and this is it. `trailing_margin` is null where costs cover less than `min_cost_coverage` of the
    customer's amounts (of returns taken without their sign).
    """
    import ibis

    promised = settings.sla.response or settings.sla.resolution
    tables = {
        "orders": orders,
        "surveys": surveys,
        "tickets": tickets,
        "ticket_times": ticket_times if promised else None,
        "interactions": interactions,
        "points": points,
        "subscriptions": subscriptions,
    }
    plain = [name for name in _TEXTS if name in customers.columns]
    profile = customers.select(
        "customer_id", *plain, as_of=ibis.literal(settings.as_of), created_on=customers.created_at.date()
    )
    for part in _parts(settings, tables):
        profile = profile.left_join(part, profile.customer_id == part["_of"]).drop("_of")
    return _filled(profile)


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that rules and plans read."""
    return [customer_profile]
