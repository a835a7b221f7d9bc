"""`cpm runs verify`: whether each file of a run is as it was written, and whether its figures come out again."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cpm_core.model.secrets import scrubbed
from cpm_core.params.paths import shown
from cpm_core.runs.asked import runs_asked
from cpm_core.runs.pointers import LATEST, POINTER, said
from cpm_core.runs.publish import RUNS
from cpm_core.runs.record import RECORD, read_record, sha256
from cpm_core.runs.rerun import Rerun, rerun

MOST = 20
"""Figures that are shown of those that differ."""


@dataclass
class Verified:
    """What was found of one run; nothing is wrong if all but ``files`` is empty."""

    folder: str
    files: int = 0
    """Files that its record names."""
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    additional: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What is wrong with the record or with what leads to the run, in words."""
    again: Rerun | None = None
    """What came of running it again, if that was asked for."""

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong with its files."""
        return not (self.missing or self.changed or self.additional or self.wrong)

    @property
    def fine(self) -> bool:
        """Whether nothing is wrong at all."""
        return self.whole and (self.again is None or self.again.same)


def verify_runs(
    out: Path, names: Sequence[str], *, whole: bool = False, again: bool = False, as_json: bool = False
) -> int:
    """Check runs, and print what is wrong; returns the exit code: 0 nothing is, 1 something is.

    Args:
        out: Where reports are published.
        names: Reports, or runs as `REPORT/RUN`; none: all reports.
        whole: All runs of each report instead of its last one.
        again: Recompute the figures too.
        as_json: Print JSON.

    Raises:
        UsageError: There is no such report or run.
    """
    out = out.absolute()
    latest_of: dict[Path, str] = {}
    found = [verified(run) for run in runs_asked(out, names, whole, latest_of)]
    for one in found if again else ():
        one.again = rerun(Path(one.folder), out)
    led = [words for report, name in latest_of.items() for words in _misled(report, name)]
    if as_json:
        text = json.dumps({"runs": [_plain(one) for one in found], "latest": led}, ensure_ascii=False, indent=1)
        sys.stdout.write(scrubbed(text) + "\n")
    else:
        sys.stdout.write(scrubbed("".join(f"{line}\n" for one in found for line in _lines(one))))
        sys.stdout.write("".join(f"wrong     {words}\n" for words in led))
    return 0 if all(one.fine for one in found) and not led else 1


def verified(run: Path) -> Verified:
    """Compare the files of a run with its record."""
    found = Verified(str(run))
    record = read_record(run)
    files = record.get("files") if record is not None else None
    if record is None or not isinstance(files, dict):
        found.wrong.append(f"{RECORD} is missing or cannot be read")
        return found
    if record.get("run") != run.name:
        found.wrong.append(f"{RECORD} is that of run {record.get('run')}")
    there = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if not path.is_dir()}
    found.files = len(files)
    found.missing = sorted(set(files) - set(there))
    found.additional = sorted(set(there) - set(files) - {RECORD})
    found.changed = sorted(
        name for name, about in files.items() if name in there and sha256(there[name]) != about.get("sha256")
    )
    return found


def _misled(report: Path, name: str) -> list[str]:
    """What is wrong with what leads readers to a report's last run."""
    if not name:
        return [f"{shown(report)}: no run is the last one"]
    wrong = []
    if not (report / RUNS / name).is_dir():
        wrong.append(f"{shown(report / LATEST)} leads to run {name}, which is not there")
    if said(report) != name:
        wrong.append(f"{shown(report / POINTER)} does not name the run of {LATEST}, {name}; the next run mends it")
    return wrong


def _plain(one: Verified) -> dict[str, object]:
    return asdict(one) | {"folder": shown(Path(one.folder)), "fine": one.fine}


def _lines(one: Verified) -> list[str]:
    name = shown(Path(one.folder))
    lines = [f"{'ok' if one.whole else 'wrong':<9} {name} ({one.files} files)"]
    lines += [f"  {words}" for words in one.wrong]
    for state, names in (("missing", one.missing), ("changed", one.changed), ("additional", one.additional)):
        lines += [f"  {state:<10} {file}" for file in names]
    return lines + (_figures(one.again) if one.again is not None else [])


def _figures(again: Rerun) -> list[str]:
    if again.failed:
        return ["  the figures cannot be computed again:", *(f"    {words}" for words in again.failed)]
    changed = [f"  changed since: {words}" for words in again.changed]
    if again.same:
        return [f"  same figures: {again.figures:,} computed again", *changed]
    lines = [f"  other figures: {len(again.differences):,} of {again.figures:,}"]
    lines += [f"    {one.name}: {one.before} -> {one.after} ({one.why})" for one in again.differences[:MOST]]
    left = len(again.differences) - MOST
    return [*lines, *([f"    and {left:,} more; --json names all"] if left > 0 else []), *changed]
