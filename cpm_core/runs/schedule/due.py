"""Which ticks of a schedule are to be run now: those since the last one, by the policy for missed ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cpm_core.model.errors import UsageError
from cpm_core.runs.schedule.cron import Schedule, Tick

Missed = Literal["skip", "latest", "all"]
"""`skip`: a tick that was not run in time is left out; `latest`: of several the last is run; `all`: each is."""
POLICIES: tuple[Missed, ...] = ("latest", "all", "skip")
IN_TIME = timedelta(hours=1)
"""With `skip`, how late a tick may be run."""
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Policy:
    """What becomes of ticks that were missed."""

    missed: Missed = "latest"
    max_age: timedelta | None = None
    """Older ticks are left out; None: with `skip` an hour, else they may be as old as they are."""

    @property
    def oldest(self) -> timedelta | None:
        """How old a tick may be that is run."""
        return self.max_age if self.max_age is not None or self.missed != "skip" else IN_TIME


@dataclass(frozen=True)
class Due:
    """Ticks to run and ticks to leave out, each in order."""

    run: tuple[Tick, ...] = ()
    skipped: tuple[Tick, ...] = ()


def due(schedule: Schedule, last: datetime | None, now: datetime, policy: Policy) -> Due:
    """What is due.

    Args:
        schedule: Its ticks.
        last: The last tick that was run or left out; None: nothing is known, and the latest tick begins the schedule.
        now: The present instant.
        policy: What becomes of missed ticks.
    """
    if last is None:
        first = schedule.latest(now)
        found = [first] if first is not None else []
    else:
        found = list(schedule.ticks(last, now))
    return _sorted_out(found, now, policy)


def _sorted_out(found: Iterable[Tick], now: datetime, policy: Policy) -> Due:
    run: list[Tick] = []
    skipped: list[Tick] = []
    for tick in found:
        (skipped if policy.oldest is not None and now - tick.at > policy.oldest else run).append(tick)
    if policy.missed != "all" and run:
        *earlier, newest = run
        run, skipped = [newest], [*skipped, *earlier]
    return Due(tuple(run), tuple(skipped))


def one(schedule: Schedule, at: datetime, now: datetime, policy: Policy) -> Due:
    """The tick that another scheduler calls for: the last one at or before an instant, whether it was run or not."""
    tick = schedule.latest(at)
    return Due() if tick is None else _sorted_out([tick], now, policy)


def age_of(words: str) -> timedelta:
    """Read `90m`, `36h` or `7d`.

    Raises:
        UsageError: It is no such length of time.
    """
    match = re.fullmatch(r"(\d{1,6})([mhd])", words.strip())
    if match is None or not int(match[1]):
        raise UsageError(f"{words!r} is no length of time", where="--max-age", fix="Write 90m, 36h or 7d.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
