"""A planted secret is in no byte of what any run leaves or says, failed or not."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from cpm_core.model.secrets import HIDDEN
from cpm_core.params.overrides import from_command_line
from cpm_core.runs.batch import run_reports
from cpm_core.runs.status import read_status
from tests.runs.forked import ROOT
from tests.runs.planted import BENEATH, OPEN, PIECES, RAISES, REFERENCE, SHOWN, VARIABLE, WAITS, WHOLE, Leaky


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    """A report that stands, one whose source fails, one whose cell fails, and one whose runner was killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
        patch.delenv("CPM_STRICT")
        made = Leaky(tmp_path_factory.mktemp("leaky") / "shop")
        source, cell = (
            made.report("source", OPEN, breaks=True),
            made.report("cell", OPEN, SHOWN, BENEATH, PIECES, RAISES),
        )
        made.code = made.run(made.report("whole", *WHOLE), source, cell, "--jobs", "1").wait(300)
        made.killed_while_it_waits(made.report("killed", OPEN, SHOWN, WAITS))
        return made


def test_each_run_ends_as_it_should(leaky):
    assert leaky.code == 3, leaky.told()
    states = {name: read_status(leaky.out / name).state for name in ("whole", "source", "cell", "killed")}
    assert states == {"whole": "published", "source": "failed", "cell": "failed", "killed": "died"}
    assert any("reports/killed/.work-" in name for name in leaky.left())
    for name in ("source", "cell", "killed"):
        assert not (leaky.out / name / "latest").exists()


def test_no_byte_holds_it(leaky):
    assert leaky.leaks() == []


def test_the_search_finds_what_is_there(tmp_path):
    made = Leaky(tmp_path / "shop")
    frame = pd.DataFrame({"a": [f"x {made.value} y"] * 9})
    frame.to_parquet(made.home / "a.parquet", compression="gzip")
    with zipfile.ZipFile(made.home / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("c.xml", made.value * 9)
    (made.home / "d.json").write_text(json.dumps({"a": made.value}), encoding="utf-8")
    assert {one.partition(":")[0] for one in made.leaks()} == {"a.parquet", "b.xlsx", "d.json"}


def test_it_is_hidden_where_it_would_stand(leaky):
    """That nothing is found is worth something only if it was on its way there."""
    run = leaky.out / "whole" / "runs" / leaky.latest("whole")
    notebook = (run / "report.ipynb").read_text(encoding="utf-8")
    for words in ("printed", "written", "logged", "Chart of"):
        assert f"{words} {HIDDEN}" in notebook, words
    page = (run / "report.html").read_text(encoding="utf-8")
    assert f"printed {HIDDEN}" in page
    rejects = pd.read_parquet(run / "rejects.parquet")
    assert HIDDEN in rejects["value"].tolist()
    facts = pd.read_parquet(run / "facts.parquet")
    assert f"by {HIDDEN}" in facts["member"].tolist()
    assert any(HIDDEN in reason for reason in facts.loc[facts["kpi"] == "leaking", "reason"])
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert record["notebook_parameters"]["token"] == REFERENCE
    assert any(HIDDEN in words for words in record["degraded"])
    told = leaky.told()
    assert f"fetching with {HIDDEN}" in told
    assert f"asking postgresql://ada:{HIDDEN}@db.example/shop with {HIDDEN}" in told


def test_why_runs_failed_is_told_without_it(leaky):
    told = leaky.told()
    assert "could not connect to" in told
    assert "was refused for cell" in told
    (kept,) = (leaky.out / "cell" / "failed").iterdir()
    log = (kept / "kernel.log").read_text(encoding="utf-8")
    assert f"past Python {HIDDEN}" in log
    assert f"a child {HIDDEN}" in log
    partial = (kept / "report.ipynb").read_text(encoding="utf-8")
    assert f"{HIDDEN} was refused for cell" in partial
    assert HIDDEN in (kept / "error.txt").read_text(encoding="utf-8")
    for name in ("source", "cell"):
        assert HIDDEN in "".join(read_status(leaky.out / name).problems)


def test_a_secret_that_is_not_there_or_is_written_out_ends_it_before_anything_is_read(tmp_path, monkeypatch):
    made = Leaky(tmp_path / "shop")
    monkeypatch.chdir(made.home)
    monkeypatch.delenv(VARIABLE, raising=False)
    told = io.StringIO()
    path = made.report("whole", *WHOLE)
    assert run_reports([path], [], made.out, console=Console(file=told, width=400)) == 2
    said = from_command_line(parameters=[("sources.0.token", "hunter2-horse")])
    assert run_reports([path], said, made.out, console=Console(file=told, width=400)) == 2
    words = told.getvalue()
    assert words.count(f"the environment variable {VARIABLE} of {REFERENCE} is not set") == 4
    assert "params/whole.yaml:9" in words
    assert "sources.0.token: a secret is written out there" in words
    assert "hunter2-horse" not in words
    assert not made.out.exists()


@pytest.mark.soak
@pytest.mark.parametrize(
    "value",
    ["hunter2-correct-horse", "sk_1234567890abcdefghijklmnop", "密码是很长的秘密词语", "a'b\"c<d>&e%f\\g", "x" * 200],
    ids=["plain", "token", "chinese", "signs", "long"],
)
@pytest.mark.parametrize("way", ["cpm", "batch", "papermill", "engine"])
def test_whatever_the_value_and_the_way(value, way, tmp_path, monkeypatch):
    monkeypatch.delenv("CPM_STRICT", raising=False)
    made = Leaky(tmp_path / "shop", value)
    # What is printed past Python only our own engine hears; what comes in pieces papermill's log tells in pieces.
    beneath = {"papermill": (), "engine": (BENEATH,)}.get(way, (BENEATH, PIECES))
    whole, cell = made.report("whole", *WHOLE), made.report("cell", OPEN, SHOWN, *beneath, RAISES)
    if way == "cpm":
        processes = [made.run(whole), made.run(cell)]
    elif way == "batch":
        processes = [made.run(whole, cell, "--jobs", "2")]
    else:
        engine = ["--engine", "cpm"] if way == "engine" else []
        processes = [
            made.started(
                "papermill", f"notebooks/{name}.ipynb", f"{name}.out.ipynb", *engine,
                "-p", "params", f"params/{name}.yaml", "-p", "token", REFERENCE, "--log-output", "--cwd", ".",
            )
            for name in ("whole", "cell")
        ]  # fmt: skip
    for process in processes:
        process.wait(300)
    assert "was refused for cell" in made.told()
    assert made.leaks() == []
    notebooks = [path for path in Path(made.home).rglob("*.ipynb") if path.parent.name != "notebooks"]
    assert notebooks
