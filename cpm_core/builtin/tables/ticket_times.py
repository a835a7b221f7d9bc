"""Tickets with the times that service is judged by."""

from __future__ import annotations

from typing import Any

from cpm_core.api import DEFAULT_PRIORITY, DerivedTable, business_due, business_seconds, hookimpl, table

HOUR = 3600


def _moments(tickets: Any, settings: Any) -> Any:
    """Until when each clock of a ticket ran, by local time and by its UTC twin.

    A ticket still waiting is watched to the end of the as-of day, one closed without an answer to its close
    (one resolved without an answer, to its resolution). A time before the opening counts as the opening.
    """
    from datetime import UTC, datetime, time, timedelta
    from zoneinfo import ZoneInfo

    import ibis

    # The as-of day's end as an instant: between it and an opening the clocks may have changed.
    end = datetime.combine(settings.as_of + timedelta(days=1), time())
    end_utc = end.replace(tzinfo=ZoneInfo(settings.timezone)).astimezone(UTC).replace(tzinfo=None)
    closed = tickets.closed_at.fill_null(ibis.literal(end))
    closed_utc = tickets.closed_at_utc.fill_null(ibis.literal(end_utc))
    resolved = tickets.resolved_at.fill_null(closed)
    resolved_utc = tickets.resolved_at_utc.fill_null(closed_utc)
    answered = tickets.first_response_at.fill_null(ibis.least(resolved, closed))
    answered_utc = tickets.first_response_at_utc.fill_null(ibis.least(resolved_utc, closed_utc))
    return tickets.mutate(
        _answered=ibis.greatest(answered, tickets.opened_at),
        _answered_utc=ibis.greatest(answered_utc, tickets.opened_at_utc),
        _resolved=ibis.greatest(resolved, tickets.opened_at),
        _resolved_utc=ibis.greatest(resolved_utc, tickets.opened_at_utc),
        _end_utc=ibis.literal(end_utc),
    )


def _promised(tickets: Any, promise: Any) -> Any:
    """Seconds within which a ticket of its priority should be done; null where nothing is promised."""
    import ibis

    if not promise:
        return ibis.null("int64")
    seconds = {priority: ibis.literal(round(hours * HOUR), "int64") for priority, hours in promise.items()}
    others = seconds.pop(DEFAULT_PRIORITY, ibis.null("int64"))
    if not seconds:
        return others
    return ibis.cases(*((tickets.priority == name, one) for name, one in seconds.items()), else_=others)


def _in_time(rows: Any, at: Any, due: Any) -> dict[str, Any]:
    """Whether a promise can be judged on the as-of day, and whether it was kept."""
    judged = (due <= rows["_end_utc"]).fill_null(False)
    return {"judged": judged, "in_time": judged & (at.truncate("s") <= due).fill_null(False)}


@table(title={"en": "Ticket times", "zh": "工单用时"}, key=("ticket_id",), at="opened_at")
def ticket_times(tickets: Any, calendar: Any, business_hours: Any, settings: Any) -> Any:
    """Business hours from opening to the first response and to the resolution, and when both were due.

    `response_hours` and `resolution_hours` (`waiting_hours`, on the customer, taken off) ran until the event if
    `responded`, `resolved`; else the ticket is censored at its close or at the end of the as-of day. A due time
    is the instant by which the promised hours of the ticket's priority have passed (waiting hours are added);
    it is null where nothing is promised. `*_judged`: it lies at or before the end of the as-of day; `*_in_time`:
    the event came by then. The calendar is the params'; without one every hour counts.
    """
    import ibis

    waiting = ibis.greatest(tickets.waiting_hours.fill_null(0.0), 0.0)
    rows = _moments(tickets.mutate(_waiting=waiting), settings)
    for at, name in (("opened_at", "_before"), ("_answered", "_until_answer"), ("_resolved", "_until_solution")):
        rows = business_seconds(rows, calendar, at, name)
    idle = (rows["_waiting"] * HOUR + 0.5).floor().cast("int64")
    rows = rows.mutate(
        _response_due=rows["_before"] + _promised(rows, settings.sla.response),
        _resolution_due=rows["_before"] + _promised(rows, settings.sla.resolution) + idle,
    )
    for name in ("response_due", "resolution_due"):
        rows = business_due(rows, business_hours, f"_{name}", f"{name}_at")
    response = _in_time(rows, rows.first_response_at_utc, rows.response_due_at_utc)
    resolution = _in_time(rows, rows.resolved_at_utc, rows.resolution_due_at_utc)
    hours = {name: (rows[f"_until_{name}"] - rows["_before"]).cast("float64") / HOUR for name in ("answer", "solution")}
    due = [f"{name}_due_at{twin}" for name in ("response", "resolution") for twin in ("", "_utc")]
    return rows.select(
        *tickets.columns,
        *due,
        responded=rows.first_response_at.notnull(),
        response_hours=hours["answer"],
        resolved=rows.resolved_at.notnull(),
        resolution_hours=ibis.greatest(hours["solution"] - rows["_waiting"], 0.0),
        **{f"response_{name}": value for name, value in response.items()},
        **{f"resolution_{name}": value for name, value in resolution.items()},
    )


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that the clocks of service are measured on."""
    return [ticket_times]
