"""`--backfill`: the periods that reports are to be made of, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from cpm_core.model.errors import Problem, UsageError
from cpm_core.model.periods import Period, parse_label, period_of
from cpm_core.model.settings import PeriodName
from cpm_core.params.overrides import Override

OPTION = "--backfill"
BETWEEN = ".."
MOST = 1_000
"""Periods of one backfill; more is a mistake in a label."""


def periods_between(said: str, name: PeriodName, year_starts: int = 1) -> list[Period]:
    """The periods from one label to another, oldest first.

    Args:
        said: `2011-01..2011-11`, or one label.
        name: Which periods the labels are of.
        year_starts: The month in which quarters and years begin to be counted.

    Raises:
        UsageError: A label is none, or they are in the wrong order.
    """
    first, sign, last = (part.strip() for part in said.partition(BETWEEN))
    start, end = _read(first, name, year_starts), _read(last if sign else first, name, year_starts)
    if end < start:
        raise UsageError(f"{end.label} is before {start.label}", where=OPTION, fix=f"Write {last}{BETWEEN}{first}.")
    found = list(islice(_between(start, end, name, year_starts), MOST + 1))
    if len(found) > MOST:
        fix = f"Ask for at most {MOST:,} at a time."
        raise UsageError(f"{said!r} is more than {MOST:,} periods", where=OPTION, fix=fix)
    return found


def as_of(period: Period) -> Override:
    """The last day of a period as the day that counts."""
    return Override("as_of", period.last_day.isoformat(), f"{OPTION} {period.label}")


def _read(label: str, name: PeriodName, year_starts: int) -> Period:
    try:
        return parse_label(label, name, year_starts)
    except UsageError as error:
        raise UsageError([Problem(one.what, OPTION, one.nearest, one.fix) for one in error.problems]) from None


def _between(start: Period, end: Period, name: PeriodName, year_starts: int) -> Iterator[Period]:
    yield start
    while start.start < end.start:
        start = period_of(start.end, name, year_starts)
        yield start
