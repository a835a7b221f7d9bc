"""How many reports fit on the machine at once: by its cores, by what the first ones took, and by what is free now."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from cpm_core.model.errors import UsageError
from cpm_core.params.values import bytes_of, to_memory

MB = 1024**2
SHARE = 0.8
"""Of what is free when a batch begins: the rest is left to others, and to a report that takes more than the first."""
GUESS = 800 * MB
"""What a report takes, its kernel too, as long as none has ended."""
MORE = 1.15
"""Times what was seen: another report may be larger."""
PAUSE = 0.4
"""Seconds between two looks: each walks through all processes."""
CGROUPS = Path("/sys/fs/cgroup")


class Room:
    """Watches what this process and all below it take, and tells whether another report fits.

    Args:
        cap: Bytes that they may take together; left out: a share of what is free.

    Attributes:
        peak: The most that was seen, in bytes.
    """

    def __init__(self, cap: int | None = None) -> None:
        self._before = taken()
        self.cap = self._before + int(SHARE * free()) if cap is None else cap
        self.peak = self._before
        self._most = self._next = 0.0
        self._whole = False

    @property
    def need(self) -> float:
        """Bytes that one report may take: some more than the most that was seen for each of those under way."""
        # One that has only begun has not taken yet what it will.
        return self._most * MORE if self._whole else max(self._most * MORE, GUESS)

    def look(self, running: int) -> None:
        """See what is taken while some reports are under way."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PAUSE
        now = taken()
        self.peak = max(self.peak, now)
        if running:
            self._most = max(self._most, (now - self._before) / running)

    def ended(self) -> None:
        """One has come to its end: what was seen is of whole ones from now on."""
        self._whole = True

    def fits(self, running: int) -> bool:
        """Whether another report may begin beside those under way; the first one always may."""
        together = self._before + (running + 1) * self.need
        return running == 0 or (together <= self.cap and self.need <= free())


def cores() -> int:
    """How many cores this process may use: of the machine, or of the container if that is less."""
    here = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, min([here, *_cores_of_cgroups()]))


def size_of(amount: str) -> int:
    """Bytes of `4GB`.

    Raises:
        UsageError: It is no amount of memory.
    """
    try:
        return bytes_of(to_memory(amount))
    except ValueError:
        raise UsageError(f"{amount!r} is no amount of memory", where="--memory", fix="Write it as 4GB.") from None


def taken() -> int:
    """Bytes of this process and of all below it. Pages that they share are counted for each."""
    import psutil

    total = 0
    process = psutil.Process()
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            total += one.memory_info().rss
    return total


def free() -> int:
    """Bytes that can be had now: of the machine, or of the container if that is less."""
    import psutil

    return min([int(psutil.virtual_memory().available), *_of_cgroups()])


def _of_cgroups(root: Path = CGROUPS) -> Iterator[int]:
    """What each control group round this process has left."""
    for folder in _groups(root):
        limit, used = _number(folder / "memory.max"), _number(folder / "memory.current")
        if limit is not None and used is not None:
            # Pages of files that nobody looks at are given back when memory is asked for.
            yield max(0, limit - used + _inactive(folder / "memory.stat"))
    limit, used = (_number(root / "memory" / f"memory.{name}_in_bytes") for name in ("limit", "usage"))
    if limit is not None and used is not None:
        yield max(0, limit - used + _inactive(root / "memory" / "memory.stat"))


def _cores_of_cgroups(root: Path = CGROUPS) -> Iterator[int]:
    for folder in _groups(root):
        with contextlib.suppress(OSError, ValueError):
            quota, period = (folder / "cpu.max").read_text(encoding="utf-8").split()
            yield math.ceil(int(quota) / int(period))


def _groups(root: Path) -> Iterator[Path]:
    """The folder of this process's group, and those above it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            if line.startswith("0::"):
                folder = root / line[3:].strip().lstrip("/")
                yield from (one for one in (folder, *folder.parents) if one.is_relative_to(root))


def _number(path: Path) -> int | None:
    """The number in a file; None if there is none, as where it says `max`."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _inactive(path: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(" ")
            if name in ("inactive_file", "total_inactive_file"):
                return int(value)
    return 0
