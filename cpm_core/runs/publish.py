"""The folder of one report: written aside, renamed into place, `latest` swapped last.

A reader resolves `latest` once and reads inside that folder: the whole old run or the whole new one.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cpm_core.engine.notes import notes
from cpm_core.model.errors import RunError
from cpm_core.runs.lock import alive, locked
from cpm_core.runs.record import read_record, unbroken

RUNS = "runs"
FAILED = "failed"
LATEST = "latest"
POINTER = "latest.json"
WORK = ".work-"
"""Beginning of a work folder's name; the number of the process that works in it follows."""


@dataclass(frozen=True)
class Work:
    """The folder that one run writes in, beside the folder where it will be published."""

    folder: Path

    @property
    def tables(self) -> Path:
        """Prepared tables and measured facts: gone after the run."""
        return self.folder / "tables"

    @property
    def run(self) -> Path:
        """What will be published."""
        return self.folder / "run"

    @property
    def failed(self) -> Path:
        """What is kept of a run that failed."""
        return self.folder / "failed"


@contextmanager
def shared_tables(out: Path) -> Iterator[Path]:
    """A folder for tables that the reports of one batch share; gone afterwards."""
    out.mkdir(parents=True, exist_ok=True)
    left = _sweep(out)
    folder = out / f"{WORK}{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir()
    _take_over(left, folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(folder: Path) -> list[tuple[str, str]]:
    """Remove what runs left behind that were killed; name and words of each note of what a server keeps for them."""
    found = []
    for left in folder.glob(f"{WORK}*"):
        owner = left.name.removeprefix(WORK).split("-")[0]
        if not owner.isdecimal() or not (alive(int(owner)) and int(owner) != os.getpid()):
            found += [(note.name, note.read_text(encoding="utf-8")) for note in notes(left)]
            shutil.rmtree(left, ignore_errors=True)
    return found


def _take_over(left: list[tuple[str, str]], folder: Path) -> None:
    """Put notes of killed runs into a work folder, so that what they name is dropped with its own tables."""
    for number, (name, words) in enumerate(left):
        (folder / f"left-{number}").mkdir()
        (folder / f"left-{number}" / name).write_text(words, encoding="utf-8")


class ReportFolder:
    """`reports/<workbook>/`, as readers and runs see it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = folder / RUNS

    @contextmanager
    def working(self) -> Iterator[Work]:
        """Hold the report's lock, in a work folder that is gone afterwards.

        Raises:
            LockedError: Another process runs this report.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder, self.folder.name):
            left = _sweep(self.folder)
            work = Work(self.folder / f"{WORK}{os.getpid()}-{secrets.token_hex(4)}")
            for folder in (work.run, work.tables, work.failed):
                folder.mkdir(parents=True)
            _take_over(left, work.tables)
            try:
                yield work
            finally:
                shutil.rmtree(work.folder, ignore_errors=True)

    def latest(self) -> str:
        """The id of the run that readers see; empty if there is none."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            return str(json.loads((self.folder / POINTER).read_text(encoding="utf-8"))["run"])
        return ""

    def latest_as_of(self) -> str:
        """The as-of day of the run that readers see, as `2011-11-30`; empty if there is none."""
        record = read_record(self.runs / name) if (name := self.latest()) else None
        return str((record or {}).get("as_of", ""))

    def existing(self, key: str, first: str) -> Path | None:
        """The newest whole run of a key; ``first`` is the id that a first run of it gets."""
        found = []
        for folder in self.runs.glob(f"{first}*"):
            record = read_record(folder)
            if record and record.get("key") == key and unbroken(folder, record):
                found.append((str(record.get("finished")), folder))
        return max(found)[1] if found else None

    def publish(self, work: Work, name: str, *, pointing: bool = True) -> Path:
        """Put a finished run beside the others, and make it the one that readers see. Its record is written already.

        Args:
            work: Where it was made.
            name: Its id.
            pointing: Without it readers go on to see the run that they have seen.

        Raises:
            RunError: The folder cannot be written.
        """
        target = self.runs / name
        with _writing(target):
            for file in sorted(work.run.iterdir()):
                _sync(file)
            _sync(work.run)
            self.runs.mkdir(exist_ok=True)
            # rename would replace an empty folder in silence; a run is written once.
            if target.exists():
                raise FileExistsError(f"{target} exists already")
            if pointing:
                self._write_pointers(work, name)
            # From here on there are only renames.
            work.run.rename(target)
            _sync(self.runs)
            if pointing:
                self._swap_pointers(work)
        return target

    def point(self, work: Work, name: str) -> None:
        """Let `latest` mean a run that is there, by renames alone.

        Raises:
            RunError: The folder cannot be written.
        """
        with _writing(self.folder / LATEST):
            self._write_pointers(work, name)
            self._swap_pointers(work)

    def _write_pointers(self, work: Work, name: str) -> None:
        if sys.platform != "win32":
            (work.folder / LATEST).symlink_to(Path(RUNS) / name, target_is_directory=True)
        pointer = work.folder / POINTER
        pointer.write_text(json.dumps({"run": name, "folder": f"{RUNS}/{name}"}, indent=1) + "\n", encoding="utf-8")
        _sync(pointer)

    def _swap_pointers(self, work: Work) -> None:
        names = [POINTER] if sys.platform == "win32" else [LATEST, POINTER]
        for name in names:
            (work.folder / name).replace(self.folder / name)
        _sync(self.folder)

    def keep_failed(self, work: Work, name: str) -> Path:
        """Move what is kept of a failed run to `failed/<id>/`, in place of an earlier failure of the same run."""
        target = self.folder / FAILED / name
        with _writing(target):
            target.parent.mkdir(exist_ok=True)
            if target.exists():
                target.rename(work.folder / "earlier")
            work.failed.rename(target)
        return target


def check_writable(out: Path, workbooks: list[str]) -> None:
    """Try to write where reports will be published.

    Raises:
        OSError: It cannot be written.
    """
    for folder in (out, *(out / name for name in workbooks)):
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / f"{WORK}{os.getpid()}-trial-{secrets.token_hex(4)}"
        trial.mkdir()
        trial.rmdir()


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(
            f"the report cannot be written: {error.strerror or error}",
            where=str(target),
            fix="Make room or give the right to write; what was published before is as it was.",
        ) from error


def _sync(path: Path) -> None:
    """Bring a file or folder to the disk, so that a power cut leaves no empty files behind renames."""
    if sys.platform == "win32" and path.is_dir():
        return
    number = os.open(path, os.O_RDONLY if sys.platform != "win32" else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)
