from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cpm_core.engine.notes import notes
from cpm_core.model.errors import LockedError, RunError
from cpm_core.runs.lock import locked
from cpm_core.runs.pointers import said
from cpm_core.runs.publish import ReportFolder, check_writable
from cpm_core.runs.record import read_record, unbroken, write_record

OLD, NEW = "2024-02-29-00000000", "2024-03-31-11111111"


@pytest.fixture
def folder(tmp_path):
    return ReportFolder(tmp_path / "reports" / "shop")


def publish(folder, name, words="page", key="k"):
    with folder.working() as work:
        (work.run / "report.html").write_text(words, encoding="utf-8")
        write_record(work.run, {"run": name, "key": key, "finished": name})
        return folder.publish(work, name)


def test_a_published_run_is_whole_and_latest_leads_to_it(folder):
    target = publish(folder, OLD)
    assert target == folder.runs / OLD
    assert sorted(path.name for path in target.iterdir()) == ["report.html", "run.json"]
    assert (folder.folder / "latest").readlink() == Path("runs") / OLD
    assert json.loads((folder.folder / "latest.json").read_text()) == {"run": OLD, "folder": f"runs/{OLD}"}
    assert folder.latest() == OLD
    assert unbroken(target, read_record(target))
    assert sorted(path.name for path in folder.folder.iterdir()) == [".lock", "latest", "latest.json", "runs"]


def test_readers_of_other_users_may_read_what_is_published(folder):
    before = os.umask(0o022)
    try:
        target = publish(folder, OLD)
    finally:
        os.umask(before)
    assert target.stat().st_mode & 0o777 == 0o755
    assert (target / "report.html").stat().st_mode & 0o777 == 0o644


def test_the_next_run_takes_latest_over_and_leaves_the_old_folder_as_it_was(folder):
    publish(folder, OLD, "old")
    reader = (folder.folder / "latest").resolve()
    publish(folder, NEW, "new")
    assert (reader / "report.html").read_text() == "old"
    assert (folder.folder / "latest" / "report.html").read_text() == "new"
    assert folder.latest() == NEW


def test_the_folder_is_in_place_before_latest_and_the_link_before_the_file(folder, monkeypatch):
    publish(folder, OLD)
    order = []
    rename, replace = Path.rename, Path.replace

    def spy(name, call):
        def watched(self, target):
            whole = (folder.runs / NEW / "run.json").is_file()
            order.append((name, Path(target).name, whole))
            return call(self, target)

        return watched

    monkeypatch.setattr(Path, "rename", spy("rename", rename))
    monkeypatch.setattr(Path, "replace", spy("replace", replace))
    publish(folder, NEW)
    assert order == [("rename", NEW, False), ("replace", "latest", True), ("replace", "latest.json", True)]


CALLS = {
    "rename": (Path, "rename"),
    "replace": (Path, "replace"),
    "fsync": (os, "fsync"),
    "write": (Path, "write_text"),
    "link": (Path, "symlink_to"),
    "folder": (Path, "mkdir"),
}


def failing(patch, kind, number):
    """Let the call of a kind fail that has this number, counted from 1; a list of the calls."""
    owner, name = CALLS[kind]
    real, made = getattr(owner, name), []

    def call(*given, **named):
        made.append(given[0])
        if len(made) == number:
            raise OSError(28, "No space left on device")
        return real(*given, **named)

    patch.setattr(owner, name, call)
    return made


@pytest.mark.parametrize("kind", CALLS)
def test_whatever_fails_while_publishing_latest_is_as_it_was_and_the_next_run_is_fine(folder, monkeypatch, kind):
    publish(folder, OLD, "old")
    with monkeypatch.context() as patch:
        made = failing(patch, kind, 0)
        publish(folder, OLD + "-2", "old")
    assert made
    for number in range(1, len(made) + 1):
        with monkeypatch.context() as patch:
            failing(patch, kind, number)
            with pytest.raises((RunError, OSError), match="No space left on device"):
                publish(folder, NEW, "new")
        assert folder.latest() == OLD + "-2"
        assert json.loads((folder.folder / "latest.json").read_text())["run"] == OLD + "-2"
        assert (folder.folder / "latest" / "report.html").read_text() == "old"
        assert left(folder) == []
        shutil.rmtree(folder.runs / NEW, ignore_errors=True)
    publish(folder, NEW, "new")
    assert (folder.folder / "latest" / "report.html").read_text() == "new"


def left(folder):
    """What is there beside the runs and what leads to them."""
    return sorted({path.name for path in folder.folder.iterdir()} - {".lock", "latest", "latest.json", "runs"})


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_signal_between_link_and_file_leaves_both_as_they_were(folder, monkeypatch, stop):
    publish(folder, OLD, "old")
    real = Path.replace

    def replace(self, target):
        if Path(target).name == "latest.json" and self.parent.name == "new":
            raise stop
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(stop):
            publish(folder, NEW, "new")
    assert (folder.latest(), said(folder.folder)) == (OLD, OLD)


def test_a_first_run_that_cannot_be_published_leaves_no_latest(folder, monkeypatch):
    with monkeypatch.context() as patch:
        failing(patch, "replace", 2)
        with pytest.raises(RunError, match="the disk is full"):
            publish(folder, NEW, "new")
    assert folder.latest() == ""
    assert not (folder.folder / "latest").is_symlink()


def test_the_next_run_mends_the_file_of_one_that_was_killed_behind_the_link(folder):
    publish(folder, OLD)
    publish(folder, NEW)
    (folder.folder / "latest.json").write_text(json.dumps({"run": OLD, "folder": f"runs/{OLD}"}))
    assert folder.latest() == NEW
    with folder.held():
        assert said(folder.folder) == NEW
    assert left(folder) == []


def test_what_fills_in_an_earlier_period_leaves_latest_as_it_is(folder):
    publish(folder, NEW, "new")
    with folder.working() as work:
        (work.run / "report.html").write_text("earlier", encoding="utf-8")
        write_record(work.run, {"run": OLD, "key": "k", "finished": OLD})
        folder.publish(work, OLD, pointing=False)
    assert (folder.runs / OLD / "report.html").read_text() == "earlier"
    assert folder.latest() == NEW


def test_a_run_is_written_once(folder):
    target = publish(folder, OLD, "first")
    with pytest.raises(RunError, match="cannot be written"):
        publish(folder, OLD, "second")
    assert (target / "report.html").read_text() == "first"


def test_a_killed_run_leaves_a_work_folder_that_the_next_one_removes(folder):
    publish(folder, OLD, "old")
    code = (
        "import os, signal, sys; from pathlib import Path; from cpm_core.runs.publish import ReportFolder\n"
        "with ReportFolder(Path(sys.argv[1])).working() as work:\n"
        "    (work.run / 'report.html').write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(folder.folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(folder.folder.glob(".work-*"))) == 1
    assert [path.name for path in folder.runs.iterdir()] == [OLD]
    publish(folder, NEW, "new")
    assert list(folder.folder.glob(".work-*")) == []
    assert folder.latest() == NEW


def test_what_a_server_keeps_for_a_killed_run_is_taken_over_by_the_next_one(folder):
    killed = folder.folder / ".work-4194304-00" / "tables"
    killed.mkdir(parents=True)
    (killed / "schema.txt").write_text("cpm_0123", encoding="utf-8")
    with folder.working() as work:
        (note,) = notes(work.tables)
        assert note.read_text(encoding="utf-8") == "cpm_0123"
        assert not killed.exists()


def test_the_work_folder_of_a_living_process_stays(folder):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        living = folder.folder / f".work-{other.pid}-00"
        living.mkdir(parents=True)
        publish(folder, OLD)
        assert living.is_dir()
        other.communicate(b"\n")
    publish(folder, NEW)
    assert not living.exists()


def test_a_second_runner_is_told_who_holds_the_lock(folder):
    with folder.working(), pytest.raises(LockedError, match=f"shop is under way .process {os.getpid()}") as caught:
        publish(folder, NEW)
    assert caught.value.exit_code == 4
    assert folder.latest() == ""
    publish(folder, NEW)
    assert folder.latest() == NEW


@pytest.mark.parametrize("way", ["forked", "started"])
def test_a_child_that_outlives_a_killed_runner_does_not_hold_its_lock(folder, way):
    child = {
        "forked": "begun, here = os.pipe()\n    child = os.fork()\n    "
        "if not child: os.write(here, b'1'); time.sleep(60); os._exit(0)\n    os.read(begun, 1)\n    ",
        "started": "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid\n    ",
    }[way]
    code = (
        "import os, signal, subprocess, sys, time; from pathlib import Path\n"
        "from cpm_core.runs.publish import ReportFolder\n"
        "with ReportFolder(Path(sys.argv[1])).working() as work:\n    "
        f"{child}print(child, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", code, str(folder.folder)]
    killed = subprocess.Popen(command, stdout=subprocess.PIPE)
    number = int(killed.stdout.readline())
    killed.wait()
    try:
        os.kill(number, 0)
        publish(folder, NEW, "new")
    finally:
        os.kill(number, signal.SIGKILL)
        killed.stdout.close()
    assert folder.latest() == NEW
    assert left(folder) == []


def test_a_folder_without_locks_is_an_error_that_says_what_to_do(folder, monkeypatch):
    import fcntl

    def none(file, how):
        raise OSError(37, "No locks available")

    folder.folder.mkdir(parents=True)
    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(RunError, match=r"this file system has no locks: No locks available.*of this machine"):
        publish(folder, NEW)


def test_a_lock_that_is_waited_for_is_had_when_its_holder_ends(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from cpm_core.runs.lock import locked\n"
        "with locked(Path(sys.argv[1]), 'x'):\n"
        "    print('held', flush=True); time.sleep(0.3); (Path(sys.argv[1]) / 'done').touch()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with locked(tmp_path, "x", wait=True):
            assert (tmp_path / "done").exists()


def test_an_existing_run_counts_only_if_its_key_is_the_same_and_every_file_is_whole(folder):
    target = publish(folder, NEW, key="k")
    assert folder.existing("k", NEW) == target
    assert folder.existing("other", NEW) is None
    again = publish(folder, f"{NEW}-2", key="k")
    assert folder.existing("k", NEW) == again
    (again / "report.html").write_text("changed by hand", encoding="utf-8")
    assert folder.existing("k", NEW) == target
    (target / "report.html").unlink()
    assert folder.existing("k", NEW) is None


def test_a_later_failure_of_the_same_run_takes_the_place_of_the_earlier(folder):
    for words in ("first", "second"):
        with folder.working() as work:
            (work.failed / "error.txt").write_text(words, encoding="utf-8")
            kept = folder.keep_failed(work, NEW)
    assert kept == folder.folder / "failed" / NEW
    assert [path.name for path in kept.iterdir()] == ["error.txt"]
    assert (kept / "error.txt").read_text() == "second"
    assert not folder.runs.exists()


def test_writing_is_tried_and_leaves_nothing(tmp_path):
    check_writable(tmp_path / "out", ["shop"])
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        check_writable(tmp_path / "file", [])
    (tmp_path / "out" / "taken").touch()
    with pytest.raises(OSError, match="taken"):
        check_writable(tmp_path / "out", ["taken"])
