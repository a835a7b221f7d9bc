"""The folder of one report: written aside, renamed into place, `latest` swapped last.

A reader resolves `latest` once and reads inside that folder: the whole old run or the whole new one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cpm_core.engine.notes import notes
from cpm_core.model import folders
from cpm_core.runs.disk import sync, sync_all, writing
from cpm_core.runs.lock import locked
from cpm_core.runs.pointers import LATEST, POINTER, Pointers, latest, said
from cpm_core.runs.record import read_record, unbroken

RUNS = "runs"
FAILED = "failed"
WORK = ".work-"
"""Beginning of a work folder's name; the number of the process that works in it follows."""
TEMPORARY = "cpm-"
"""The same in the system's folder for temporary files."""


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
    with folders.made(out, WORK) as folder:
        _sweep(out, folder)
        yield folder


def _sweep(folder: Path, work: Path) -> None:
    """Remove what runs left behind that were killed.

    Notes of what a server keeps for them are put into a work folder first: it is dropped with its own tables.
    """
    for left in folders.abandoned(folder, WORK):
        # Another batch may be removing it too.
        with contextlib.suppress(FileNotFoundError):
            for note in notes(left):
                words = note.read_text(encoding="utf-8")
                taken = work / f"left-{secrets.token_hex(4)}"
                taken.mkdir()
                (taken / note.name).write_text(words, encoding="utf-8")
        shutil.rmtree(left, ignore_errors=True)


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
            RunError: The folder cannot be written.
        """
        with self.held(), self.aside() as work:
            yield work

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the report's lock, and mend what a runner left that was killed.

        Raises:
            LockedError: Another process runs this report.
            RunError: The folder cannot be written.
        """
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder, self.folder.name):
            # Without any folder for temporary files the kernel is what says so.
            with contextlib.suppress(OSError):
                folders.sweep(Path(tempfile.gettempdir()), TEMPORARY)
            self._mend()
            yield

    def _mend(self) -> None:
        """Let the file name what the link does: a runner may have been killed between the two."""
        name = self.latest()
        if name and said(self.folder) != name:
            with folders.made(self.folder, WORK) as aside, writing(self.folder / POINTER):
                Pointers(self.folder, aside, RUNS, name).swap()

    @contextmanager
    def aside(self) -> Iterator[Work]:
        """A work folder, with the lock held; gone afterwards.

        Raises:
            RunError: It cannot be made.
        """
        with writing(self.folder):
            root = folders.make(self.folder, WORK)
        work = Work(root)
        try:
            with writing(self.folder):
                for folder in (work.run, work.tables, work.failed):
                    folder.mkdir()
                _sweep(self.folder, work.tables)
            yield work
        finally:
            folders.remove(root)

    def latest(self) -> str:
        """The id of the run that readers see; empty if there is none."""
        return latest(self.folder)

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
        with writing(target):
            sync_all(work.run)
            self.runs.mkdir(exist_ok=True)
            # rename would replace an empty folder in silence; a run is written once.
            if target.exists():
                raise FileExistsError(f"{target} exists already")
            pointers = self._pointers(work, name) if pointing else None
            # From here on there are only renames.
            work.run.rename(target)
            self._settled(work, target)
            if pointers is not None:
                pointers.swap()
        return target

    def _settled(self, work: Work, target: Path) -> None:
        """The run's place is on the disk; if it cannot be, the run is taken back: nobody has been led to it yet."""
        try:
            sync(self.runs)
            sync(self.folder)
        except BaseException:
            with contextlib.suppress(OSError):
                target.rename(work.run)
            raise

    def point(self, work: Work, name: str) -> None:
        """Let `latest` mean a run that is there, by renames alone.

        Raises:
            RunError: The folder cannot be written.
        """
        with writing(self.folder / LATEST):
            self._pointers(work, name).swap()

    def _pointers(self, work: Work, name: str) -> Pointers:
        return Pointers(self.folder, work.folder / "pointers", RUNS, name)

    def keep_failed(self, work: Work, name: str) -> Path:
        """Move what is kept of a failed run to `failed/<id>/`, in place of an earlier failure of the same run."""
        target = self.folder / FAILED / name
        with writing(target):
            target.parent.mkdir(exist_ok=True)
            if target.exists():
                target.rename(work.folder / "earlier")
            work.failed.rename(target)
        return target


def report_folders(out: Path) -> list[Path]:
    """The folders of all reports: one a workbook, and one a member of a grid in it."""
    found = [folder.parent for pattern in (f"*/{RUNS}", f"*/*/{RUNS}") for folder in out.glob(pattern)]
    hidden = [one for one in found if any(part.startswith(".") for part in one.relative_to(out).parts)]
    return sorted(one for one in found if one not in hidden and RUNS not in one.relative_to(out).parts)


def check_writable(out: Path, reports: Sequence[str]) -> None:
    """Try to write where reports will be published; their folders are not made yet.

    Raises:
        OSError: It cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    there = (next(one for one in (out / name, *(out / name).parents) if os.path.lexists(one)) for name in reports)
    for folder in dict.fromkeys((out, *there)):
        trial = folder / f"{WORK}{os.getpid()}-trial-{secrets.token_hex(4)}"
        trial.mkdir()
        trial.rmdir()
