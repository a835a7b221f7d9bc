"""One row a customer and measured period at whose start or end a contract runs."""

from __future__ import annotations

from typing import Any

from cpm_core.api import DerivedTable, hookimpl, table

YEAR_DAYS = 365
MONEY = "decimal(18, 4)"


@table(
    title={"en": "Contract customers by period", "zh": "合同客户 × 周期"},
    key=("customer_id", "period_start"),
    at="period_start",
)
def contract_periods(subscriptions: Any, periods: Any, settings: Any) -> Any:
    """Monthly amount of all contracts of a customer at the start and at the end of each period.

    The end is the period's last day (the as-of day in a running one). The start is the day 365 days
    before it, or with `nrr_window: period` the day before the period. Contracts of one customer are
    added up, so that a move from one to another is no loss.
    """
    import ibis

    if settings.nrr_window == "period":
        start_day = periods.period_start - ibis.interval(days=1)
    else:
        start_day = periods.last_day - ibis.interval(days=YEAR_DAYS)
    spans = periods.select("period_start", "last_day", start_day=start_day.cast("date"))
    stretches = subscriptions.select(
        "customer_id", "monthly_amount", from_day=subscriptions.started_at.date(), end_day=subscriptions.ended_at.date()
    )
    rows = stretches.join(spans, [stretches.from_day <= spans.last_day])
    rows = rows.filter(rows.end_day.isnull() | (rows.end_day > rows.start_day))
    at_start = rows.from_day <= rows.start_day
    at_end = rows.end_day.isnull() | (rows.end_day > rows.last_day)
    nothing = ibis.literal(0).cast(MONEY)
    # A stretch that begins and ends between the two days counts at neither.
    return (
        rows.filter(at_start | at_end)
        .group_by("customer_id", "period_start")
        .aggregate(
            amount_at_start=at_start.ifelse(rows.monthly_amount, nothing).sum().cast(MONEY),
            amount_at_end=at_end.ifelse(rows.monthly_amount, nothing).sum().cast(MONEY),
        )
    )


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that retention of contract revenue is measured on."""
    return [contract_periods]
