"""Service figures of the random company by plain loops: business hours day by day, a promise walked to its due time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Row = dict[str, object]

PARAMS = {
    "calendar": {
        "hours": {"mon-fri": "08:00-12:00, 13:00-18:30", "sat": "10:00-14:00"},
        "country": "DE",
        "closures": ["2023-12-27 to 2023-12-29"],
        "make_up_days": ["2024-01-07"],
    },
    "sla": {"response": {"high": 4, "default": 10}, "resolution": {"high": 12, "low": 40}},
}
WEEK = ((8, 12), (13, 18.5))
# The public holidays of all Germany from June 2022 to March 2024.
HOLIDAYS = {
    *(date(2022, month, day) for month, day in ((6, 6), (10, 3), (12, 25), (12, 26))),
    *(date(2023, m, d) for m, d in ((1, 1), (4, 7), (4, 10), (5, 1), (5, 18), (5, 29), (10, 3), (12, 25), (12, 26))),
    date(2024, 1, 1),
}


def stretches(day: date) -> list[tuple[datetime, datetime]]:
    """The open stretches of a day."""
    if date(2023, 12, 27) <= day <= date(2023, 12, 29):
        hours = ()
    elif day == date(2024, 1, 7):
        hours = WEEK
    elif day in HOLIDAYS or day.weekday() == 6:
        hours = ()
    else:
        hours = ((10, 14),) if day.weekday() == 5 else WEEK
    midnight = datetime.combine(day, time())
    return [(midnight + timedelta(hours=start), midnight + timedelta(hours=end)) for start, end in hours]


def days_from(first: date) -> list[date]:
    """A year and some days."""
    return [first + timedelta(days=i) for i in range(400)]


def hours_between(start: datetime, end: datetime) -> float:
    """Business hours, summed over the overlaps with each day's stretches."""
    total, day = timedelta(), start.date()
    while day <= end.date():
        for opens, closes in stretches(day):
            total += max(min(closes, end) - max(opens, start), timedelta())
        day += timedelta(days=1)
    return total.total_seconds() / 3600


def due(start: datetime, hours: float) -> datetime:
    """When so many business hours have passed."""
    left = timedelta(hours=hours)
    for day in days_from(start.date()):
        for opens, closes in stretches(day):
            begins = max(opens, start)
            if closes > begins:
                if closes - begins >= left:
                    return begins + left
                left -= closes - begins
    raise AssertionError("more than a year")


def waited(row: Row) -> float:
    """Hours on the customer."""
    return float(row["waiting_hours"] or 0)


def kept(rows: list[Row], event: str, promise: dict[str, float], end: datetime, idle: bool) -> tuple[int, int]:
    """Promises kept, and those that can be judged on the as-of day."""
    good = judged = 0
    for row in rows:
        hours = promise.get(str(row["priority"]), promise.get("default"))
        if hours is None:
            continue
        until = due(row["opened_at"], hours + (waited(row) if idle else 0))
        if until <= end:
            judged += 1
            good += row[event] is not None and row[event] <= until
    return good, judged


def in_days(row: Row, days: int) -> bool:
    """Whether a ticket was resolved within so many times 24 hours."""
    if row["resolved_at"] is None:
        return False
    berlin = ZoneInfo("Europe/Berlin")
    opened, resolved = (row[name].replace(tzinfo=berlin).astimezone(UTC) for name in ("opened_at", "resolved_at"))
    return resolved - opened <= timedelta(days=days)


def times(rows: list[Row], event: str, other: str, end: datetime, idle: bool) -> list[tuple[float, bool]]:
    """Business hours to an event and whether they are censored, in order."""
    found = []
    for row in rows:
        stops = [moment for moment in (row["closed_at"], row[other] if event != other else None, end) if moment]
        hours = hours_between(row["opened_at"], row[event] or min(stops))
        found.append((max(hours - (waited(row) if idle else 0), 0.0), row[event] is None))
    return sorted(found)


def figures(
    tickets: list[Row],
    opened: list[Row],
    inside: Callable[[object], bool],
    last: date,
    as_of: date,
    median: Callable[[list[tuple[float, bool]]], float],
) -> dict[str, object]:
    """KPI to figure, of tickets (all, and those opened in the period)."""
    end = datetime.combine(as_of + timedelta(days=1), time())
    complaints = [row for row in opened if row["kind"] == "complaint"]
    old = [row for row in opened if row["opened_at"].date() <= as_of - timedelta(days=7)]
    angry = [row for row in old if row["kind"] == "complaint"]
    solved = [row for row in tickets if inside(row["resolved_at"]) and row["reopened_count"] is not None]

    def is_open(row: Row) -> bool:
        ends = [row[name] for name in ("resolved_at", "closed_at") if row[name] is not None]
        return row["opened_at"].date() <= last and all(moment.date() > last for moment in ends)

    return {
        "first_response_hours": median(times(opened, "first_response_at", "resolved_at", end, idle=False)),
        "resolution_hours": median(times(opened, "resolved_at", "resolved_at", end, idle=True)),
        "complaint_resolution_hours": median(times(complaints, "resolved_at", "resolved_at", end, idle=True)),
        "resolution_rate": (sum(in_days(row, 7) for row in old), len(old)),
        "complaint_resolution_rate": (sum(in_days(row, 7) for row in angry), len(angry)),
        "response_sla": kept(opened, "first_response_at", PARAMS["sla"]["response"], end, idle=False),
        "resolution_sla": kept(opened, "resolved_at", PARAMS["sla"]["resolution"], end, idle=True),
        "reopen_rate": (sum(int(row["reopened_count"]) > 0 for row in solved), len(solved)),
        "backlog": sum(map(is_open, tickets)),
    }
