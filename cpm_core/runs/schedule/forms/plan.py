"""What is to be scheduled, as every form needs it."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cpm_core.model.errors import Problem, UsageError
from cpm_core.model.secrets import scrubbed
from cpm_core.runs.schedule.cron import Schedule, simulated
from cpm_core.runs.schedule.due import Policy

LONGEST_NAME = 48
"""Kubernetes puts eleven characters behind the name of a cron job, and takes 63 in all; `cpm-` stands before it."""
AHEAD = 3 * 366
"""Days that are looked through for changes of the clock: rules of zones change, but not the hour within a year."""


@dataclass(frozen=True)
class Fields:
    """An expression as sorted numbers; empty: any."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    """0 is Sunday."""


@dataclass(frozen=True)
class Plan:
    """A schedule, the command that it calls, and where."""

    name: str
    """Of units, jobs and files, behind `cpm-`."""
    schedule: Schedule
    policy: Policy
    options: tuple[str, ...]
    """Of `cpm due`: the schedule and the policy, in words."""
    words: tuple[str, ...]
    """Those of `cpm run`: params files and options."""
    folder: str
    """The working folder."""
    out: str
    """Where reports are published: from the working folder, or from the root."""
    program: str = "cpm"
    user: str = ""
    """Who runs it; empty: whoever the scheduler takes."""
    image: str = ""
    """A container's; for Kubernetes."""
    today: date = date(2000, 1, 1)
    """The day on which the files are written."""

    def command(self, *more: str) -> list[str]:
        """The words of the command."""
        return [self.program, "due", *self.options, *more, *self.words]

    @property
    def title(self) -> str:
        """In one line."""
        return f"Reports of {self.name}: {self.schedule.cron} ({self.schedule.zone})"

    @property
    def fields(self) -> Fields:
        """The schedule's expression in numbers."""
        found = simulated(self.schedule.cron)
        weekdays = {day % 7 for day in found.weekdays if isinstance(day, int)}
        return Fields(
            _any(found.minutes, 60), _any(found.hours, 24), _any(found.days, 31), _any(found.months, 12),
            _any(weekdays, 7),
        )  # fmt: skip

    @property
    def moved(self) -> tuple[tuple[int, int], ...]:
        """Hours and minutes at which a tick comes on the day when its own time is skipped by the clocks.

        Most schedulers leave such a tick out, so that they are to call at these times as well.
        """
        fields, zone = self.fields, ZoneInfo(self.schedule.zone)
        if not fields.hours or not fields.minutes:
            return ()
        days = (self.today + timedelta(days=number) for number in range(AHEAD))
        changes = [day for day in days if _gains(day, zone)]
        times = [(hour, minute) for hour in fields.hours for minute in fields.minutes]
        found = {_moved(day, hour, minute, zone) for day in changes for hour, minute in times}
        return tuple(sorted(found - {*times}))


def check(plan: Plan) -> None:
    """See that a plan can be written down.

    Raises:
        UsageError: A word has a line break, or a secret would stand in the file.
    """
    problems = []
    for word in (*plan.command(), plan.folder, plan.out):
        if any(ord(character) < 32 for character in word):
            problems.append(Problem("a line break or tab cannot stand in a schedule", repr(word), fix="Rename it."))
        if scrubbed(word) != word:
            fix = "Refer to it as secret://env/NAME, and give NAME to the scheduler's environment."
            problems.append(Problem("a secret would stand in the file", scrubbed(word), fix=fix))
    if problems:
        raise UsageError(problems)


def name_of(words: str) -> str:
    """A name that every scheduler takes: small letters, digits and hyphens, of bounded length."""
    plain = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "reports"
    if len(plain) <= LONGEST_NAME - 4:
        return plain
    return f"{plain[: LONGEST_NAME - 13].rstrip('-')}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"


def program() -> str:
    """The `cpm` that is running, in full: a scheduler has a path of its own."""
    here = Path(sys.executable).with_name("cpm.exe" if sys.platform == "win32" else "cpm")
    return str(here) if here.is_file() else shutil.which("cpm") or "cpm"


def _any(numbers: set[int], count: int) -> tuple[int, ...]:
    return () if len(numbers) == count else tuple(sorted(numbers))


def _gains(day: date, zone: ZoneInfo) -> bool:
    """Whether the clocks go forward on a day."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    before, after = start.utcoffset(), end.utcoffset()
    return before is not None and after is not None and after > before


def _moved(day: date, hour: int, minute: int, zone: ZoneInfo) -> tuple[int, int]:
    """The time on the clock at which a time of the day comes, which may be skipped."""
    wall = datetime.combine(day, time(hour, minute))
    while wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        wall += timedelta(minutes=1)
    return wall.hour, wall.minute
