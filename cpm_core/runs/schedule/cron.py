"""A schedule: a cron expression in a named time zone, its ticks, and the day that each stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cpm_core.model.errors import Problem, UsageError

if TYPE_CHECKING:
    from cronsim import CronSim

FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
RANGES = dict(zip(FIELDS, ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7)), strict=True))
SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
MARGIN = timedelta(days=1)
"""More than any change of a clock: so far back ticks are looked for, since they are found by the time on the wall."""


@dataclass(frozen=True, order=True)
class Tick:
    """One time at which a schedule is due."""

    at: datetime
    """UTC. (Times of one zone are compared by the wall clock, which an hour in autumn shows twice.)"""
    as_of: date
    """The day that its report is of."""


@dataclass(frozen=True)
class Schedule:
    """When reports are due, and of which day they are."""

    cron: str
    """Five fields, checked."""
    zone: str
    """An IANA name."""
    days_back: int = 1
    """From the tick's local date to the as-of day. 1: the last day that is over."""

    def ticks(self, after: datetime, until: datetime) -> Iterator[Tick]:
        """Ticks after one instant until another (inclusive), in order, each once."""
        last = after
        for at in self._found(after - MARGIN):
            if at > until:
                return
            if at > last:
                last = at
                yield self._tick(at)

    def coming(self, after: datetime, count: int) -> list[Tick]:
        """The next ticks after an instant."""
        return list(islice(self.ticks(after, datetime.max.replace(tzinfo=UTC)), count))

    def latest(self, now: datetime) -> Tick | None:
        """The last tick at or before an instant; None if there is none in fifty years."""
        from cronsim import CronSim

        # Found backwards on the wall clock, then exactly by going forwards from before it.
        near = next(CronSim(self.cron, (now + MARGIN).astimezone(ZoneInfo(self.zone)), reverse=True), None)
        while near is not None:
            found = list(self.ticks(near.astimezone(UTC) - 2 * MARGIN, now))
            if found:
                return found[-1]
            near = next(CronSim(self.cron, near - MARGIN, reverse=True), None)
        return None

    def _found(self, start: datetime) -> Iterator[datetime]:
        """Ticks by the wall clock; one in an hour that is skipped comes at its end, as Debian's cron has it."""
        from cronsim import CronSim

        for local in CronSim(self.cron, start.astimezone(ZoneInfo(self.zone))):
            yield local.astimezone(UTC)

    def _tick(self, at: datetime) -> Tick:
        local = at.astimezone(ZoneInfo(self.zone))
        return Tick(at, local.date() - timedelta(days=self.days_back))

    def local(self, tick: Tick) -> datetime:
        """A tick's time on the zone's clocks."""
        return tick.at.astimezone(ZoneInfo(self.zone))


def schedule_of(cron: str, zone: str, days_back: int = 1) -> Schedule:
    """Check a cron expression and a zone.

    Raises:
        UsageError: All that is wrong with them.
    """
    problems = [*_wrong_cron(cron), *_wrong_zone(zone)]
    if problems:
        raise UsageError(problems)
    return Schedule(" ".join(cron.split()), zone, days_back)


def simulated(cron: str) -> CronSim:
    """The fields of an expression as sets of numbers: `minutes`, `hours`, `days`, `months`, `weekdays`."""
    from cronsim import CronSim

    return CronSim(cron, datetime(2000, 1, 1))


def _wrong_cron(cron: str) -> Iterator[Problem]:
    from cronsim import CronSimError

    words, where = cron.split(), f"--cron {cron!r}"
    example = "Write five fields: minute, hour, day of the month, month, day of the week, as '0 6 1 * *'."
    if cron.strip().lower() in SHORTHANDS:
        yield Problem(f"{cron} is no five fields", where, fix=f"Write '{SHORTHANDS[cron.strip().lower()]}'.")
    elif len(words) != len(FIELDS):
        yield Problem(f"a cron expression has five fields, not {len(words)}", where, fix=example)
    elif any(mark in word for word in words for mark in ("#", "?")) or "L" in (words[2] + words[4]).upper():
        what = "L, # and ? are not understood by every scheduler"
        yield Problem(what, where, fix="Write numbers, names, lists, ranges and steps; the first of the month is 1.")
    elif words[2] != "*" and words[4] != "*":
        # One cron takes either day, another both, and what */2 counts as differs once more.
        what = "days of the month and of the week at once mean different days to different schedulers"
        yield Problem(what, where, fix="Leave one of the two *, or make two schedules.")
    else:
        try:
            simulated(cron)
        except CronSimError as error:
            yield _wrong_field(words, str(error), where)


def _wrong_field(words: Sequence[str], error: str, where: str) -> Problem:
    """In our words; cronsim's are as `Bad day-of-month`."""
    name = error.removeprefix("Bad ").replace("day-of-month", FIELDS[2]).replace("day-of-week", FIELDS[4])
    word = words[FIELDS.index(name)]
    if name == FIELDS[2] and _is_field(word):
        what = f"day {word} is in none of the months {words[3]}: it would never come"
        return Problem(what, where, fix="Write a day that one of them has; 1 is in each.")
    least, most = RANGES[name]
    fix = f"Write {least} to {most}, a list as {least},{least + 1}, a range as {least}-{most}, or *."
    return Problem(f"{word!r} is no {name}", where, fix=fix)


def _is_field(day: str) -> bool:
    from cronsim import CronSimError

    try:
        simulated(f"0 0 {day} * *")
    except CronSimError:
        return False
    return True


def _wrong_zone(zone: str) -> Iterator[Problem]:
    from pydantic_core import PydanticCustomError

    from cpm_core.params.values import to_zone

    try:
        to_zone(zone)
    except PydanticCustomError as error:
        about = error.context or {}
        yield Problem(error.message(), f"--timezone {zone}", tuple(about.get("nearest", ())), str(about.get("fix", "")))
