"""`status.json` of a report: what became of its last attempt, for the index, `--failed-only` and failure mails.

It is written by rename: when an attempt begins, as it goes on, and when it ends. Nothing but people and these readers
rests on it: what is published tells `run.json`.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from cpm_core.model.locks import alive
from cpm_core.model.secrets import scrubbed

STATUS = "status.json"

State = Literal["running", "published", "unchanged", "failed", "died"]


@dataclass(frozen=True)
class Status:
    """One attempt at a report. `died`: it is said to run, but its process is gone."""

    state: State
    workbook: str
    member: str = ""
    """Of a grid, as `region=north`; empty: no grid."""
    as_of: str = ""
    run: str = ""
    """Its id; empty if it ended before its data was read."""
    started: str = ""
    """UTC, as ISO 8601, as is `finished`."""
    finished: str = ""
    exit_code: int | None = None
    problems: tuple[str, ...] = ()
    """Why it failed, or what is degraded in it."""
    kept: str = ""
    """Folder of what is kept of a failed run, from the report's folder."""
    step: str = ""
    """What is being done, or was when it ended."""
    process: int = 0
    host: str = ""
    attempt: int = 1
    """Counted from 1; more than 1 after a retry."""
    params: str = ""
    """The params file, as it was given."""
    said: tuple[tuple[str, str], ...] = ()
    """Keys and values that were said beside it, secrets as references."""


def read_status(folder: Path) -> Status | None:
    """The last attempt at the report of a folder; None if there is none that can be read."""
    try:
        about = json.loads((folder / STATUS).read_text(encoding="utf-8"))
        about["problems"] = tuple(about["problems"])
        about["said"] = tuple((str(key), str(value)) for key, value in about["said"])
        status = Status(**about)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return replace(status, state="died") if status.state == "running" and _gone(status) else status


def write_status(folder: Path, status: Status) -> None:
    """Write it by rename. What cannot be written is left: it must not hide how the report ended."""
    text = scrubbed(json.dumps(asdict(status), ensure_ascii=False, indent=1)) + "\n"
    aside = folder / f".{STATUS}-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(folder / STATUS)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink()


def now() -> str:
    """When something was done, for whoever looks, as ISO 8601 in UTC; no figure depends on it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _gone(status: Status) -> bool:
    """Whether its process is no more; of another machine's nothing is known."""
    return status.host == socket.gethostname() and not _there(status.process, status.started)


def _there(process: int, started: str) -> bool:
    """Whether it is still that process: its number may have been given to one that is younger than the run."""
    import psutil

    try:
        found = psutil.Process(process)
        young = found.create_time() > datetime.fromisoformat(started).timestamp() + 1
        return not young and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, ValueError):
        return alive(process)
