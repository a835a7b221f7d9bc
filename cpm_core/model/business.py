"""Business time on the engine: how much passed until an instant, and when so much has passed.

Both read tables that the core gives (`calendar`, `business_hours`), by equality joins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

HOUR = 3600
BLOCK = 8 * HOUR
"""Business seconds of one block of `business_hours`: long, so that it has few rows; short, so that few share one."""

_DAY, _BLOCK = "_day_", "_block_"


def business_seconds(rows: ir.Table, calendar: ir.Table, at: str, name: str) -> ir.Table:
    """Add the business seconds from the calendar's start to a time; null where the time is, or lies outside.

    Args:
        rows: Has the local time ``at`` and its twin ``at_utc``.
        calendar: The core's table `calendar`.
        at: A time column.
        name: The column to add.
    """
    import ibis

    days = calendar.rename({f"{_DAY}{column}": column for column in calendar.columns}).view()
    both = rows.left_join(days, rows[at].date() == days[f"{_DAY}day"])
    second = epoch_seconds(both[f"{at}_utc"])
    passed = both[f"{_DAY}before"]
    for column in (one for one in calendar.columns if one.startswith("from_")):
        start, end = both[f"{_DAY}{column}"], both[f"{_DAY}{column.replace('from', 'until')}"]
        passed = passed + ibis.greatest(ibis.least(second, end) - start, 0)
    # An open outer row has neither, and greatest() of some engines passes over nulls.
    counted = (both[f"{_DAY}day"].notnull() & second.notnull()).ifelse(passed, ibis.null("int64"))
    return both.select(*rows.columns, **{name: counted})


def business_due(rows: ir.Table, business_hours: ir.Table, seconds: str, name: str) -> ir.Table:
    """Add the first instant by which so many business seconds have passed, as ``name`` and ``name_utc``.

    It is null where ``seconds`` is, and where it lies beyond the calendar, which reaches past the as-of day.

    Args:
        rows: The table to add to.
        business_hours: The core's table `business_hours`.
        seconds: A column of whole business seconds since the calendar's start, above 0.
        name: The columns to add.
    """
    hours = business_hours.rename({f"{_BLOCK}{column}": column for column in business_hours.columns}).view()
    # The last second that has to pass lies in exactly one stretch's part of its block.
    last = rows[seconds] - 1
    asked = rows.mutate(_last=last, _of=last // BLOCK)
    start, end = hours[f"{_BLOCK}before"], hours[f"{_BLOCK}after"]
    here = [asked["_of"] == hours[f"{_BLOCK}block"], asked["_last"] >= start, asked["_last"] < end]
    both = asked.left_join(hours, here)
    into = (both[seconds] - both[f"{_BLOCK}before"]).as_interval("s")
    found = {name: both[f"{_BLOCK}start"] + into, f"{name}_utc": both[f"{_BLOCK}start_utc"] + into}
    return both.select(*rows.columns, **found)


def epoch_seconds(instant: ir.TimestampValue) -> ir.IntegerValue:
    """Whole seconds since 1970 of a naive UTC time; what is left of a second is cut off, on every engine."""
    whole: ir.IntegerValue = instant.truncate("s").epoch_seconds().cast("int64")
    return whole
