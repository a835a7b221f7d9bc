from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cpm_core.model import folders

HOLDING = (
    "import sys, time; from pathlib import Path; from cpm_core.model.folders import make\n"
    "print(make(Path(sys.argv[1]), 'x-'), flush=True); time.sleep(60)\n"
)


@pytest.fixture
def holder(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLDING, str(tmp_path)], stdout=subprocess.PIPE) as other:
        yield other, Path(other.stdout.readline().decode().strip())
        other.kill()


def test_a_folder_is_private_and_gone_afterwards(tmp_path):
    with folders.made(tmp_path, "x-") as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        folders.sweep(tmp_path, "x-")
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_living_process_stays_and_goes_when_it_is_killed(tmp_path, holder):
    other, folder = holder
    folders.sweep(tmp_path, "x-")
    assert folder.is_dir()
    other.send_signal(signal.SIGKILL)
    other.wait()
    folders.sweep(tmp_path, "y-")
    assert folder.is_dir()
    folders.sweep(tmp_path, "x-")
    assert not folder.exists()


def test_a_number_that_another_process_has_by_now_protects_for_a_minute_only(tmp_path):
    folder = tmp_path / f"x-{os.getppid()}-00"
    folder.mkdir()
    folders.sweep(tmp_path, "x-")
    assert folder.is_dir()
    os.utime(folder, (time.time() - 61, time.time() - 61))
    folders.sweep(tmp_path, "x-")
    assert not folder.exists()


def test_a_locked_folder_stays_though_its_number_is_nobodys(tmp_path, holder):
    # As it is for a process of another container.
    _, folder = holder
    gone = folder.rename(tmp_path / "x-4194304-00")
    folders.sweep(tmp_path, "x-")
    assert gone.is_dir()


def test_what_is_none_of_ours_stays(tmp_path):
    (tmp_path / "x-readme").mkdir()
    (tmp_path / "x-99999999-00").symlink_to(tmp_path / "x-readme")
    folders.sweep(tmp_path, "x-")
    assert len(list(tmp_path.iterdir())) == 2
