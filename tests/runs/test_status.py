from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cpm_core.model.errors import DataError, Problem
from cpm_core.params.overrides import Override
from cpm_core.runs.report import Outcome
from cpm_core.runs.request import Request
from cpm_core.runs.status import Status, read_status, write_status
from cpm_core.runs.tracked import Tracked


@pytest.fixture
def tracked(tmp_path):
    said = (Override("as_of", "2024-03-31", "--as-of"),)
    request = Request("shop", tmp_path / "shop.yaml", tmp_path / "n.ipynb", tmp_path, said, member="region=north")
    words = []
    made = Tracked(tmp_path, request, words.append)
    made.words = words
    return made


def test_a_run_is_told_from_its_beginning_to_its_end(tmp_path, tracked):
    begun = read_status(tmp_path)
    assert (begun.state, begun.workbook, begun.member) == ("running", "shop", "region=north")
    assert (begun.process, begun.said, begun.attempt) == (os.getpid(), (("as_of", "2024-03-31"),), 1)
    tracked.knows(as_of="2024-03-31", run="r-1")
    tracked.phase("measuring")
    tracked.step("measuring revenue")
    assert tracked.words == ["measuring", "measuring revenue"]
    # The second one came too soon after the first to be written.
    assert read_status(tmp_path).step == "measuring"
    tracked.ended(Outcome("shop", "published", 3, tmp_path / "runs" / "r-1", (Problem("a gap"),)))
    ended = read_status(tmp_path)
    assert (ended.state, ended.run, ended.exit_code, ended.problems) == ("published", "r-1", 3, ("a gap",))
    assert ended.finished >= ended.started
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


@pytest.mark.parametrize(
    ("error", "code", "problem"),
    [
        (DataError("no rows", where="x.csv"), 1, "x.csv: no rows"),
        (SystemExit(143), 143, "it was stopped"),
        (KeyboardInterrupt(), 130, "it was stopped"),
    ],
    ids=["failed", "terminated", "interrupted"],
)
def test_a_failure_is_told_with_the_step_in_which_it_came(tmp_path, tracked, error, code, problem):
    tracked.phase("reading the data")
    tracked.failed(error)
    status = read_status(tmp_path)
    assert (status.state, status.exit_code, status.problems) == ("failed", code, (problem,))
    assert status.step == "reading the data"


def test_each_attempt_is_counted_with_its_reason(tmp_path, tracked):
    tracked.again(DataError("no server", where="db"), 4.2)
    status = read_status(tmp_path)
    assert (status.state, status.attempt, status.problems) == ("running", 2, ("db: no server",))
    assert status.step == "waiting 4 seconds to try again: no server"
    assert tracked.attempts == [{"number": 1, "reason": "db: no server", "waited": 4.2}]


def running(process, host, started):
    return Status("running", "shop", process=process, host=host, started=started.isoformat())


def test_a_run_whose_process_is_gone_has_died(tmp_path):
    import socket

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        now = datetime.now(UTC) + timedelta(seconds=5)
        write_status(tmp_path, running(other.pid, socket.gethostname(), now))
        assert read_status(tmp_path).state == "running"
        # Its number was given to another process since: one that is younger than the run.
        write_status(tmp_path, running(other.pid, socket.gethostname(), now - timedelta(hours=1)))
        assert read_status(tmp_path).state == "died"
        other.communicate(b"\n")
    write_status(tmp_path, running(other.pid, socket.gethostname(), now))
    assert read_status(tmp_path).state == "died"
    # Of another machine's processes nothing is known.
    write_status(tmp_path, running(other.pid, "elsewhere", now))
    assert read_status(tmp_path).state == "running"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "running"}', '{"problems": 1, "said": []}'])
def test_what_cannot_be_read_is_no_status(tmp_path, text):
    assert read_status(tmp_path) is None
    (tmp_path / "status.json").write_text(text, encoding="utf-8")
    assert read_status(tmp_path) is None


def test_a_status_that_cannot_be_written_hides_nothing(tmp_path, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    write_status(tmp_path, Status("failed", "shop"))
    assert list(tmp_path.iterdir()) == []


def test_it_is_plain_json(tmp_path):
    write_status(tmp_path, Status("failed", "shop", problems=("没有数据",)))
    about = json.loads((tmp_path / "status.json").read_text(encoding="utf-8"))
    assert (about["state"], about["problems"]) == ("failed", ["没有数据"])
