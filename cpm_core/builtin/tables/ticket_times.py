"""Tickets with the times that service is judged by."""

from __future__ import annotations

from typing import Any

from cpm_core.api import DerivedTable, hookimpl, table


@table(title={"en": "Ticket times", "zh": "工单用时"}, key=("ticket_id",), at="opened_at")
def ticket_times(tickets: Any, settings: Any) -> Any:
    """Hours by the wall clock from opening to the first response.

    A ticket still waiting is censored at the end of the as-of day, one closed without a response
    at its close (`responded` is false for both). A response before the opening counts as at once.
    """
    from datetime import UTC, datetime, time, timedelta
    from zoneinfo import ZoneInfo

    import ibis

    # The as-of day's end as an instant: between it and an opening the clocks may have changed.
    end = datetime.combine(settings.as_of + timedelta(days=1), time(), ZoneInfo(settings.timezone))
    end_utc = ibis.literal(end.astimezone(UTC).replace(tzinfo=None))
    closed = ibis.least(tickets.closed_at_utc.fill_null(end_utc), end_utc)
    until = tickets.first_response_at_utc.fill_null(closed)
    seconds = until.epoch_seconds() - tickets.opened_at_utc.epoch_seconds()
    return tickets.mutate(
        responded=tickets.first_response_at.notnull(),
        response_hours=ibis.greatest(seconds.cast("float64") / 3600, 0.0),
    )


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that service KPIs are measured on."""
    return [ticket_times]
