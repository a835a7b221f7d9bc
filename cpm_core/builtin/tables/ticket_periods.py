"""One row a ticket and measured period at whose end it is open."""

from __future__ import annotations

from typing import Any

from cpm_core.api import DerivedTable, hookimpl, table


@table(
    title={"en": "Open tickets by period", "zh": "周期末未结工单"}, key=("ticket_id", "period_start"), at="period_start"
)
def ticket_periods(tickets: Any, periods: Any) -> Any:
    """Tickets opened by a period's last day (or the as-of day), and neither resolved nor closed by its end."""

    def lasts(at: Any, day: Any) -> Any:
        return at.isnull() | (at.date() > day)

    # Most tickets are done on the day they were opened: they are at no period's end.
    opened = tickets.opened_at.date()
    some = tickets.filter(lasts(tickets.resolved_at, opened) & lasts(tickets.closed_at, opened))
    day = periods.last_day
    conditions = [some.opened_at.date() <= day, lasts(some.resolved_at, day), lasts(some.closed_at, day)]
    rows = some.join(periods.select("period_start", "last_day"), conditions)
    is_open = lasts(rows.resolved_at, rows.last_day) & lasts(rows.closed_at, rows.last_day)
    return rows.select(*tickets.columns, "period_start", is_open=is_open)


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that the backlog is counted on."""
    return [ticket_periods]
