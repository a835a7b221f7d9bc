"""A line for `crontab`.

Only some crons know zones (`CRON_TZ`; Debian's does not), and none makes up what it missed. So the line wakes `cpm due`
each quarter of an hour, which knows the zone and what is done: zones differ by whole quarters of an hour, so a tick falls
on one of these minutes whatever the machine's own zone is.
"""

from __future__ import annotations

import shlex

from cpm_core.model.errors import UsageError
from cpm_core.runs.schedule.forms.plan import Plan

QUARTERS = (0, 15, 30, 45)
LONGEST = 990
"""Characters of a command: Debian's cron takes 998."""


def files(plan: Plan) -> dict[str, str]:
    """The crontab by its name.

    Raises:
        UsageError: The command is longer than a crontab takes.
    """
    command = f"cd {shlex.quote(plan.folder)} && {shlex.join(plan.command())}"
    # An unescaped % ends the command in a crontab, within quotes too.
    command = command.replace("%", r"\%")
    if len(command) > LONGEST:
        what = f"the command has {len(command)} characters, and a crontab takes {LONGEST}"
        raise UsageError(
            what, where="--print cron", fix="Put what is said by -p and -y into a file, and name it by -f."
        )
    minutes = sorted({(minute + more) % 60 for minute in plan.fields.minutes for more in QUARTERS})
    when = ",".join(map(str, minutes)) or "*"
    text = (
        f"# {plan.title}\n"
        "# cron knows neither this zone nor what it has missed; the command does, and ends at once if nothing is due.\n"
        f"{when} * * * * {command}\n"
    )
    return {f"cpm-{plan.name}.crontab": text}
