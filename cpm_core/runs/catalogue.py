"""Which runs there are, and which failed: read from their records on disk, nothing else is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cpm_core.model.text import Text
from cpm_core.runs.pointers import POINTER
from cpm_core.runs.publish import FAILED, RUNS
from cpm_core.runs.record import RECORD, read_record
from cpm_core.runs.status import read_status

ERROR = "error.txt"
"""File of a failed run's folder that says why."""


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
    period: str
    """Label of its period, as `2011-11`."""
    finished: str
    """When it was made, UTC, as ISO 8601."""
    seconds: float
    latest: bool
    """Whether it is the one that readers of the report see."""
    degraded: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Trouble:
    """A run that was not published: it failed, its process is gone, or it is under way."""

    report: str
    state: Literal["failed", "running"]
    id: str = ""
    as_of: str = ""
    finished: str = ""
    """UTC, as ISO 8601; of one under way when it began."""
    reason: str = ""
    """Why, or what it is doing."""
    kept: Path | None = None
    """Folder with the notebook as far as it came."""
    files: tuple[str, ...] = ()
    last: bool = True
    """Whether it is the last that was tried of its report."""


def entries(out: Path) -> list[Entry]:
    """All runs, newest first; a folder whose record cannot be read is none."""
    found = [entry for report in _reports(out, RUNS) for entry in _runs(report, out)]
    return sorted(found, key=lambda one: (one.finished, one.report, one.id), reverse=True)


def troubles(out: Path) -> list[Trouble]:
    """What is under way, what failed last and what is kept of earlier failures, newest first."""
    folders = {*_reports(out, "status.json"), *_reports(out, FAILED)}
    found = [one for report in folders for one in _troubles(report, out)]
    return sorted(found, key=lambda one: (one.last, one.finished, one.report), reverse=True)


def workbook_of(report: str) -> str:
    """The workbook of a report, without the member of a grid."""
    return report.partition("/")[0]


def _reports(out: Path, within: str) -> Iterator[Path]:
    """Folders of reports that have something: one a workbook, and one a member of a grid in it."""
    for pattern in (f"*/{within}", f"*/*/{within}"):
        for path in sorted(out.glob(pattern)):
            parts = path.relative_to(out).parts
            if not any(part.startswith(".") for part in parts) and not {RUNS, FAILED} & {*parts[:-1]}:
                yield path.parent


def _runs(report: Path, out: Path) -> Iterator[Entry]:
    latest = _latest(report)
    for file in (report / RUNS).glob(f"*/{RECORD}"):
        record = read_record(file.parent)
        if record is not None and record.get("run") == file.parent.name:
            yield _entry(record, file.parent, report.relative_to(out).as_posix(), latest)


def _latest(report: Path) -> str:
    try:
        return str(json.loads((report / POINTER).read_text(encoding="utf-8"))["run"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


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
        period=str(record.get("period", "")),
        finished=str(record.get("finished", "")),
        seconds=sum(timings.values()) if isinstance(timings, dict) else 0.0,
        latest=folder.name == latest,
        degraded=tuple(map(str, record.get("degraded", ()))),
        files=tuple(record.get("files", ())),
    )


def _troubles(report: Path, out: Path) -> Iterator[Trouble]:
    name = report.relative_to(out).as_posix()
    status = read_status(report)
    last = ""
    if status is not None and status.state in ("running", "failed", "died"):
        kept = report / status.kept if status.kept else None
        last = kept.name if kept else ""
        yield Trouble(
            report=name,
            state="running" if status.state == "running" else "failed",
            id=status.run,
            as_of=status.as_of,
            finished=status.finished or status.started,
            reason=_reason(status.state, status.problems, status.step),
            kept=kept,
            files=_files(kept),
        )
    for folder in (report / FAILED).glob("[!.]*"):
        if folder.is_dir() and folder.name != last:
            yield _earlier(folder, name)


def _reason(state: str, problems: tuple[str, ...], step: str) -> str:
    if state == "running":
        return step
    if state == "died":
        return f"its process ended without a word while {step}" if step else "its process ended without a word"
    return "; ".join(problems)


def _earlier(folder: Path, report: str) -> Trouble:
    try:
        words = (folder / ERROR).read_text(encoding="utf-8").strip()
    except OSError:
        words = ""
    day = "-".join(folder.name.split("-")[:3])
    return Trouble(report, "failed", folder.name, day, "", words, folder, _files(folder), last=False)


def _files(folder: Path | None) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in folder.iterdir())) if folder is not None and folder.is_dir() else ()
