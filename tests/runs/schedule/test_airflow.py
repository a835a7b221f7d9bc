"""The DAG file, read by Airflow in an environment of its own (`benchmarks/airflow`)."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from cpm_core.runs.schedule.cron import schedule_of
from cpm_core.runs.schedule.due import Policy
from cpm_core.runs.schedule.forms import files
from cpm_core.runs.schedule.forms.plan import Plan
from tests.runs.schedule.words import HARD, OPTIONS, hard_plan

READER = Path(__file__).with_name("airflow_reads.py")


@pytest.fixture(scope="module")
def airflow(repository):
    """The interpreter of an environment with Airflow; made once, in the folder that `make bench` uses too."""
    folder = repository / "benchmarks" / "airflow"
    python = folder / ".venv" / "bin" / "python"
    if not (folder / ".venv" / ".ready").is_file():
        subprocess.run([repository / "tools" / "venv.sh", folder / ".venv", folder / "airflow.lock"], check=True)
        (folder / ".venv" / ".ready").touch()
    return python


def read(airflow: Path, plan: Plan, tmp_path: Path, first: str, last: str) -> dict:
    """What Airflow says of the file."""
    dags = tmp_path / "dags"
    dags.mkdir()
    for name, text in files(plan, "airflow").items():
        (dags / name).write_text(text, encoding="utf-8")
    home = {"AIRFLOW_HOME": str(tmp_path / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    environment = {**{name: text for name, text in os.environ.items() if name != "PYTHONPATH"}, **home}
    done = subprocess.run(
        [airflow, READER, dags, first, last], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.soak
def test_airflow_imports_the_file_and_runs_the_command_with_every_word_on_both_days_of_change(airflow, tmp_path):
    plan = hard_plan(tmp_path)
    for day, following in (("2026-03-28", "2026-03-31"), ("2026-10-24", "2026-10-27")):
        folder = tmp_path / day
        folder.mkdir()
        said = read(airflow, plan, folder, f"{day}T00:00:00+01:00", f"{following}T00:00:00+01:00")
        assert said["errors"] == {}
        assert (said["dag"], said["catchup"], said["max_active_runs"], said["retries"]) == ("cpm-shop", False, 1, 0)
        schedule, ticks = plan.schedule, []
        for at, command in said["runs"]:
            done = subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, check=True)
            assert json.loads(done.stdout) == [plan.folder, "due", *OPTIONS, *HARD, "--tick", at]
            ticks.append(schedule.latest(datetime.fromisoformat(at)))
        # Airflow calls at 03:30 where 02:30 is skipped: of each day it is the one tick.
        first = date.fromisoformat(day)
        assert [schedule.local(tick).date() for tick in ticks] == [first.replace(day=first.day + n) for n in range(3)]


@pytest.mark.soak
def test_airflow_catches_up_where_all_missed_runs_are_to_be_made(airflow, tmp_path):
    plan = replace(hard_plan(tmp_path), policy=Policy("all"), schedule=schedule_of("0 6 1 * *", "Asia/Shanghai"))
    said = read(airflow, plan, tmp_path, "2011-12-15T00:00:00+08:00", "2012-04-15T00:00:00+08:00")
    assert said["catchup"]
    found = [plan.schedule.latest(datetime.fromisoformat(at)) for at, _ in said["runs"]]
    months = [date(2011, 12, 31), date(2012, 1, 31), date(2012, 2, 29), date(2012, 3, 31)]
    assert [tick.as_of for tick in found] == months


def test_the_file_is_python_and_escapes_what_templates_would_fill_in(tmp_path):
    (text,) = files(hard_plan(tmp_path), "airflow").values()
    compile(text, "dag.py", "exec")
    assert "{% raw %}" in text
