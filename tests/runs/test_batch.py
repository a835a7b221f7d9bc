from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import nbformat
import pandas as pd
import pytest

from cpm_core.params.overrides import Override
from cpm_core.runs.batch import exit_code, run_reports
from cpm_core.runs.record import read_record, sha256
from cpm_core.runs.status import read_status

OBSERVER = """\
from pathlib import Path
from cpm_core.api import hookimpl

def note(run, what):
    with (Path(run.params).parent / "seen.txt").open("a") as file:
        file.write(f"{what} {run.workbook} {run.as_of} {run.id[:10]} {run.folder is not None}\\n")

@hookimpl
def cpm_run_started(run):
    note(run, "started")

@hookimpl
def cpm_run_published(run):
    note(run, "published")
    raise ValueError("no mail server")

@hookimpl
def cpm_run_failed(error, run):
    note(run, f"failed {type(error).__name__}")
"""
KILLER = """\
import os, signal
from cpm_core.api import hookimpl

@hookimpl
def cpm_run_started(run):
    if run.workbook == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
"""
NO_SERVER = '    raise ValueError("no mail server")'


def said(**values):
    return [Override(key, value, f"-p {key}") for key, value in values.items()]


def test_a_report_is_published_then_unchanged_then_forced(project, capsys):
    assert run_reports(["tiny"], [], project.out) == 0
    out, err = capsys.readouterr()
    (first,) = project.runs()
    assert out == f"published {project.out / 'tiny' / 'runs' / first}\n"
    assert [line for line in err.splitlines() if not line.startswith("tiny: ")] == []
    folder = project.out / "tiny" / "runs" / first
    files = {"report.html", "report.ipynb", "facts.parquet", "customers.parquet", "rejects.parquet", "run.json"}
    assert {path.name for path in folder.iterdir()} == files
    record = read_record(folder)
    assert record["files"]["facts.parquet"]["sha256"] == sha256(folder / "facts.parquet")
    assert set(record["files"]) == files - {"run.json"}
    assert set(record["timings"]) == {"prepare", "measure", "notebook", "page"}
    assert record["sources"][0]["sha256"] == sha256(project.home / "data" / "orders.csv")
    facts = pd.read_parquet(folder / "facts.parquet")
    revenue = facts[(facts.kpi == "revenue") & (facts.slice == "")].set_index("period")["value"]
    # By hand from the five rows: 30.25 - 5.25 + 40.00 in March.
    assert revenue["2024-03"] == 65.00
    assert set(facts.run) == {first}
    assert (project.out / "index.html").read_text(encoding="utf-8").count("Tiny shop") == 1

    assert run_reports(["tiny"], [], project.out) == 0
    assert capsys.readouterr().out == f"unchanged {project.out / 'tiny' / 'runs' / first}\n"
    assert project.runs() == [first]

    assert run_reports(["tiny"], [], project.out, force=True) == 0
    assert project.runs() == [first, f"{first}-2"]
    assert project.latest() == f"{first}-2"
    assert project.left_over() == []


def test_a_run_that_is_there_is_what_readers_see_again_when_it_is_asked_for(project, capsys):
    run_reports(["tiny"], [], project.out)
    first = project.latest()
    project.orders((project.home / "data" / "orders.csv").read_text() + "6,c,2024-03-31,1.00,sale\n")
    run_reports(["tiny"], [], project.out)
    assert project.latest() != first
    run_reports(["tiny"], said(as_of="2024-02-29"), project.out)
    assert project.latest().startswith("2024-02-29-")
    capsys.readouterr()
    # The data as it was: nothing is run, and the old report is the published one.
    project.orders("".join((project.home / "data" / "orders.csv").read_text().splitlines(keepends=True)[:-1]))
    assert run_reports(["tiny"], [], project.out) == 0
    assert capsys.readouterr().out == f"published {project.out / 'tiny' / 'runs' / first}\n"
    assert project.latest() == first
    assert len(project.runs()) == 3


def test_the_notebook_reads_what_the_runner_prepared_and_measured(project):
    project.notebook(
        "opens",
        "import os\nimport cpm_core as cpm\nbook = cpm.open(params, as_of=as_of, **(overrides or {}))",
        "assert str(book.work) == os.environ['CPM_WORK'], (book.work, book.params)",
        "assert set(book.facts()['run']) == {os.environ['CPM_RUN']}",
    )
    project.params("opens", notebook="opens")
    overrides = said(as_of="2024-02-29", history="1", kpis=["revenue"])
    assert run_reports(["opens"], overrides, project.out) == 0
    assert project.runs("opens")[0].startswith("2024-02-29-")


def test_a_failing_cell_keeps_the_notebook_and_leaves_latest(project, capsys):
    run_reports(["tiny"], [], project.out)
    good = project.latest()
    project.notebook("tiny", "print('so far')", "1 / 0", "2")
    capsys.readouterr()
    assert run_reports(["tiny"], [], project.out) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "cell 3 of tiny.ipynb failed: ZeroDivisionError: division by zero" in err
    assert err.count("╭") == 1
    assert (project.runs(), project.latest(), project.left_over()) == ([good], good, [])
    (kept,) = (project.out / "tiny" / "failed").iterdir()
    # A kernel under load may say something of its own as it is stopped; then its log is kept as well.
    assert {path.name for path in kept.iterdir()} - {"kernel.log"} == {"error.txt", "report.ipynb"}
    assert "ZeroDivisionError" in (kept / "error.txt").read_text(encoding="utf-8")
    assert "so far" in str(nbformat.read(kept / "report.ipynb", as_version=4).cells)
    assert kept.name in err.replace("\n", "").replace("│", "").replace(" ", "")


def test_data_that_cannot_be_used_is_a_failure_before_any_notebook(project, capsys):
    project.orders("order_id,customer_id,ordered_at,amount,kind\n")
    assert run_reports(["tiny"], [], project.out) == 1
    assert "table 'orders' has no rows" in capsys.readouterr().err
    assert sorted(path.name for path in (project.out / "tiny").iterdir()) == [".lock", "status.json"]


@pytest.mark.parametrize("taken", ["reports", "reports/tiny"])
def test_a_place_that_cannot_be_written_is_wrong_usage(project, taken, capsys):
    path = project.home / taken
    path.parent.mkdir(exist_ok=True)
    path.write_text("in the way", encoding="utf-8")
    assert run_reports(["tiny"], [], project.out) == 2
    assert "reports cannot be written" in capsys.readouterr().err


def test_all_that_is_wrong_is_told_before_anything_starts(project, capsys):
    project.params("a", more="histroy: 3\n")
    project.params("b", notebook="none")
    project.params("c", more="targets: {revenu: {at_least: 1}}\n")
    assert run_reports(["tiny", "a", "b", "c", "missing"], [], project.out) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("╭") == 1
    for words in ("'histroy'", "there is no notebook 'none'", "'revenu'", "there is no params file missing"):
        assert words in err
    assert not project.out.exists()


def test_two_reports_into_one_folder_are_refused(project, capsys):
    (project.home / "params" / "other.yaml").write_text((project.home / "params" / "tiny.yaml").read_text())
    assert run_reports(["tiny", "other"], [], project.out) == 2
    assert "'tiny' is asked for twice" in capsys.readouterr().err


def test_a_secret_that_is_missing_is_told_once_also_where_a_publisher_needs_it(project, capsys, monkeypatch):
    monkeypatch.delenv("NO_SUCH_CHAT", raising=False)
    chat = "publish: [{use: webhook, kind: wecom, on: failure, url: secret://env/NO_SUCH_CHAT}]\n"
    project.params("tiny", more=chat)
    assert run_reports(["tiny"], [], project.out) == 2
    assert capsys.readouterr().err.count("NO_SUCH_CHAT is not set") == 1


def test_a_second_runner_ends_with_4(project, capsys):
    from cpm_core.runs.publish import ReportFolder

    with ReportFolder(project.out / "tiny").working():
        assert run_reports(["tiny"], [], project.out) == 4
    assert "Another run holds the lock" in capsys.readouterr().err


def test_observers_are_told_and_one_that_fails_harms_nothing(project, capsys):
    plugin = project.home / "plugins" / "mailer"
    plugin.mkdir(parents=True)
    (plugin / "__init__.py").write_text(OBSERVER, encoding="utf-8")
    project.params("tiny", more="strict: false\n")
    assert run_reports(["tiny"], [], project.out) == 3
    said = re.sub(r"\s*│\n│\s*", "", capsys.readouterr().err)
    assert f"plugins/mailer/__init__.py:{OBSERVER.splitlines().index(NO_SERVER) + 1}" in said
    assert "cpm_run_published of plugin 'mailer' raised ValueError: no mail server" in said
    assert run_reports(["tiny"], [], project.out) == 0
    project.notebook("tiny", "1 / 0")
    assert run_reports(["tiny"], [], project.out) == 1
    assert (project.home / "params" / "seen.txt").read_text().splitlines() == [
        "started tiny 2024-03-31 2024-03-31 False",
        "published tiny 2024-03-31 2024-03-31 True",
        "started tiny 2024-03-31 2024-03-31 False",
        "failed NotebookError tiny 2024-03-31 2024-03-31 True",
    ]


def test_a_batch_goes_on_past_a_failure_in_processes_of_its_own(project, capsys):
    plugin = project.home / "plugins" / "killer.py"
    plugin.parent.mkdir()
    plugin.write_text(KILLER, encoding="utf-8")
    project.params("dies")
    assert run_reports(["dies", "tiny"], [], project.out, jobs=2) == 3
    out, err = capsys.readouterr()
    assert out == f"published {project.out / 'tiny' / 'runs' / project.latest()}\n"
    assert "the process of report dies was killed by SIGKILL" in err.replace(" │\n│ ", " ")
    assert "1 published" in err
    assert project.runs("dies") == []
    status = read_status(project.out / "dies")
    assert (status.state, status.exit_code) == ("failed", 1)
    assert "was killed by SIGKILL" in status.problems[0]


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([0], 0),
        ([3], 3),
        ([1], 1),
        ([4], 4),
        ([0, 0], 0),
        ([0, 3], 3),
        ([3, 3], 3),
        ([0, 1], 3),
        ([1, 4], 1),
        ([3, 4], 3),
    ],
)
def test_the_exit_code_of_a_batch(codes, code):
    assert exit_code(codes) == code


@pytest.mark.parametrize("jobs", [pytest.param(1, marks=pytest.mark.soak), 2])
def test_being_terminated_stops_the_kernels_and_publishes_nothing(project, jobs):
    waiting = "import os, pathlib, time\npathlib.Path(f'kernel-{colour}').write_text(str(os.getpid()))\ntime.sleep(60)"
    names = ["slow", "slower"][:jobs]
    for name in names:
        project.notebook(name, waiting.replace("{colour}", name))
        project.params(name, notebook=name)
    code = "import sys\nfrom cpm_core.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
    script = project.home / "cpm.py"
    script.write_text(code, encoding="utf-8")
    command = [sys.executable, str(script), "run", *names, "--out", str(project.out), "--jobs", str(jobs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        marks = [project.home / f"kernel-{name}" for name in names]
        until(lambda: running.poll() is not None or all(mark.is_file() and mark.read_text() for mark in marks))
        running.send_signal(signal.SIGTERM)
        out, _ = running.communicate(timeout=200)
    assert (running.returncode, out) == (143, b"")
    for mark, name in zip(marks, names, strict=True):
        until(lambda mark=mark: not alive(int(mark.read_text())))
        assert (project.runs(name), project.left_over(name)) == ([], [])
        (kept,) = (project.out / name / "failed").glob("*/report.ipynb")
        assert "The run was stopped by SIGTERM, in cell 2." in kept.read_text(encoding="utf-8")
        assert "the run was stopped" in (kept.parent / "error.txt").read_text(encoding="utf-8")


def until(true, seconds=200):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat") as file:  # noqa: PTH123  # a child of init may be a zombie for a moment
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"


def test_the_record_can_be_read_as_json(project):
    run_reports(["tiny"], said(colour="blue"), project.out)
    record = json.loads((project.out / "tiny" / "latest" / "run.json").read_text(encoding="utf-8"))
    assert record["notebook_parameters"] == {"colour": "blue"}
    assert record["run"] == project.latest()
    assert record["params"] == "params/tiny.yaml"
