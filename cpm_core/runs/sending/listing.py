"""`cpm runs outbox`: what was told to whom, what waits, and what nobody knows."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cpm_core.runs.asked import reports_asked
from cpm_core.runs.sending.outbox import OUTBOX, Event, Note, Outbox, Row

OPEN = ("pending", "claimed", "unknown", "failed", "stale")
"""States that somebody may want to look at."""


def list_outbox(out: Path, names: Sequence[str] = (), every: bool = False, as_json: bool = False) -> int:
    """Print what became of what is told, newest first; returns the exit code.

    Args:
        out: Where reports are published.
        names: Reports; none: all.
        every: What was sent too, not only what was not.
        as_json: Print JSON instead of a table.

    Raises:
        UsageError: There is no such folder or report.
    """
    folders = set(reports_asked(out, names))
    if not names:  # a report that has never succeeded is none that is published
        folders |= {box.parent for pattern in ("*", "*/*") for box in out.glob(f"{pattern}/{OUTBOX}")}
    found = [
        (folder.relative_to(out).as_posix(), event, row, note)
        for folder in folders
        for event, row, note in Outbox(folder).rows()
        if every or note.state in OPEN
    ]
    found.sort(key=lambda one: one[1].at, reverse=True)
    if as_json:
        sys.stdout.write(json.dumps([_plain(*one) for one in found], ensure_ascii=False, indent=1) + "\n")
    elif not found:
        sys.stdout.write("nothing was told yet\n" if every else "nothing waits, and all that was told has arrived\n")
    else:
        _table(found)
    return 0


def _plain(report: str, event: Event, row: Row, note: Note) -> dict[str, object]:
    return {
        "report": report,
        "what": event.id,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "publisher": row.publisher,
        "recipient": row.recipient,
        "state": note.state,
        "tries": note.tries,
        "why": note.why,
    }


def _table(found: Sequence[tuple[str, Event, Row, Note]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("report", "what", "at (UTC)", "publisher", "recipient", "state", "why"):
        table.add_column(name, overflow="fold", no_wrap=name != "why")
    for report, event, row, note in found:
        at = event.at.strftime("%Y-%m-%d %H:%M")
        cells = (report, event.id, at, row.publisher, row.recipient, note.state, note.why)
        table.add_row(*map(Text, cells))
    if not console.is_terminal:
        console = Console(width=220)
    console.print(table)
