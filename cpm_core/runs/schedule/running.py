"""`cpm due`: run the reports of the ticks that are due, and write down which are done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cpm_core.model.errors import RunError, UsageError
from cpm_core.runs.schedule.cron import Schedule, Tick
from cpm_core.runs.schedule.due import Due, Policy, due, one
from cpm_core.runs.schedule.state import STATE, Done, last_done, note

STAYS_DUE = (2, 4, 130, 143)
"""Exit codes after which a tick is run again by the next call: nothing was begun, another run holds the lock, or it
was stopped. What failed is not: its cause is told, and `cpm run --as-of` makes the report once it is gone."""


@dataclass(frozen=True)
class Job:
    """Reports that one schedule makes together."""

    schedule: Schedule
    policy: Policy
    reports: tuple[Path, ...]
    """Folders of their workbooks, where it is kept what is done."""

    def due(self, now: datetime) -> Due:
        """The ticks since the last one of any of the reports: for one that has it already it is unchanged."""
        known = [last_done(report, self.schedule) for report in self.reports]
        last = min((at for at in known if at is not None), default=None)
        if last is not None and None in known and (latest := self.schedule.latest(now)) is not None:
            # One that came later begins with the latest tick, as it would alone.
            last = min(last, latest.at - timedelta(seconds=1))
        return due(self.schedule, last, now, self.policy)

    def one(self, at: datetime, now: datetime) -> Due:
        """The tick that another scheduler calls for."""
        return one(self.schedule, at, now, self.policy)

    def passed(self, found: Due) -> bool:
        """Whether a later tick than all of these is done: they are made again, and readers have a later report."""
        done = [at for at in (last_done(report, self.schedule) for report in self.reports) if at is not None]
        return any(all(tick.at < at for tick in found.run) for at in done)

    def note(self, done: Sequence[Done], now: datetime) -> None:
        """Write down what is done, for each report.

        Raises:
            RunError: It cannot be written.
        """
        for report in self.reports:
            try:
                note(report, self.schedule, done, now)
            except OSError as error:
                words = f"what is done cannot be written down: {error.strerror or error}"
                fix = "Make room or give the right to write; the next call runs it again, and finds it unchanged."
                raise RunError(words, where=str(report / STATE), fix=fix) from error


def run_due(job: Job, found: Due, run: Callable[[date], int], now: datetime) -> int:
    """Run what is due, oldest first.

    Args:
        job: What is run.
        found: What is due of it.
        run: Makes the reports of an as-of day, and returns the exit code.
        now: The present instant.

    Returns:
        0 if nothing was due; of one tick its exit code; of several 0 all, 3 some, 1 none. A tick that stays due
        ends the work with its code.
    """
    if found.skipped:
        job.note([Done(tick, "skipped") for tick in found.skipped], now)
        sys.stderr.write(f"left out: {', '.join(_shown(job.schedule, tick) for tick in found.skipped)}\n")
    codes = []
    for tick in found.run:
        code = run(tick.as_of)
        if code in STAYS_DUE:
            return code
        job.note([Done(tick, "run", code)], now)
        codes.append(code)
    if not codes:
        return 0
    # Only here, since most calls find nothing due.
    from cpm_core.runs.batch import exit_code

    return exit_code(codes)


def show_due(job: Job, found: Due, now: datetime) -> int:
    """Print what is due and when the next tick is; returns 0."""
    lines = [f"due: {_shown(job.schedule, tick)}" for tick in found.run]
    lines += [f"left out: {_shown(job.schedule, tick)}" for tick in found.skipped]
    lines += [f"next: {_shown(job.schedule, tick)}" for tick in job.schedule.coming(now, 1)]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def not_over(schedule: Schedule, zones: Sequence[str], now: datetime) -> list[str]:
    """Zones of workbooks in which the as-of day of the next tick is not over by then: half a day would be missing."""
    found = []
    for tick in schedule.coming(now, 1):
        end = datetime.combine(tick.as_of + timedelta(days=1), time())
        found += [zone for zone in zones if end.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) > tick.at]
    return found


def show_coming(schedule: Schedule, now: datetime, count: int = 5) -> int:
    """Print the next ticks of a schedule; returns 0."""
    lines = [_shown(schedule, tick) for tick in schedule.coming(now, count)]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def instant(words: str | None) -> datetime:
    """Read an instant with its offset, as `2026-02-01T06:00+08:00`; None is the present.

    Raises:
        UsageError: It is none, or has no offset.
    """
    if words is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(words.strip())
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        fix = "Write date, time and offset, as 2026-02-01T06:00+08:00."
        raise UsageError(f"{words!r} is no instant", where="--now or --tick", fix=fix)
    return found.astimezone(UTC)


def _shown(schedule: Schedule, tick: Tick) -> str:
    return f"{schedule.local(tick):%Y-%m-%d %H:%M} {schedule.zone}, as of {tick.as_of}"
