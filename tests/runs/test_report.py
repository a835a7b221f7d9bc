"""How a report ends: each way of failing leaves readers what they had. Notebooks are not run here."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from cpm_core.runs import batch
from cpm_core.runs import execute as executing
from cpm_core.runs import report as making
from cpm_core.runs.batch import run_reports
from cpm_core.runs.execute import NotebookError
from cpm_core.runs.record import read_record
from cpm_core.runs.status import read_status
from tests.runs.projects import ORDERS

SOURCE = """\
import time
from pathlib import Path
from cpm_core.api import DataError, Delivery, Source, Text, hookimpl

SEEN = Path(__file__).with_name("seen.txt")

def fetch(context):
    with SEEN.open("a") as file:
        file.write("x")
    number = SEEN.stat().st_size
    {fails}
    return {{"orders": Delivery(context.read_csv("../data/orders.csv"))}}

@hookimpl
def cpm_sources():
    return [Source("flaky", Text(en="A server", zh="服务器"), fetch)]
"""
FULL = OSError(28, "No space left on device")


@pytest.fixture
def quick(project, monkeypatch):
    """A project whose notebooks are saved without being run."""

    def execute(notebook, output, parameters, **named):
        node = nbformat.read(notebook, as_version=4)
        nbformat.write(node, output)
        return node

    monkeypatch.setattr(executing, "execute", execute)
    monkeypatch.setattr(batch, "fork_server", contextlib.nullcontext)
    return project


def run(project, **named):
    return run_reports(["tiny"], [], project.out, **named)


def raising(error):
    def call(*given, **named):
        raise error

    return call


FAILURES = {
    "tables that cannot be written": (pd.DataFrame, "to_parquet", FULL),
    "a notebook that fails": (executing, "execute", NotebookError("cell 2 failed")),
    "forms that cannot be written": (making, "write_forms", FULL),
    "a record that cannot be written": (making, "write_record", FULL),
    "an outbox that cannot be written": (making, "post", FULL),
    "files that cannot be brought to the disk": (os, "fsync", OSError(5, "Input/output error")),
    "a bug": (making, "run_key", RuntimeError("oh")),
}


@pytest.mark.parametrize(
    "points",
    [["a notebook that fails", "a record that cannot be written"], pytest.param([*FAILURES], marks=pytest.mark.soak)],
    ids=["some", "all"],
)
def test_every_way_of_failing_leaves_latest_as_it_was(quick, monkeypatch, capsys, points):
    assert run(quick) == 0
    good = quick.latest()
    for owner, name, error in map(FAILURES.get, points):
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, raising(error))
            assert run(quick, force=True) == 1
        words = "the disk is full" if error is FULL else str(error.args[-1])
        assert words in capsys.readouterr().err
        assert (quick.latest(), quick.runs(), quick.left_over()) == (good, [good], [])
        status = read_status(quick.out / "tiny")
        assert (status.state, status.exit_code) == ("failed", 1)
        assert words in status.problems[0]
    assert run(quick, force=True) == 0
    assert quick.latest() == f"{good}-2"


@pytest.mark.parametrize(("name", "code"), [("write_index", 3), ("send_on", 1)])
def test_what_fails_after_a_report_stands_is_told_and_takes_nothing_back(quick, monkeypatch, capsys, name, code):
    """What is sent counts as a plugin's, and tests are strict."""
    with monkeypatch.context() as patch:
        patch.setattr(making, name, raising(FULL))
        assert run(quick) == code
    assert "the disk is full" in capsys.readouterr().err
    status = read_status(quick.out / "tiny")
    assert (status.state, status.exit_code, status.run) == ("published", code, quick.latest())
    assert read_record(quick.out / "tiny" / "latest")["run"] == quick.latest()


def test_the_page_of_all_reports_tells_how_a_report_alone_ended(quick):
    def shown():
        return sorted(re.findall(r'data-state="(\w+)"', (quick.out / "index.html").read_text(encoding="utf-8")))

    assert run(quick) == 0
    assert shown() == ["published"]
    quick.orders("order_id,customer_id\n")
    assert run(quick) == 1
    assert shown() == ["failed", "published"]
    quick.orders(ORDERS)
    assert run(quick) == 0
    assert shown() == ["published"]


def test_a_status_that_cannot_be_written_fails_nothing(quick, monkeypatch):
    real = Path.replace

    def replace(self, target):
        if Path(target).name == "status.json":
            raise FULL
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    assert run(quick) == 0
    assert read_status(quick.out / "tiny") is None


@pytest.fixture
def flaky(quick):
    """A source that does something before it delivers; `number` counts how often it was asked."""

    def write(fails, retry):
        folder = quick.home / "plugins" / "flaky"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(SOURCE.format(fails=fails), encoding="utf-8")
        path = Path(quick.params("tiny", more=retry))
        text = path.read_text(encoding="utf-8")
        old = "  - use: files\n    tables: {orders: {path: ../data/orders.csv}}\n"
        assert old in text
        path.write_text(text.replace(old, "  - use: flaky\n"), encoding="utf-8")
        return folder / "seen.txt"

    return write


TWICE = 'if number < 3: raise ConnectionRefusedError(111, "Connection refused")'


def test_a_source_that_fails_twice_is_asked_a_third_time(quick, flaky, capsys):
    seen = flaky(TWICE, "retry: {attempts: 3, wait: 0}\n")
    assert run(quick) == 0
    assert len(seen.read_text()) == 3
    record = read_record(quick.out / "tiny" / "latest")
    assert [one["number"] for one in record["attempts"]] == [1, 2]
    assert all("Connection refused" in one["reason"] for one in record["attempts"])
    status = read_status(quick.out / "tiny")
    assert (status.state, status.attempt) == ("published", 3)
    assert "waiting 0 seconds to try again" in capsys.readouterr().err
    assert quick.left_over() == []


@pytest.mark.parametrize(
    ("fails", "retry", "asked"),
    [
        (TWICE, "retry: {attempts: 2, wait: 0}\n", 2),
        ('raise ValueError("no such column")', "retry: {attempts: 3, wait: 0}\n", 1),
        ("assert number > 3", "retry: {attempts: 3, wait: 0}\n", 1),
        ('raise DataError("a server that says it will be back", heals=True)', "retry: {attempts: 4, wait: 0}\n", 4),
        # There is no time left for another attempt.
        (TWICE, "retry: {attempts: 3, wait: 600}\nlimits: {run: 60}\n", 1),
    ],
    ids=["too often", "bad data", "an assertion", "says it heals", "no time"],
)
def test_what_does_not_heal_fails_and_is_told_once(quick, flaky, capsys, fails, retry, asked):
    seen = flaky(fails, retry)
    assert run(quick) == 1
    assert len(seen.read_text()) == asked
    assert capsys.readouterr().err.count("╭") == 1
    status = read_status(quick.out / "tiny")
    assert (status.state, status.attempt) == ("failed", asked)


def test_a_run_that_takes_too_long_is_ended_wherever_it_is(quick, flaky, capsys):
    flaky("time.sleep(60)", "limits: {run: 0.5}\n")
    assert run(quick) == 1
    told = capsys.readouterr().err
    assert "the run took longer than 0.5 seconds and was ended" in told
    assert "limits.run" in told
    status = read_status(quick.out / "tiny")
    assert (status.state, status.step, status.exit_code) == ("failed", "reading flaky", 1)
    assert (quick.runs(), quick.left_over()) == ([], [])


def test_a_run_that_is_stopped_says_so(quick, monkeypatch):
    monkeypatch.setattr(executing, "execute", raising(KeyboardInterrupt()))
    assert run(quick) == 130
    status = read_status(quick.out / "tiny")
    assert (status.state, status.exit_code, status.step) == ("failed", 130, "running the notebook")
    assert quick.left_over() == []
