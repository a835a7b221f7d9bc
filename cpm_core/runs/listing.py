"""`cpm runs list`: the published runs at the terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cpm_core.model.errors import UsageError
from cpm_core.params.paths import shown
from cpm_core.runs.catalogue import Entry, entries


def list_runs(out: Path, as_json: bool = False) -> int:
    """Print all runs, newest first; returns the exit code.

    Args:
        out: Where reports are published.
        as_json: Print JSON instead of a table.

    Raises:
        UsageError: There is no such folder.
    """
    if not out.is_dir():
        raise UsageError(f"there is no folder {out}", where="--out", fix="Make a report first: `cpm run PARAMS`.")
    found = entries(out)
    if as_json:
        sys.stdout.write(json.dumps([_plain(one) for one in found], ensure_ascii=False, indent=1) + "\n")
    elif not found:
        sys.stdout.write(f"no runs in {out}\n")
    else:
        _table(found)
    return 0


def _plain(entry: Entry) -> dict[str, object]:
    return {
        "report": entry.report,
        "run": entry.id,
        "as_of": entry.as_of,
        "finished": entry.finished,
        "seconds": round(entry.seconds, 3),
        "latest": entry.latest,
        "degraded": list(entry.degraded),
        "folder": shown(entry.folder),
    }


def _table(found: list[Entry]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("report", "run", "as of", "made (UTC)", "seconds", ""):
        table.add_column(name, justify="right" if name == "seconds" else "left", overflow="fold", no_wrap=True)
    for one in found:
        marks = [word for word, here in (("latest", one.latest), ("degraded", bool(one.degraded))) if here]
        made = one.finished[:16].replace("T", " ")
        table.add_row(one.report, one.id, one.as_of, made, f"{one.seconds:.1f}", ", ".join(marks))
    if not console.is_terminal:
        console = Console(width=200)
    console.print(table)
