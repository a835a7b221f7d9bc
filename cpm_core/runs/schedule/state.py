"""`schedule.json` of a report: which ticks of its schedules are done. Written by rename."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from cpm_core.runs.schedule.cron import Schedule, Tick

STATE = "schedule.json"
KEPT = 50
"""Ticks that are kept of each schedule, for people to read; only the last one counts."""


@dataclass(frozen=True)
class Done:
    """What became of a tick."""

    tick: Tick
    what: Literal["run", "skipped"]
    exit_code: int | None = None


def last_done(report: Path, schedule: Schedule) -> datetime | None:
    """The last tick that was run or left out; None if nothing that can be read tells of one.

    Nothing is lost where it is not known: the latest tick is run again, and is unchanged.
    """
    with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
        return datetime.fromisoformat(_read(report)[_name(schedule)]["last"])
    return None


def note(report: Path, schedule: Schedule, done: Iterable[Done], now: datetime) -> None:
    """Write down ticks that are done.

    Raises:
        OSError: It cannot be written.
    """
    schedules, before = _read(report), last_done(report, schedule)
    about = schedules.get(_name(schedule)) if before is not None else None
    ticks = list(about["ticks"]) if isinstance(about, dict) and isinstance(about.get("ticks"), list) else []
    last = before
    for one in done:
        # Of two that were at it at once, or an older tick that is run again, the later one counts.
        last = one.tick.at if last is None else max(last, one.tick.at)
        ticks.append(_plain(one, now))
    if last is not None:
        schedules[_name(schedule)] = {"last": last.isoformat(), "ticks": ticks[-KEPT:]}
        _write(report, schedules)


def _name(schedule: Schedule) -> str:
    # A report may have several schedules; one that is changed begins anew.
    return f"{schedule.cron} {schedule.zone}"


def _plain(done: Done, now: datetime) -> dict[str, Any]:
    about: dict[str, Any] = {"tick": done.tick.at.isoformat(), "as_of": str(done.tick.as_of), "what": done.what}
    if done.exit_code is not None:
        about["exit_code"] = done.exit_code
    return {**about, "noted": now.isoformat(timespec="seconds")}


def _read(report: Path) -> dict[str, Any]:
    try:
        schedules = json.loads((report / STATE).read_text(encoding="utf-8"))["schedules"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return dict(schedules) if isinstance(schedules, Mapping) else {}


def _write(report: Path, schedules: Mapping[str, Any]) -> None:
    report.mkdir(parents=True, exist_ok=True)
    aside = report / f".{STATE}-{os.getpid()}-{secrets.token_hex(4)}"
    aside.write_text(json.dumps({"schedules": schedules}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    aside.replace(report / STATE)
