"""One process of a batch: it makes one report after the other, so that what it has imported and compiled stays."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import FrameType
from typing import Any, Generic, Protocol, TypeVar

from cpm_core.model.leaving import leave
from cpm_core.runs.warm import ADDRESS, OFF

Told = TypeVar("Told")
Work = Callable[[Any, Callable[[str], None]], Told]

MOST = 50
"""Reports that one process makes; then a fresh one takes over."""
GROWN = 300 * 1024**2
"""Bytes by which a process may have grown since its first report."""
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
GRACE = 20
"""Seconds that a process has for closing its kernel."""
_PARENT_DIED = 1
"""`PR_SET_PDEATHSIG` of Linux."""


@dataclass(frozen=True)
class Ended:
    """A process that ended without an answer."""

    exit_code: int | None

    @property
    def words(self) -> str:
        """How it ended."""
        if self.exit_code is not None and self.exit_code < 0:
            with contextlib.suppress(ValueError):
                return f"was killed by {signal.Signals(-self.exit_code).name}"
        return f"ended without an answer (exit code {self.exit_code})"


class Worker(Generic[Told]):
    """A process that waits for items: forked from the fork server, which has its imports, or started anew."""

    def __init__(self, work: Work[Told]) -> None:
        self._here, there = multiprocessing.Pipe()
        self._process = _forked(there) or _Spawned(there)
        there.close()
        with contextlib.suppress(OSError):
            self._here.send(sys.path)
            self._here.send(work)
        self._done = 0
        self._first = self._now = 0

    @property
    def handles(self) -> tuple[Any, ...]:
        """What becomes ready when it says something or ends."""
        return self._here, self._process.sentinel

    @property
    def worn(self) -> bool:
        """Whether a fresh one should take its place."""
        return self._done >= MOST or self._now - self._first > GROWN

    def alive(self) -> bool:
        """Whether its process is there."""
        return not wait([self._process.sentinel], 0)

    def give(self, item: Any) -> None:
        """Let it do an item; if it is gone, its answer says so."""
        with contextlib.suppress(OSError):
            self._here.send(item)

    def answer(self, step: Callable[[str], None]) -> tuple[Told | Ended] | None:
        """Its answer; None if there was only a step."""
        kind: str
        told: Any
        kind, told, bytes_now = "", None, 0
        with contextlib.suppress(EOFError, OSError):
            if self._here.poll():
                kind, told, bytes_now = self._here.recv()
        if kind == "step":
            step(told)
            return None
        if kind != "done":
            return (Ended(self._process.wait(None)),)
        self._done += 1
        self._first, self._now = self._first or bytes_now, bytes_now
        return (told,)

    def terminate(self) -> None:
        """Ask it to stop what it does."""
        with contextlib.suppress(OSError):
            self._process.terminate()

    def leave(self) -> None:
        """Tell it that nothing more comes."""
        self._here.close()

    def close(self) -> None:
        """See it end after it was told to, by force after some seconds."""
        if self._process.wait(GRACE) is None:
            self._process.kill()
            self._process.wait(None)
        self._here.close()


class _Process(Protocol):
    """What a worker needs of its process."""

    @property
    def sentinel(self) -> Any:
        """What can be read once it has ended."""

    def wait(self, timeout: float | None) -> int | None:
        """Wait for its end; its exit code, or None if it goes on."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


def _forked(there: Connection) -> _Process | None:
    """A process of the fork server; None where there is none, or where another number of threads was asked for."""
    address = os.environ.get(ADDRESS, OFF)
    if sys.platform != "linux" or address == OFF or any(os.environ.get(name, "1") != "1" for name in THREADS):
        return None
    from cpm_core.runs.warm.process import WarmError, forked_now
    from cpm_core.runs.warm.wire import WORKER, Order

    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    order = Order(sys.executable, [], str(Path.cwd()), environment, WORKER)
    with Path(os.devnull).open("rb") as nothing, contextlib.suppress(WarmError):
        return forked_now(address, order, [nothing.fileno(), 1, 2, there.fileno()])
    return None


class _Spawned:
    """A process that was started anew."""

    def __init__(self, there: Connection) -> None:
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_started, args=(there, os.getpid()), daemon=True)
        with _one_thread_each():
            self._process.start()
        self.sentinel = self._process.sentinel
        self.terminate, self.kill = self._process.terminate, self._process.kill

    def wait(self, timeout: float | None) -> int | None:
        self._process.join(timeout)
        return self._process.exitcode


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let a process that starts now do its linear algebra in one thread, if nobody has said how many.

    Side by side they have the cores already, and threads that wait for one another's small matrices spin: a small
    report takes half as long again.
    """
    said = {name: "1" for name in THREADS if name not in os.environ}
    os.environ.update(said)
    try:
        yield
    finally:
        for name in said:
            del os.environ[name]


def _started(orders: Connection, parent: int) -> None:
    _end_with_parent(parent)
    serve(orders)


def serve(orders: Connection) -> None:
    """Do items until nothing more is to come; the process of a worker.

    Args:
        orders: Gives where modules are found and the work, then one item after the other; takes steps and answers.
    """
    # Ctrl-C reaches every process of the terminal; the parent alone decides, and tells its children by SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    first = True
    # The parent closes its end when nothing more is to be done.
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        sys.path[:] = orders.recv()
        work = orders.recv()
        while True:
            told = work(orders.recv(), lambda words: orders.send(("step", words, 0)))
            gc.collect()
            if first:
                gc.freeze()  # what is imported by now stays, and need not be looked through again
            first = False
            orders.send(("done", told, _bytes()))


def _bytes() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def _end_with_parent(parent: int) -> None:
    """Be told by SIGTERM when the parent is killed, so that no report goes on that nobody waits for."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PARENT_DIED, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit(0)


def _leave(number: int, frame: FrameType | None) -> None:
    try:
        # An exception, so that the kernel and the lock are given back on the way out.
        leave(number, frame)
    except SystemExit:
        # Once: whoever else asks as well must not disturb what it closes.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise
