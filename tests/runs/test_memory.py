from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from cpm_core.model.errors import UsageError
from cpm_core.runs import memory
from cpm_core.runs.memory import MB, Room, cores, free, size_of, taken


@pytest.fixture
def machine(monkeypatch):
    """What is taken and free, in MB, as a test says."""
    now = {"taken": 100, "free": 10_000}
    monkeypatch.setattr(memory, "taken", lambda: now["taken"] * MB)
    monkeypatch.setattr(memory, "free", lambda: now["free"] * MB)
    monkeypatch.setattr(memory, "PAUSE", 0)
    return now


def test_as_long_as_none_has_ended_reports_are_taken_to_be_of_usual_size(machine):
    room = Room(2_000 * MB)
    # 100 are there before; 800 each is the guess.
    assert [room.fits(running) for running in range(4)] == [True, True, False, False]
    machine["taken"] = 150
    room.look(1)
    # One that has only begun has not taken yet what it will.
    assert [room.fits(running) for running in range(4)] == [True, True, False, False]


def test_what_the_first_ones_took_tells_how_many_fit(machine):
    room = Room(1_000 * MB)
    machine["taken"] = 300
    room.look(2)
    room.ended()
    # 100 each, and some more: 115. With the 100 before, seven fit into 1,000.
    assert room.need == pytest.approx(115 * MB)
    assert [room.fits(6), room.fits(7)] == [True, False]
    machine["taken"] = 700
    room.look(2)
    machine["taken"] = 200
    room.look(1)
    # The most that was seen counts: 300 each, and some more.
    assert [room.fits(1), room.fits(2)] == [True, False]
    assert room.peak == 700 * MB


def test_when_others_take_the_memory_no_more_are_begun_but_one_always_is(machine):
    room = Room()
    assert room.cap == 100 * MB + int(0.8 * 10_000 * MB)
    assert room.fits(1)
    machine["free"] = 700
    assert not room.fits(1)
    assert room.fits(0)


def test_nothing_is_looked_at_more_often_than_it_pays(machine, monkeypatch):
    monkeypatch.setattr(memory, "PAUSE", 60)
    room = Room(1_000 * MB)
    room.look(1)
    machine["taken"] = 900
    room.look(1)
    assert room.peak == 100 * MB


def test_what_is_taken_is_of_this_process_and_all_below_it():
    before = taken()
    assert before >= psutil.Process().memory_info().rss
    with subprocess.Popen([sys.executable, "-c", "x = b'1' * 80_000_000; input()"], stdin=subprocess.PIPE) as child:
        for _ in range(200):
            if taken() > before + 70_000_000:
                break
            child.poll()
        assert taken() > before + 70_000_000
        child.communicate(b"\n")


def test_a_container_s_limits_count(tmp_path, monkeypatch):
    inner = tmp_path / "pod" / "app"
    inner.mkdir(parents=True)
    monkeypatch.setattr(memory, "_groups", lambda root: iter([inner, inner.parent, root]))
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "memory.max").write_text("1000000\n")
    (inner.parent / "memory.current").write_text("700000\n")
    (inner.parent / "memory.stat").write_text("anon 400000\ninactive_file 200000\n")
    # 300,000 are left, and 200,000 of files are given back when they are asked for.
    assert list(memory._of_cgroups(tmp_path)) == [500_000]
    (inner / "cpu.max").write_text("150000 100000\n")
    (inner.parent / "cpu.max").write_text("max 100000\n")
    assert list(memory._cores_of_cgroups(tmp_path)) == [2]


def test_older_control_groups_are_read_too(tmp_path):
    folder = tmp_path / "memory"
    folder.mkdir()
    (folder / "memory.limit_in_bytes").write_text("1000\n")
    (folder / "memory.usage_in_bytes").write_text("900\n")
    (folder / "memory.stat").write_text("total_inactive_file 50\n")
    assert list(memory._of_cgroups(tmp_path)) == [150]


def test_there_is_always_a_core_and_something_free():
    assert 1 <= cores() <= (os.cpu_count() or 1)
    assert 0 < free() <= psutil.virtual_memory().total


def test_an_amount_is_read_as_in_params():
    assert [size_of("4GB"), size_of("512MiB")] == [4_000_000_000, 512 * MB]
    with pytest.raises(UsageError, match="'4' is no amount of memory"):
        size_of("4")
