from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cpm_core.model.errors import LockedError, RunError
from cpm_core.runs.lock import locked
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


@pytest.mark.parametrize("broken", ["rename", "replace"])
def test_a_failure_while_publishing_leaves_latest_as_it_was(folder, monkeypatch, broken):
    publish(folder, OLD, "old")

    def fail(self, target):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, broken, fail)
        with pytest.raises(RunError, match="No space left on device"):
            publish(folder, NEW, "new")
    assert folder.latest() == OLD
    assert (folder.folder / "latest" / "report.html").read_text() == "old"
    assert list(folder.folder.glob(".work-*")) == []


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
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "shop"]
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        check_writable(tmp_path / "file", [])
    (tmp_path / "out" / "taken").touch()
    with pytest.raises(OSError, match="taken"):
        check_writable(tmp_path / "out", ["taken"])
