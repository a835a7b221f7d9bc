"""What the processes of a pool do in tests: small functions that travel by their names."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def work(item, step):
    """Do as the item says: `name`, and perhaps `dies`, `leaves`, `seconds` or `mark`."""
    begun = time.monotonic()
    step(f"begun {item['name']}")
    if item.get("dies"):
        os.kill(os.getpid(), signal.SIGKILL)
    if item.get("leaves"):
        os._exit(7)
    try:
        if "mark" in item:
            Path(item["mark"]).write_text("under way")
        time.sleep(item.get("seconds", 0))
    except SystemExit as stop:
        Path(item["mark"]).write_text(f"closed by {stop.code}")
        raise
    return item["name"], os.getpid(), begun, time.monotonic(), os.getppid()


def variable(name, step):
    """An environment variable of the process."""
    return os.environ.get(name)
