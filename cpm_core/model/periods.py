"""Periods: half-open stretches of local days with a label."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from cpm_core.model.errors import UsageError
from cpm_core.model.settings import PeriodName, Settings

PERIODS_A_YEAR: dict[PeriodName, int] = {"day": 364, "week": 52, "month": 12, "quarter": 4, "year": 1}
"""How many periods back the same period of the year before lies (days and weeks keep the weekday)."""


@dataclass(frozen=True, order=True)
class Period:
    """The days from ``start`` to the day before ``end``."""

    start: date
    end: date
    label: str

    @property
    def last_day(self) -> date:
        """The last day in it."""
        return self.end - timedelta(days=1)


def _month(year: int, month: int, add: int = 0) -> date:
    index = year * 12 + month - 1 + add
    return date(index // 12, index % 12 + 1, 1)


def period_of(day: date, name: PeriodName, year_starts: int = 1) -> Period:
    """The period that a day lies in.

    Labels are `2011-11-30`, `2011-W48` (ISO 8601), `2011-11`, `2011-Q4`, `2011`. With
    ``year_starts`` above 1, quarters and years are named after the year in which they start.
    """
    if name == "day":
        return Period(day, day + timedelta(days=1), day.isoformat())
    if name == "week":
        start = day - timedelta(days=day.weekday())
        iso = start.isocalendar()
        return Period(start, start + timedelta(days=7), f"{iso.year}-W{iso.week:02d}")
    if name == "month":
        return Period(_month(day.year, day.month), _month(day.year, day.month, 1), f"{day:%Y-%m}")
    into = (day.month - year_starts) % 12
    year = day.year if day.month >= year_starts else day.year - 1
    if name == "quarter":
        start = _month(day.year, day.month, -(into % 3))
        return Period(start, _month(start.year, start.month, 3), f"{year}-Q{into // 3 + 1}")
    start = _month(day.year, day.month, -into)
    return Period(start, _month(start.year, start.month, 12), str(year))


def before(period: Period, name: PeriodName, count: int = 1, year_starts: int = 1) -> Period:
    """The period that lies ``count`` periods earlier."""
    day = period.start
    if name in ("day", "week"):
        return period_of(day - timedelta(days=count * (1 if name == "day" else 7)), name, year_starts)
    months = {"month": 1, "quarter": 3, "year": 12}[name]
    return period_of(_month(day.year, day.month, -count * months), name, year_starts)


def year_before(period: Period, name: PeriodName, year_starts: int = 1) -> Period:
    """The same period a year before (52 weeks for weeks, 364 days for days)."""
    return before(period, name, PERIODS_A_YEAR[name], year_starts)


def periods_until(as_of: date, name: PeriodName, count: int, year_starts: int = 1) -> tuple[Period, ...]:
    """The ``count`` periods that end with the one ``as_of`` lies in, oldest first."""
    last = period_of(as_of, name, year_starts)
    return tuple(before(last, name, back, year_starts) for back in range(count - 1, -1, -1))


def labelled(settings: Settings, periods: Iterable[Period]) -> tuple[Period, ...]:
    """Those of some periods before which customers are labelled with tier and stage.

    They are that of the as-of day, the one before it and the one a year before; with `tier_history` all.
    """
    if settings.tier_history:
        return tuple(periods)
    name, year_starts = settings.period, settings.year_starts
    last = period_of(settings.as_of, name, year_starts)
    wanted = {last, before(last, name, 1, year_starts), year_before(last, name, year_starts)}
    return tuple(period for period in periods if period in wanted)


def with_rows(settings: Settings, first_day: date | None) -> tuple[Period, ...]:
    """The shown periods and the year before them, as far as there are rows; ``first_day`` is that of the first."""
    count = settings.history + PERIODS_A_YEAR[settings.period]
    found = periods_until(settings.as_of, settings.period, count, settings.year_starts)
    first = max(first_day, settings.since) if first_day and settings.since else first_day
    return tuple(period for period in found if first is None or period.end > first)


_LABELS = {
    "day": r"\d{4}-\d{2}-\d{2}",
    "week": r"\d{4}-W\d{2}",
    "month": r"\d{4}-\d{2}",
    "quarter": r"\d{4}-Q[1-4]",
    "year": r"\d{4}",
}


def parse_label(label: str, name: PeriodName, year_starts: int = 1) -> Period:
    """Read a label back.

    Raises:
        UsageError: The label is not one of that kind of period.
    """
    example = period_of(date(2011, 11, 30), name, year_starts).label
    error = UsageError(f"{label!r} is no {name}", fix=f"Write a {name} as {example}.")
    if not re.fullmatch(_LABELS[name], label):
        raise error
    try:
        if name == "week":
            return period_of(date.fromisocalendar(int(label[:4]), int(label[6:]), 1), name)
        if name == "quarter":
            return period_of(_month(int(label[:4]), year_starts, 3 * (int(label[6]) - 1)), name, year_starts)
        text = label + {"day": "", "month": "-01", "year": f"-{year_starts:02d}-01"}[name]
        return period_of(date.fromisoformat(text), name, year_starts)
    except ValueError:
        raise error from None


def read_label(label: str, names: Iterable[PeriodName], year_starts: int = 1) -> Period | None:
    """Read a label of any of some kinds of periods back; None if it is of none of them."""
    for name in names:
        if re.fullmatch(_LABELS[name], label):
            try:
                return parse_label(label, name, year_starts)
            except UsageError:
                return None
    return None


def start_of(at: Any, period: PeriodName, year_starts: int = 1) -> Any:
    """An Ibis expression: the first day of the period that a local time lies in."""
    import ibis

    units = {"day": "D", "week": "W", "month": "M", "quarter": "M", "year": "M"}
    start = at.cast("timestamp").truncate(units[period]) if period != "day" else at.cast("timestamp")
    if period in ("quarter", "year"):
        shift = (start.month() - year_starts + 12) % (3 if period == "quarter" else 12)
        start = ibis.cases(*((shift == back, start - ibis.interval(months=back)) for back in range(1, 12)), else_=start)
    return start.date()
