"""The kernel's process, and those that it has started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import Any

from cpm_core.runs.engine.endings import Ending

BEAT = 0.2
"""Seconds between two looks at the process."""


async def until_gone(manager: Any) -> Ending:
    """Wait until a kernel's process is gone; one that took too much memory was killed for it."""
    code = None
    while code is None:
        await asyncio.sleep(BEAT)
        code = await manager.provisioner.poll() if manager.provisioner else 0
    because = getattr(manager, "killed_because", "")
    return Ending("memory", because) if because else Ending("dead", how_ended(code))


def how_ended(code: int) -> str:
    """An exit code in words; negative: the signal that ended it."""
    with contextlib.suppress(ValueError):
        if code < 0:
            return signal.Signals(-code).name
    return f"exit code {code}"


def kill_group(group: int | None) -> None:
    """Kill what is left of a process group, if it is not our own."""
    if sys.platform == "win32" or not group or group == os.getpgrp():
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
