"""A plan in which each form has something to escape, with a program that prints what it is given."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from cpm_core.runs.schedule.cron import schedule_of
from cpm_core.runs.schedule.due import Policy
from cpm_core.runs.schedule.forms.plan import Plan

HARD = ("params/it's.yaml", "-p", "title.en", '100% "sure" of $HOME, ${USER} \\ $(date); `id` {{ ds }} #1', "")
"""Words of `cpm run`."""
OPTIONS = ("--cron", "30 2 * * *", "--timezone", "Europe/Berlin", "--missed", "latest")
FOLDER = 'it\'s 100% "my" $shop'
PRINTS = "#!{python}\nimport json, os, sys\nprint(json.dumps([os.getcwd(), *sys.argv[1:]]))\n"
"""Prints its working folder and its words."""


def hard_plan(folder: Path) -> Plan:
    """A plan for a folder and a program whose names are hard to write down, too."""
    home = folder / FOLDER
    (home / "bin").mkdir(parents=True)
    program = home / "bin" / "cpm"
    program.write_text(PRINTS.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    return Plan(
        name="shop",
        schedule=schedule_of("30 2 * * *", "Europe/Berlin"),
        policy=Policy("latest"),
        options=OPTIONS,
        words=HARD,
        folder=str(home),
        out="my reports",
        program=str(program),
        user="root",
        image="registry.example/cpm:1",
        today=date(2026, 1, 1),
    )
