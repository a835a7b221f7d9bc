"""Days, seasons and working hours of the demo company.

Times are whole seconds since the first midnight, naive local. No time is written between 2 and 3
o'clock at night, so that no one falls into the hour that the clocks skip or repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

import numpy as np

from cpm_core.builtin.sources.demo import truths
from cpm_core.builtin.sources.demo.arrays import Floats, Ints, Rng, pick

HOUR = 3_600
DAY = 86_400
DAYS = (truths.AS_OF - truths.START).days + 1
END = DAYS * DAY
YEAR = 365.25
OPENS, CLOSES = 8 * HOUR, 18 * HOUR
WORKDAY = CLOSES - OPENS
MONTHS = (0.92, 0.88, 0.97, 0.96, 1.00, 0.97, 0.93, 0.90, 0.98, 1.02, 1.14, 1.45)
WEEKDAYS = (0.95, 0.95, 1.00, 1.02, 1.15, 1.25, 0.68)
GROWTH = 0.05
"""Rise of the number of orders a customer, a year."""
SHOP_HOURS = (2, 1, 0, 0, 0, 1, 3, 8, 20, 35, 45, 50, 55, 50, 48, 50, 55, 62, 66, 60, 50, 38, 22, 8)
DESK_HOURS = (0, 0, 0, 0, 0, 0, 1, 4, 40, 60, 60, 50, 40, 50, 60, 55, 45, 30, 8, 5, 4, 3, 1, 0)


def day_of(when: date) -> int:
    """The number of a day, the first being 0."""
    return (when - truths.START).days


def weekday(days: Ints) -> Ints:
    """Monday 0 … Sunday 6."""
    return np.asarray((days + truths.START.weekday()) % 7, dtype=np.int64)


@cache
def season() -> Floats:
    """How much is bought up to the start of each day, in average days (of length `DAYS` + 1)."""
    days = np.arange(DAYS)
    months = (np.datetime64(truths.START) + days).astype("datetime64[M]").astype(np.int64) % 12
    weight = np.array(MONTHS)[months] * np.array(WEEKDAYS)[weekday(days)] * (1 + GROWTH) ** (days / YEAR)
    total = np.concatenate([[0.0], np.cumsum(weight)])
    return np.asarray(total * (DAYS / total[-1]), dtype=np.float64)


@cache
def desk() -> Floats:
    """How many tickets are opened up to the start of each day: steady over the year, few at weekends."""
    weight = np.array((1.25, 1.2, 1.1, 1.1, 1.05, 0.75, 0.55))[weekday(np.arange(DAYS))]
    total = np.concatenate([[0.0], np.cumsum(weight)])
    return np.asarray(total * (DAYS / total[-1]), dtype=np.float64)


def draw_days(rng: Rng, calendar: Floats, start: Ints, until: Ints, rate: Floats) -> tuple[Ints, Ints]:
    """A Poisson process a customer over the days [start, until), thick where the calendar is.

    ``rate`` is per year. Returns each event's customer (in order) and day.
    """
    low, high = calendar[start], calendar[np.maximum(start, until)]
    counts = rng.poisson(rate / YEAR * (high - low))
    customer = np.repeat(np.arange(len(rate)), counts)
    at = low[customer] + rng.random(len(customer)) * (high - low)[customer]
    days = np.searchsorted(calendar, at, side="right") - 1
    return customer, np.minimum(days, DAYS - 1).astype(np.int64)


def in_day(rng: Rng, size: int, hours: Sequence[float]) -> Ints:
    """Seconds since midnight, by weights of the 24 hours."""
    return np.asarray(pick(rng, size, hours) * HOUR + rng.integers(0, HOUR, size), dtype=np.int64)


def by_customer(customer: Ints, at: Ints) -> tuple[Ints, Ints]:
    """Events in order of customer and time. One key of both sorts much faster than two columns."""
    key = np.sort(customer << 27 | at)  # three years of seconds take less than 27 bits
    return key >> 27, key & (1 << 27) - 1


def awake(at: Ints) -> Ints:
    """Move times between 2 and 3 o'clock one hour on."""
    return np.where(at % DAY // HOUR == 2, at + HOUR, at)


@cache
def _workdays() -> tuple[Ints, Ints]:
    days = np.arange(DAYS + 800)
    working = weekday(days) < 5
    before = np.concatenate([[0], np.cumsum(working)])
    return before.astype(np.int64), days[working].astype(np.int64)


def add_work(at: Ints, seconds: Ints) -> Ints:
    """The time at which so many working seconds (Monday to Friday, 8 to 18) have passed."""
    before, days = _workdays()
    day, second = np.divmod(at, DAY)
    within = np.where(weekday(day) < 5, np.clip(second - OPENS, 0, WORKDAY), 0)
    whole, rest = np.divmod(before[day] * WORKDAY + within + seconds, WORKDAY)
    return np.asarray(days[np.minimum(whole, len(days) - 1)] * DAY + OPENS + rest, dtype=np.int64)
