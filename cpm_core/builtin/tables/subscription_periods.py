"""One row a contract's stretch and measured period at whose end it runs."""

from __future__ import annotations

from typing import Any

from cpm_core.api import DerivedTable, hookimpl, table

_OF_THE_END = ("end_reason",)
"""Texts that are written when a stretch ends: known of none that runs."""


@table(
    title={"en": "Contracts by period", "zh": "合同 × 周期"},
    key=("subscription_id", "started_at", "period_start"),
    at="period_start",
)
def subscription_periods(subscriptions: Any, periods: Any) -> Any:
    """Stretches that run at the end of each measured period (on the as-of day in a running one).

    A stretch runs at a day's end if `started_at` <= day < `ended_at`. Texts such as `plan` are
    carried along, so that recurring revenue can be split by them.
    """
    texts = [
        name
        for name, kind in subscriptions.schema().items()
        if kind.is_string() and name not in ("subscription_id", "customer_id", *_OF_THE_END)
    ]
    stretches = subscriptions.mutate(start_day=subscriptions.started_at.date(), end_day=subscriptions.ended_at.date())
    spans = periods.select("period_start", "last_day")
    rows = stretches.join(spans, [stretches.start_day <= spans.last_day])
    running = rows.filter(rows.end_day.isnull() | (rows.end_day > rows.last_day))
    return running.select("subscription_id", "started_at", "customer_id", "period_start", "monthly_amount", *texts)


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that recurring revenue is measured on."""
    return [subscription_periods]
