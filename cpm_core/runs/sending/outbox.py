"""`outbox/` of a report: what is to be sent to whom, and what became of it. It survives a kill at any moment.

`<event>.json` tells what happened and holds one row a recipient; it is written whole, by rename. Beside it, in
`<event>/`, stand what became of each row:

- `<row>.claim`: somebody is sending it. The file is made new or not at all, so that of two only one may send.
- `<row>.done`: how it ended. Nothing is sent any more.
- `<row>.tries`: how often nobody was reached, and why.

A claim with nothing beside it, whose process is gone, means that nobody knows whether the row was sent.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from cpm_core.model.locks import alive
from cpm_core.model.secrets import scrubbed

OUTBOX = "outbox"
LONGEST = timedelta(minutes=20)
"""No sending takes so long: a claim that is older is nobody's any more."""
KEPT = timedelta(days=60)
"""How long events stay after all their rows have ended."""

Kind = Literal["report", "failure", "recovery"]
End = Literal["sent", "failed", "unknown", "stale", "overtaken"]
State = Literal["pending", "claimed", "sent", "failed", "unknown", "stale", "overtaken"]

_TOKEN = secrets.token_hex(8)
"""Of this process: another one may have had its number."""


@dataclass(frozen=True)
class Row:
    """One recipient of what is told."""

    id: str
    """Of publisher and recipient: who is told by two uses of a publisher is told once."""
    publisher: str
    recipient: str = ""


@dataclass(frozen=True)
class Event:
    """Something that is told."""

    id: str
    """A run's id, or what failed and when."""
    kind: Kind
    at: datetime
    told: Mapping[str, Any]
    """The run in plain data (`told.py`)."""
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Note:
    """What is known of a row beside that it is to be sent."""

    state: State = "pending"
    why: str = ""
    tries: int = 0
    at: str = ""


class Outbox:
    """The outbox of a report's folder."""

    def __init__(self, report: Path) -> None:
        self.folder = report / OUTBOX

    def post(self, event: Event) -> None:
        """Write an event; one of the same id takes the place of an earlier one, and what became of rows stays.

        Raises:
            OSError: It cannot be written.
        """
        about = {**asdict(event), "at": event.at.isoformat()}
        (self.folder / event.id).mkdir(parents=True, exist_ok=True)
        write_json(self.folder / f"{event.id}.json", about)

    def events(self) -> list[Event]:
        """All that can be read, oldest first."""
        found = [event for path in self.folder.glob("*.json") if (event := _read_event(path))]
        return sorted(found, key=lambda event: (event.at, event.id))

    def rows(self) -> Iterator[tuple[Event, Row, Note]]:
        """Every row with what became of it."""
        for event in self.events():
            for row in event.rows:
                yield event, row, self.note(event, row)

    def note(self, event: Event, row: Row) -> Note:
        """What became of a row."""
        tried = _read(self._path(event, row, "tries"))
        tries = int(tried.get("tries", 0))
        ended = _read(self._path(event, row, "done"))
        if ended:
            return Note(ended["state"], str(ended.get("why", "")), tries, str(ended.get("at", "")))
        why = str(tried.get("why", ""))
        claim = self._path(event, row, "claim")
        return Note("claimed" if claim.exists() else "pending", why, tries, str(tried.get("at", "")))

    def claim(self, event: Event, row: Row) -> bool:
        """Take a row to send it; False if somebody else has taken it, or it has ended.

        Raises:
            OSError: It cannot be written.
        """
        path = self._path(event, row, "claim")
        path.parent.mkdir(parents=True, exist_ok=True)
        about = {"process": os.getpid(), "host": socket.gethostname(), "token": _TOKEN, "at": _now()}
        words = json.dumps({**about, "claim": secrets.token_hex(8)})
        try:
            number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            return False
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(words)
            file.flush()
            os.fsync(file.fileno())
        _sync(path.parent)
        # Another may have sent it and taken its claim back between our look and ours.
        return not self._path(event, row, "done").exists()

    def abandoned(self, event: Event, row: Row) -> bool:
        """Whether the process that took a row is gone without a word."""
        path = self._path(event, row, "claim")
        about = _read(path)
        number = int(about.get("process", 0))
        mine = (number, about.get("token")) == (os.getpid(), _TOKEN)
        if about.get("host") == socket.gethostname() and not mine and (number == os.getpid() or not alive(number)):
            # The number of this process with another token: the one that had it before is gone.
            return True
        try:
            # One that is empty was killed while it was made.
            made = datetime.fromisoformat(str(about["at"])) if about else _changed(path)
        except (KeyError, ValueError, OSError):
            return True
        return datetime.now(UTC) - made > LONGEST

    def release(self, event: Event, row: Row, why: str) -> None:
        """Put a row back that has reached nobody for sure, or that may be sent again."""
        tries, claim = self.note(event, row).tries + 1, self._path(event, row, "claim")
        about = {"tries": tries, "why": why, "at": _now(), "claim": _read(claim).get("claim", "")}
        write_json(self._path(event, row, "tries"), about)
        claim.unlink(missing_ok=True)
        _sync(self.folder / event.id)

    def freed(self, event: Event, row: Row) -> bool:
        """Take away the claim of a process that noted that it had reached nobody, and was ended before it did so."""
        claim = self._path(event, row, "claim")
        name = _read(claim).get("claim")
        if not name or _read(self._path(event, row, "tries")).get("claim") != name:
            return False
        claim.unlink(missing_ok=True)
        return True

    def end(self, event: Event, row: Row, state: End, why: str = "") -> None:
        """Note how a row ended; nothing of it is sent any more."""
        write_json(self._path(event, row, "done"), {"state": state, "why": why, "at": _now()})

    def tidy(self, now: datetime) -> None:
        """Forget events that are long over."""
        for event in self.events():
            notes = [self.note(event, row).state for row in event.rows]
            if now - event.at > KEPT and not {"pending", "claimed"} & set(notes):
                self.forget(event)

    def forget(self, event: Event) -> None:
        """Take an event out."""
        (self.folder / f"{event.id}.json").unlink(missing_ok=True)
        for path in (self.folder / event.id).glob("*"):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            (self.folder / event.id).rmdir()

    def _path(self, event: Event, row: Row, what: str) -> Path:
        return self.folder / event.id / f"{row.id}.{what}"


def _read_event(path: Path) -> Event | None:
    about = _read(path)
    try:
        rows = tuple(Row(**row) for row in about["rows"])
        return Event(about["id"], about["kind"], datetime.fromisoformat(about["at"]), about["told"], rows)
    except (KeyError, TypeError, ValueError):
        return None


def _read(path: Path) -> dict[str, Any]:
    """What a file says; empty if there is none that can be read."""
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def write_json(path: Path, about: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write JSON aside, bring it to the disk, and rename it."""
    aside = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with aside.open("w", encoding="utf-8") as file:
        file.write(scrubbed(json.dumps(about, ensure_ascii=False, indent=1)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Bring new names in a folder to the disk."""
    if sys.platform == "win32" or not folder.is_dir():
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _now() -> str:
    # When it was sent, for whoever looks; no figure depends on it.
    return datetime.now(UTC).isoformat(timespec="seconds")
