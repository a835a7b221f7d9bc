"""Which runs there are: read from their records on disk, nothing else is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpm_core.model.text import Text
from cpm_core.runs.pointers import latest
from cpm_core.runs.publish import RUNS
from cpm_core.runs.record import RECORD, read_record


@dataclass(frozen=True)
class Entry:
    """One published run."""

    folder: Path
    report: str
    """Its report's folder, from the folder of all reports: the workbook, and the member of a grid."""
    id: str
    title: Text
    locale: str
    as_of: str
    finished: str
    """When it was made, UTC, as ISO 8601."""
    seconds: float
    latest: bool
    """Whether it is the one that readers of the report see."""
    degraded: tuple[str, ...]
    files: tuple[str, ...]


def entries(out: Path) -> list[Entry]:
    """All runs, newest first; a folder whose record cannot be read is none."""
    found = [entry for report in _reports(out) for entry in _runs(report, out)]
    return sorted(found, key=lambda one: (one.finished, one.report, one.id), reverse=True)


def _reports(out: Path) -> Iterator[Path]:
    """Folders of reports: one a workbook, and one a member of a grid in it."""
    for pattern in (f"*/{RUNS}", f"*/*/{RUNS}"):
        for folder in sorted(out.glob(pattern)):
            parts = folder.relative_to(out).parts
            if not any(part.startswith(".") for part in parts) and RUNS not in parts[:-1]:
                yield folder.parent


def _runs(report: Path, out: Path) -> Iterator[Entry]:
    seen = latest(report)
    for file in (report / RUNS).glob(f"*/{RECORD}"):
        record = read_record(file.parent)
        if record is not None and record.get("run") == file.parent.name:
            yield _entry(record, file.parent, report.relative_to(out).as_posix(), seen)


def _entry(record: Mapping[str, Any], folder: Path, report: str, latest: str) -> Entry:
    words = record.get("title")
    name = str(record.get("workbook", report))
    title = Text(**words) if isinstance(words, dict) and set(words) == {"en", "zh"} else Text(name, name)
    timings = record.get("timings")
    return Entry(
        folder=folder,
        report=report,
        id=folder.name,
        title=title,
        locale=str(record.get("locale", "en")),
        as_of=str(record.get("as_of", "")),
        finished=str(record.get("finished", "")),
        seconds=sum(timings.values()) if isinstance(timings, dict) else 0.0,
        latest=folder.name == latest,
        degraded=tuple(map(str, record.get("degraded", ()))),
        files=tuple(record.get("files", ())),
    )
