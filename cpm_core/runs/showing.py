"""`cpm runs show`: one run at the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model.secrets import scrubbed
from cpm_core.params.paths import shown
from cpm_core.runs.diff.find import Found, find_run
from cpm_core.runs.publish import RUNS
from cpm_core.runs.record import unbroken
from cpm_core.runs.sending.outbox import Outbox
from cpm_core.runs.status import Status, read_status

if TYPE_CHECKING:
    from rich.console import Console

Rows = list[tuple[str, str]]


def show_run(words: str, out: Path, as_json: bool = False) -> int:
    """Print a run: what it was made of, its files and timings, and what became of it. Returns 0.

    Args:
        words: A folder, an id, `REPORT@latest` and the like.
        out: Where reports are published.
        as_json: Print the record, with the status of the last attempt and what was sent, as JSON.

    Raises:
        UsageError: There is no such run.
    """
    found = find_run(words, out)
    status = read_status(found.folder.parent.parent) if found.folder.parent.name == RUNS else None
    if as_json:
        about = {**found.record, "whole": unbroken(found.folder, found.record), "sent": dict(_sent(found))}
        sys.stdout.write(scrubbed(json.dumps(about, ensure_ascii=False, indent=1)) + "\n")
        return 0
    from rich.console import Console

    console = Console(markup=False, emoji=False, highlight=False)
    for title, rows in _parts(found, status):
        _table(console, title, rows)
    return 0


def _parts(found: Found, status: Status | None) -> Iterator[tuple[str, Rows]]:
    record = found.record
    yield "", _about(found)
    yield "with gaps", [("", words) for words in record.get("degraded") or ()]
    yield "params", [(name, _text(value)) for name, value in (record.get("parameters") or {}).items() if value]
    said = [(str(one["key"]), f"{_text(one['value'])} ({one['by']})") for one in record.get("said") or ()]
    own = [(name, _text(value)) for name, value in (record.get("notebook_parameters") or {}).items()]
    yield "said beside the file", [*said, *own]
    yield "sources", [(str(one["file"]), str(one["sha256"])[:12]) for one in record.get("sources") or ()]
    yield "plugins", [(one["name"], one["version"]) for one in _own(record)]
    yield "versions", [(str(name), str(version)) for name, version in (record.get("versions") or {}).items()]
    yield "seconds", [(name, f"{seconds:.1f}") for name, seconds in (record.get("timings") or {}).items()]
    yield "files", [(name, f"{about['bytes']:,} bytes") for name, about in (record.get("files") or {}).items()]
    yield "sent", list(_sent(found))
    if status is not None and (status.run != found.id or status.state in ("failed", "died", "running")):
        yield "last attempt at this report", _attempt(status)


def _about(found: Found) -> Rows:
    record = found.record
    title = record.get("title")
    timings = record.get("timings") or {}
    return [
        ("run", found.id),
        ("report", found.report),
        ("title", str(title.get("en", "")) if isinstance(title, Mapping) else ""),
        ("as of", f"{record.get('as_of')}, {record.get('period')}"),
        ("made", f"{str(record.get('finished', ''))[:19].replace('T', ' ')} UTC, in {sum(timings.values()):.1f} s"),
        ("params", str(record.get("params", ""))),
        ("notebook", str((record.get("notebook") or {}).get("file", ""))),
        ("folder", shown(found.folder)),
        ("files", "as they were written" if unbroken(found.folder, record) else "not as they were written"),
    ]


def _own(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Plugins that are no part of the package."""
    return [one for one in record.get("plugins") or () if one.get("origin") != "built-in"]


def _sent(found: Found) -> Iterator[tuple[str, str]]:
    """Publishers with their recipients, and what became of each."""
    for event, row, note in Outbox(found.folder.parent.parent).rows():
        if event.id == found.id:
            state = f"{note.state}: {note.why}" if note.why else note.state
            yield " ".join(filter(None, (row.publisher, row.recipient))), state


def _attempt(status: Status) -> Rows:
    rows = [("state", status.state), ("as of", status.as_of), ("step", status.step), ("ended", status.finished[:19])]
    code = "" if status.exit_code is None else str(status.exit_code)
    rows += [("exit code", code), ("kept in", status.kept), *(("why", words) for words in status.problems)]
    return [(name, words) for name, words in rows if words]


def _table(console: Console, title: str, rows: Rows) -> None:
    from rich.table import Table

    if not rows:
        return
    if title:
        console.print(f"\n{title}", style="bold")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, words in rows:
        table.add_row(scrubbed(name), scrubbed(words))
    console.print(table, soft_wrap=not console.is_terminal)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
