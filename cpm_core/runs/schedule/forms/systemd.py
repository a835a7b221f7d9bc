"""A service and a timer for systemd."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cpm_core.runs.schedule.forms.plan import Plan

DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")

SERVICE = """\
[Unit]
Description={title}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
{user}WorkingDirectory={folder}
# Secrets as NAME=value, in a file that only root can read; params refer to them as secret://env/NAME.
EnvironmentFile=-/etc/cpm/{name}.env
ExecStart={command}
# cpm ends its kernels itself.
KillMode=mixed
"""
TIMER = """\
[Unit]
Description={title}

[Timer]
{calendar}
{missed}RandomizedDelaySec=1min

[Install]
WantedBy=timers.target
"""
SKIPPED = "# On the day when the clocks skip the time above, the report is due when they go on.\n"
MADE_UP = "# What was missed is made up, also what was cut off by a restart.\nPersistent=true\nOnBootSec=2min\n"


def files(plan: Plan) -> dict[str, str]:
    """The units by their names."""
    title = plan.title.replace("%", "%%")
    service = SERVICE.format(
        title=title,
        name=plan.name,
        user=f"User={plan.user}\n" if plan.user else "",
        folder=plan.folder.replace("%", "%%"),
        command=_line(plan.command()),
    )
    missed = "" if plan.policy.missed == "skip" else MADE_UP
    timer = TIMER.format(title=title, calendar="\n".join(_calendar(plan)), missed=missed)
    return {f"cpm-{plan.name}.service": service, f"cpm-{plan.name}.timer": timer}


def _calendar(plan: Plan) -> Iterator[str]:
    fields = plan.fields
    days = ",".join(DAYS[day] for day in fields.weekdays)
    date = f"{days} *-{_list(fields.months)}-{_list(fields.days)}".strip()
    yield f"OnCalendar={date} {_list(fields.hours)}:{_list(fields.minutes)}:00 {plan.schedule.zone}"
    if plan.moved:
        yield SKIPPED.rstrip("\n")
    for hour, minute in plan.moved:
        yield f"OnCalendar={date} {hour:02d}:{minute:02d}:00 {plan.schedule.zone}"


def _list(numbers: Sequence[int]) -> str:
    return ",".join(f"{number:02d}" for number in numbers) or "*"


def _line(words: Sequence[str]) -> str:
    """A command line as systemd reads it."""
    # A program's own name takes not all that a word may hold.
    words = words if re.fullmatch(r"[\w/.@+:-]+", words[0]) else ["/usr/bin/env", *words]
    return " ".join(_quoted(word).replace("$", "$$") for word in words)


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    plain = escaped == word and word and not set(word) & set(" ';")
    return word if plain else f'"{escaped}"'
