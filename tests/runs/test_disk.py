"""A full disk and a read-only folder: real ones, small file systems that are mounted for it (which root may)."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile

import nbformat
import pytest

from cpm_core.runs import batch
from cpm_core.runs import execute as executing
from cpm_core.runs.batch import run_reports
from cpm_core.runs.status import read_status
from cpm_core.runs.verify import verified

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="file systems are mounted as Linux does it")


def mount(place, *options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(place)], check=True)


@pytest.fixture
def disk(project):
    """A disk of 4 MB of its own for reports, and one for temporary files; without the right to mount they fail."""
    places = [project.out, project.home / "temporary"]
    for place in places:
        place.mkdir()
        mount(place, "size=4m")
    yield project
    for place in places:
        subprocess.run(["umount", "-l", str(place)], check=True)


def saved(notebook, output, parameters, **named):
    """In place of running a notebook."""
    node = nbformat.read(notebook, as_version=4)
    nbformat.write(node, output)
    return node


@pytest.fixture
def quick(disk, monkeypatch):
    """Notebooks are saved without being run."""
    monkeypatch.setattr(executing, "execute", saved)
    monkeypatch.setattr(batch, "fork_server", contextlib.nullcontext)
    return disk


def fill(place, leaving):
    """Fill a disk up to so many bytes; the file that does."""
    filler = place / "filler"
    with contextlib.suppress(OSError), filler.open("wb") as file:
        while True:
            file.write(b"0" * 4096)
            file.flush()
    with filler.open("r+b") as file:
        file.truncate(max(0, filler.stat().st_size - leaving))
    return filler


@pytest.mark.parametrize(
    "rooms", [[0, 60_000], pytest.param([*range(0, 300_000, 12_000)], marks=pytest.mark.soak)], ids=["some", "many"]
)
def test_on_a_full_disk_a_run_fails_and_readers_keep_the_old_report(quick, capsys, rooms):
    assert run_reports(["tiny"], [], quick.out) == 0
    good = quick.latest()
    codes = []
    # Ever more room, so that it ends at another place each time.
    for leaving in rooms:
        filler = fill(quick.out, leaving)
        capsys.readouterr()
        codes.append(run_reports(["tiny"], [], quick.out, force=True))
        told = capsys.readouterr().err
        filler.unlink()
        assert quick.left_over() == []
        if codes[-1] == 0:
            break
        assert "No space left on device" in told or "the disk is full" in told, told
        if codes[-1] == 3:  # the report stands, but there was no room for the page of all reports
            assert (len(quick.runs()), quick.latest() == good) == (2, False)
            break
        assert (quick.latest(), quick.runs()) == (good, [good])
        assert verified(quick.out / "tiny" / "runs" / good).fine
    assert codes[0] in (1, 2)
    assert 1 in codes
    assert run_reports(["tiny"], [], quick.out, force=True) == 0
    assert quick.latest() != good
    assert read_status(quick.out / "tiny").state == "published"


def test_a_folder_that_is_read_only_is_told_before_anything_starts(quick, capsys):
    assert run_reports(["tiny"], [], quick.out) == 0
    good = quick.latest()
    subprocess.run(["mount", "-o", "remount,ro", str(quick.out)], check=True)
    assert run_reports(["tiny"], [], quick.out, force=True) == 2
    assert "reports cannot be written: Read-only file system" in capsys.readouterr().err
    assert quick.latest() == good


def test_a_full_disk_for_temporary_files_is_a_clear_failure(disk, monkeypatch, capsys):
    monkeypatch.setattr(batch, "fork_server", contextlib.nullcontext)
    with monkeypatch.context() as patch:
        patch.setattr(executing, "execute", saved)
        assert run_reports(["tiny"], [], disk.out) == 0
    good = disk.latest()
    temporary = disk.home / "temporary"
    # A process that starts anew would look for another folder.
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    fill(temporary, 0)
    capsys.readouterr()
    assert run_reports(["tiny"], [], disk.out, force=True) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert (disk.latest(), disk.left_over()) == (good, [])
    status = json.loads((disk.out / "tiny" / "status.json").read_text())
    assert (status["state"], status["exit_code"]) == ("failed", 1)
    assert [path.name for path in temporary.iterdir()] == ["filler"]
