"""`cpm schedule` and `cpm due`: runs by the clock.

Both take the words of `cpm run`, params files and options, beside their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cpm_core.cli.app import app
from cpm_core.cli.options import PAIR, overrides_of
from cpm_core.model.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

    from cpm_core.params.overrides import Override
    from cpm_core.params.schema import Params
    from cpm_core.runs.schedule.cron import Schedule
    from cpm_core.runs.schedule.due import Policy

OTHERS = {"allow_extra_args": True, "ignore_unknown_options": True}

Words = Annotated[
    list[str], typer.Argument(metavar="PARAMS", help="Params files, and options of `cpm run`, as `--out DIR`.")
]
Cron = Annotated[str, typer.Option("--cron", metavar="EXPRESSION", help="When: five fields, as '0 6 1 * *'.")]
Zone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="Of these times; left out: that of the params.")
]
Missed = Annotated[
    Literal["skip", "latest", "all"],
    typer.Option("--missed", help="Of runs that were missed, make none, the latest or all."),
]
MaxAge = Annotated[
    str | None,
    typer.Option("--max-age", metavar="AGE", help="Leave out what is later than 90m, 36h or 7d; with skip: 1h."),
]
DaysBack = Annotated[
    int, typer.Option("--days-back", metavar="N", min=0, help="The as-of day is so many days before the run's.")
]


@app.command(context_settings=OTHERS)
def schedule(
    words: Words,
    *,
    cron: Cron,
    timezone: Zone = None,
    missed: Missed = "latest",
    max_age: MaxAge = None,
    days_back: DaysBack = 1,
    form: Annotated[
        Literal["cron", "systemd", "airflow", "kubernetes"] | None,
        typer.Option("--print", help="For which scheduler; left out: show the next runs and their as-of days."),
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="DIR", help="Write the files there.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Of the job; left out: the workbook's.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            metavar="DIR",
            help="The container's working folder, for Kubernetes; the others run where you are now.",
        ),
    ] = None,
    image: Annotated[str, typer.Option("--image", metavar="IMAGE", help="The container's, for Kubernetes.")] = "",
) -> int:
    """Print files that make a scheduler run reports: cron, systemd, Airflow or Kubernetes.

    They call `cpm due`. A run at 06:00 on 1 February is as of 31 January, the last day that is over.
    """
    from cpm_core.runs.schedule.due import Policy
    from cpm_core.runs.schedule.printing import print_files, write_files
    from cpm_core.runs.schedule.running import instant, not_over, show_coming

    asked = _asked(words)
    when = _schedule(asked, cron, timezone, days_back)
    for zone in not_over(when, asked.zones, instant(None)):
        typer.echo(f"The as-of day is not over in {zone}, where the workbook is, when its report is made.", err=True)
    if form is None:
        return show_coming(when, instant(None))
    policy = Policy(missed, _age(max_age))
    plan = _plan(asked, when, policy, form, name, folder, image, max_age)
    return print_files(plan, form) if to is None else write_files(plan, form, to)


@app.command(context_settings=OTHERS)
def due(
    words: Words,
    *,
    cron: Cron,
    timezone: Zone = None,
    missed: Missed = "latest",
    max_age: MaxAge = None,
    days_back: DaysBack = 1,
    tick: Annotated[
        str | None,
        typer.Option("--tick", metavar="TIME", help="Make the run of this time, though it is done already."),
    ] = None,
    now: Annotated[
        str | None, typer.Option("--now", metavar="TIME", help="As if it were then, as 2026-02-01T06:00+08:00.")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Show what is due, and make nothing.")] = False,
) -> int:
    """Make the reports of a schedule that are due and not made yet.

    What is done is kept in `schedule.json` of each report. Exit codes are those of `cpm run`; 0 if nothing is due.
    """
    from cpm_core.runs.schedule.due import Policy
    from cpm_core.runs.schedule.running import Job, instant, run_due, show_due

    asked = _asked(words)
    when = _schedule(asked, cron, timezone, days_back)
    job = Job(when, Policy(missed, _age(max_age)), tuple(asked.out / one for one in asked.workbooks))
    present = instant(now)
    found = job.due(present) if tick is None else job.one(instant(tick), present)
    if show:
        return show_due(job, found, present)
    return run_due(job, found, partial(asked.run, keep_latest=job.passed(found)), present)


@dataclass(frozen=True)
class _Asked:
    """The words of `cpm run` that a schedule is given, read and checked."""

    words: tuple[str, ...]
    out: Path
    workbooks: tuple[str, ...]
    zones: tuple[str, ...]

    def run(self, as_of: date, *, keep_latest: bool) -> int:
        """Make the reports as of a day; returns the exit code."""
        from cpm_core.cli import main

        return main([*self.plain, "--as-of", str(as_of), *(["--keep-latest"] if keep_latest else [])])

    @property
    def plain(self) -> list[str]:
        """The command line, as a person writes it."""
        return ["run", *plain(self.words)]


def plain(words: Sequence[str]) -> list[str]:
    """Words with NAME and VALUE of `-p` and `-r` apart again."""
    return [part for word in words for part in word.split(PAIR)]


def _asked(words: Sequence[str]) -> _Asked:
    """Read the words of `cpm run`, and the params files that they name.

    Raises:
        UsageError: All that is wrong with the params, or a word that a schedule cannot take.
    """
    said = _parsed(words)
    if said["as_of"] is not None:
        fix = "Leave it out; --days-back says how many days before the run it lies."
        raise UsageError("the schedule gives the as-of day", where=f"--as-of {said['as_of']}", fix=fix)
    if said["backfill"]:
        fix = "Leave it out; --missed says what becomes of runs that were missed."
        raise UsageError("a schedule fills in no earlier periods", where=f"--backfill {said['backfill']}", fix=fix)
    kinds = ("base64", "file", "yaml", "parameters", "raw", "as_of", "disable_plugin")
    found = _read(said["params"], overrides_of(*(said[kind] for kind in kinds)))
    workbooks = tuple(dict.fromkeys(one.workbook for one in found))
    return _Asked(tuple(words), said["out"], workbooks, tuple(dict.fromkeys(one.timezone for one in found)))


def _read(paths: Sequence[str], overrides: Sequence[Override]) -> list[Params]:
    """The params files; what is wrong with any of them is told at once."""
    from cpm_core.runs.request import request

    found, problems = [], []
    for path in paths:
        try:
            found.append(request(path, overrides)[1])
        except UsageError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise UsageError(problems)
    return found


def _parsed(words: Sequence[str]) -> dict[str, Any]:
    """What `cpm run` makes of its words; errors in them are its own."""
    commands: Any = typer.main.get_command(app)
    said: dict[str, Any] = commands.commands["run"].make_context("cpm run", list(words)).params
    return said


def _schedule(asked: _Asked, cron: str, timezone: str | None, days_back: int) -> Schedule:
    from cpm_core.runs.schedule.cron import schedule_of

    if timezone is None and len(asked.zones) > 1:
        what = f"the params are of several time zones: {', '.join(asked.zones)}"
        raise UsageError(what, where="--timezone", fix="Say in which one the times of the schedule are.")
    return schedule_of(cron, timezone or asked.zones[0], days_back)


def _age(words: str | None) -> Any:
    from cpm_core.runs.schedule.due import age_of

    return None if words is None else age_of(words)


def _plan(
    asked: _Asked,
    when: Schedule,
    policy: Policy,
    form: str,
    name: str | None,
    folder: Path | None,
    image: str,
    max_age: str | None,
) -> Any:
    import getpass

    from cpm_core.runs.schedule.forms.plan import Plan, name_of, program
    from cpm_core.runs.schedule.running import instant

    options = ["--cron", when.cron, "--timezone", when.zone, "--missed", policy.missed]
    options += ["--max-age", max_age] if max_age else []
    options += ["--days-back", str(when.days_back)] if when.days_back != 1 else []
    apart = form == "kubernetes"
    if folder is not None and not apart:
        fix = "Leave it out, and call `cpm schedule` in the folder where the reports are to run."
        raise UsageError("only a container's folder can be named", where=f"--folder {folder}", fix=fix)
    return Plan(
        name=name_of(name or "-".join(asked.workbooks)),
        schedule=when,
        policy=policy,
        options=tuple(options),
        words=tuple(plain(asked.words)),
        folder=str(folder or Path.cwd()),
        out=str(asked.out),
        program="cpm" if apart else program(),
        user=getpass.getuser() if form == "systemd" else "",
        image=image,
        today=instant(None).date(),
    )
