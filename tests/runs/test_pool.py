from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

from cpm_core.runs import worker
from cpm_core.runs.pool import each
from cpm_core.runs.warm import ADDRESS, OFF
from cpm_core.runs.warm.server import fork_server
from cpm_core.runs.worker import Ended
from tests.runs.working import variable, work


@pytest.fixture(scope="module", autouse=True)
def server():
    """The address of a fork server: the one that all tests share, or one of this module's."""
    with fork_server():
        yield os.environ.get(ADDRESS, OFF)


@pytest.fixture(autouse=True)
def started_anew(server, monkeypatch):
    """Processes are started anew, but where a test says otherwise."""
    monkeypatch.setenv(ADDRESS, OFF)


@pytest.fixture(params=["started", "forked"])
def both(request, server, monkeypatch):
    """Processes are started anew, then forked from the fork server; gives the parent that they have, if it is known."""
    if request.param == "started":
        return os.getpid()
    if sys.platform != "linux":
        pytest.skip("Linux alone has a fork that is safe")
    for name in worker.THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(ADDRESS, server)
    return None


def items(*names, **more):
    return [{"name": name, **more} for name in names]


def done(wanted, jobs, steps=None, **more):
    told = (lambda place, words: None) if steps is None else lambda place, words: steps.append((place, words))
    return dict(each(wanted, work, jobs, told, **more))


def together(answers):
    """The most that were under way at one moment."""
    spans = [(begun, ended) for _, _, begun, ended, _ in answers]
    return max(sum(begun <= at < ended for begun, ended in spans) for at, _ in spans)


def test_processes_take_one_item_after_the_other_and_tell_their_steps(both):
    steps = []
    found = done(items(*"abcdef", seconds=0.05), 2, steps)
    assert [found[place][0] for place in range(6)] == list("abcdef")
    assert len({process for _, process, *_ in found.values()}) <= 2
    assert os.getpid() not in {process for _, process, *_ in found.values()}
    parents = {one[4] for one in found.values()}
    assert (parents == {os.getpid()}) is (both == os.getpid())
    assert sorted(steps) == [(place, f"begun {name}") for place, name in enumerate("abcdef")]
    assert together(found.values()) <= 2


def test_each_process_does_its_linear_algebra_in_one_thread_unless_it_is_said_otherwise(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    told = dict(each(["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"], variable, 1, lambda *_: None))
    assert told == {0: "1", 1: "3"}
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_a_process_that_dies_fails_the_item_that_it_had_and_no_other(both):
    wanted = [*items("a"), {"name": "b", "dies": True}, {"name": "c", "leaves": True}, *items("d", "e")]
    found = done(wanted, 1)
    assert {place: found[place][0] for place in (0, 3, 4)} == {0: "a", 3: "d", 4: "e"}
    assert found[1] == Ended(-signal.SIGKILL)
    assert found[1].words == "was killed by SIGKILL"
    assert found[2].words == "ended without an answer (exit code 7)"
    # A fresh process goes on where one has died.
    assert len({found[place][1] for place in (0, 3, 4)}) == 2


def test_a_process_is_replaced_after_some_items_and_when_it_has_grown(monkeypatch):
    monkeypatch.setattr(worker, "MOST", 2)
    found = done(items(*"abc"), 1)
    processes = [found[place][1] for place in range(3)]
    assert processes[0] == processes[1] != processes[2]
    monkeypatch.setattr(worker, "GROWN", -1)
    assert len({process for _, process, *_ in done(items(*"ab"), 1).values()}) == 2


def test_what_may_not_run_together_is_done_in_its_order():
    wanted = [{"name": name, "of": name[0], "seconds": 0.05} for name in ("a1", "a2", "b1", "a3")]
    found = done(wanted, 3, apart=lambda item: item["of"])
    of_a = [found[place] for place in (0, 1, 3)]
    assert together(of_a) == 1
    assert [one[0] for one in sorted(of_a, key=lambda one: one[2])] == ["a1", "a2", "a3"]


def test_no_more_are_begun_than_there_is_room_for():
    looks = []

    class Room:
        def look(self, running):
            looks.append(running)

        def ended(self):
            pass

        def fits(self, running):
            return running < 1

    found = done(items(*"abc", seconds=0.05), 3, room=Room())
    assert together(found.values()) == 1
    assert max(looks) == 1


def test_a_process_with_nothing_to_do_is_ended_when_memory_is_short():
    processes = {}

    class Room:
        def look(self, running):
            pass

        def ended(self):
            pass

        def fits(self, running):
            return running < (1 if processes else 2)

    wanted = [{"name": "long", "seconds": 2}, {"name": "short"}, {"name": "last"}]
    for _, (name, *_) in each(wanted, work, 2, lambda *_: None, room=Room()):
        processes[name] = len(multiprocessing.active_children())
    assert processes == {"short": 2, "long": 1, "last": 1}


def test_stopping_lets_each_process_close_what_it_has_open(both, tmp_path):
    mark = tmp_path / "mark"
    answers = each([{"name": "quick"}, {"name": "slow", "mark": str(mark), "seconds": 60}], work, 2, lambda *_: None)
    assert next(answers)[1][0] == "quick"
    until(mark.is_file)
    answers.close()
    assert mark.read_text() == f"closed by {128 + signal.SIGTERM}"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells a process that its parent was killed")
def test_a_killed_parent_leaves_no_process_at_work(tmp_path):
    mark = tmp_path / "mark"
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\nfrom cpm_core.runs.pool import each\nfrom tests.runs.working import work\n"
        "if __name__ == '__main__':\n"
        f"    list(each([{{'name': 'x', 'mark': {str(mark)!r}, 'seconds': 60}}], work, 1, print))\n",
        encoding="utf-8",
    )
    path = os.pathsep.join(filter(None, sys.path))
    with subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": path}) as parent:
        until(mark.is_file)
        parent.kill()
    until(lambda: mark.read_text() == f"closed by {128 + signal.SIGTERM}")


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
