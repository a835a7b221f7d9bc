"""What readers follow to the last report: `latest`, a link, and `latest.json`, the same as a file.

Both are swapped by rename; Windows has the file alone. The link is swapped first and is what counts: a runner that
was killed between the two leaves a file that the next one mends.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

from cpm_core.runs.disk import sync

LATEST = "latest"
POINTER = "latest.json"
_NAMES = (POINTER,) if sys.platform == "win32" else (LATEST, POINTER)


def latest(report: Path) -> str:
    """The id of the run that readers of a report's folder see; empty if there is none."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            return (report / LATEST).readlink().name
    return said(report)


def said(report: Path) -> str:
    """The id that the file names, for shares without links."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((report / POINTER).read_text(encoding="utf-8"))["run"])
    return ""


class Pointers:
    """New pointers, made aside, and a copy of the old ones to go back to."""

    def __init__(self, report: Path, aside: Path, runs: str, name: str) -> None:
        """Write them.

        Args:
            report: The report's folder.
            aside: An empty folder to be on the same disk; it stays.
            runs: The folder of runs, from the report's.
            name: The run that they will name.

        Raises:
            OSError: They cannot be written.
        """
        self.report, self.new, self.old = report, aside / "new", aside / "old"
        self._write(self.new, runs, name)
        before = latest(report)
        self._had = bool(before)
        if before:
            self._write(self.old, runs, before)

    def _write(self, folder: Path, runs: str, name: str) -> None:
        folder.mkdir(parents=True)
        if sys.platform != "win32":
            (folder / LATEST).symlink_to(Path(runs) / name, target_is_directory=True)
        pointer = folder / POINTER
        pointer.write_text(json.dumps({"run": name, "folder": f"{runs}/{name}"}, indent=1) + "\n", encoding="utf-8")
        sync(pointer)

    def swap(self) -> None:
        """Let readers see the new ones; if that fails half-way they see the old ones.

        Raises:
            OSError: They cannot be swapped.
        """
        try:
            for name in _NAMES:
                (self.new / name).replace(self.report / name)
            sync(self.report)
        except BaseException:
            self._back()
            raise

    def _back(self) -> None:
        for name in _NAMES:
            with contextlib.suppress(OSError):
                if self._had:
                    (self.old / name).replace(self.report / name)
                else:
                    (self.report / name).unlink()
