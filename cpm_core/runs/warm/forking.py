"""The fork server's process: it imports, then forks a kernel or a worker for each order. Linux only."""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import socket
import struct
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cpm_core.runs.warm.imports import import_all
from cpm_core.runs.warm.wire import ENDED, KERNEL, REFUSED, Hearing, Order, answer

AT_START = ("PYTHON", "LD_", "LC_", "LANG", "TZ", "ARROW_")
"""Beginnings of environment variables that count when a process starts: a fork cannot be given others.

Python could take another zone, but DuckDB's calendar keeps the first one that it has seen.
"""
PATIENCE = 30.0
"""Seconds that a runner may take to say its order, on a machine that has much to do; nobody else waits for it."""
_PEER = struct.Struct("3i")


@dataclass(frozen=True)
class Kernel:
    """A kernel or worker under way. Its number is also that of its process group."""

    process: int
    watch: int
    """A descriptor that can be read once the process has ended."""
    connection: socket.socket
    """To its runner; when that end closes, it is ended."""
    program: str

    def stop(self) -> None:
        """End it: a kernel at once; a worker has locks and a kernel to give back."""
        with contextlib.suppress(OSError):
            os.killpg(self.process, signal.SIGKILL if self.program == KERNEL else signal.SIGTERM)


@dataclass(frozen=True)
class Birth:
    """What a child that was just forked is to become."""

    order: Order
    files: list[int]
    connection: socket.socket
    runner: int
    """The runner's process, which the child must not outlive."""


def main() -> None:
    """Import, then serve the socket that was inherited; arguments: its descriptor and the parent's process."""
    descriptor, parent = map(int, sys.argv[1:3])
    before = dict(os.environ)
    import_all()
    # Some libraries note something for their like in it.
    noted = {name: value for name, value in os.environ.items() if before.get(name) != value}
    listener = socket.socket(fileno=descriptor)
    try:
        server = Server(listener, parent)
    except OSError:
        return  # the runner is gone already
    signal.signal(signal.SIGTERM, _leave)
    try:
        born = server.serve()
    except SystemExit:
        server.end()
        raise
    # From here on this process is a kernel or a worker, and nothing of the server is left on its stack.
    from cpm_core.runs.warm.child import become

    become(born, noted)


def _leave(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def differing(order: Order, environment: Mapping[str, str]) -> list[str]:
    """Variables that count when a process starts, and that an order wants other than they are here."""
    names = sorted(order.environment.keys() | environment.keys())
    return [
        name for name in names if name.startswith(AT_START) and order.environment.get(name) != environment.get(name)
    ]


class Server:
    """Takes orders, forks, and tells runners how their kernels ended; one thread, one loop.

    Args:
        listener: Where orders come in.
        parent: The process that started this one; when it ends, so does this one, with all kernels.

    Raises:
        OSError: The parent has ended.
    """

    def __init__(self, listener: socket.socket, parent: int) -> None:
        self._listener = listener
        self._kernels: dict[int, Kernel] = {}
        self._heard: dict[Hearing, float] = {}
        """Orders that are not whole yet, and until when each may be."""
        # A plain poll: it has no descriptor that a child would share.
        self._ready = selectors.PollSelector()
        self._parent = os.pidfd_open(parent)
        if os.getppid() != parent:
            raise ProcessLookupError(parent)
        self._ready.register(self._parent, selectors.EVENT_READ)
        self._ready.register(listener, selectors.EVENT_READ)

    def serve(self) -> Birth:
        """Serve until the parent ends; returns in children alone.

        Raises:
            SystemExit: The parent has ended.
        """
        while True:
            for key, _ in self._ready.select(PATIENCE if self._heard else None):
                if key.fd == self._parent:
                    shutil.rmtree(Path(self._listener.getsockname()).parent, ignore_errors=True)
                    raise SystemExit(0)
                if key.fd == self._listener.fileno():
                    self._let_in()
                elif isinstance(key.data, Hearing):
                    born = self._hear(key.data)
                    if born is not None:
                        return born
                elif isinstance(key.data, Kernel):
                    self._attend(key.data, ended=key.fd == key.data.watch)
            self._give_up()

    def end(self) -> None:
        """End all that it has forked."""
        for kernel in self._kernels.values():
            kernel.stop()

    def _attend(self, kernel: Kernel, *, ended: bool) -> None:
        """A kernel has ended, or its runner has closed the connection."""
        if kernel.process not in self._kernels:
            return  # both were told at once, and the first has buried it
        if not ended:
            kernel.stop()
            # It is forgotten when it has ended, which the other descriptor tells.
            with contextlib.suppress(KeyError):
                self._ready.unregister(kernel.connection)
            return
        _, status = os.waitpid(kernel.process, 0)
        with contextlib.suppress(OSError):
            answer(kernel.connection, ENDED, os.waitstatus_to_exitcode(status))
        with contextlib.suppress(KeyError):
            self._ready.unregister(kernel.connection)
        self._ready.unregister(kernel.watch)
        kernel.connection.close()
        os.close(kernel.watch)
        del self._kernels[kernel.process]

    def _let_in(self) -> None:
        """Somebody has connected. What they say is read as it comes: one who is slow keeps nobody waiting."""
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        hearing = Hearing(connection)
        self._heard[hearing] = time.monotonic() + PATIENCE
        self._ready.register(connection, selectors.EVENT_READ, hearing)

    def _hear(self, hearing: Hearing) -> Birth | None:
        """More of an order has come; the birth in the child, None in this process."""
        if hearing not in self._heard:
            return None
        try:
            order = hearing.next()
        except (OSError, ValueError) as error:
            self._refuse(hearing, f"the order could not be read: {error}")
            return None
        if order is None:
            return None
        reason = _refusal(order)
        if reason or _gone(hearing.connection):
            self._refuse(hearing, reason)
            return None
        return self._fork(order, hearing)

    def _give_up(self) -> None:
        """Hear those no more who have not said their order in time."""
        for hearing in [one for one, until in self._heard.items() if until < time.monotonic()]:
            self._refuse(hearing, f"the order did not come within {PATIENCE:.0f} seconds")

    def _refuse(self, hearing: Hearing, reason: str) -> None:
        """Say why there is no kernel; its runner starts a plain one."""
        with contextlib.suppress(OSError):
            answer(hearing.connection, REFUSED, reason)
        self._forget(hearing)
        hearing.close()

    def _forget(self, hearing: Hearing) -> None:
        self._ready.unregister(hearing.connection)
        del self._heard[hearing]

    def _fork(self, order: Order, hearing: Hearing) -> Birth | None:
        connection = hearing.connection
        runner, *_ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
        # Until the child has its own handlers, a signal to it must not run those of the server.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            process = os.fork()
            if process == 0:
                del self._heard[hearing]
                self._abandon()
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                return Birth(order, hearing.files, connection, runner)
            watch = _watch(process)
        except OSError as error:
            self._refuse(hearing, f"no process can be started: {error.strerror}")
            return None
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._forget(hearing)
        for file in hearing.files:
            os.close(file)
        kernel = Kernel(process, watch, connection, order.program)
        self._kernels[process] = kernel
        self._ready.register(kernel.watch, selectors.EVENT_READ, kernel)
        self._ready.register(connection, selectors.EVENT_READ, kernel)
        return None

    def _abandon(self) -> None:
        """In a child: close what is the server's."""
        self._listener.close()
        os.close(self._parent)
        for hearing in self._heard:
            hearing.close()
        for kernel in self._kernels.values():
            kernel.connection.close()
            os.close(kernel.watch)


def _watch(process: int) -> int:
    """A descriptor that can be read once a child has ended.

    Raises:
        OSError: There can be none; the child is killed, since nobody would learn of its end.
    """
    try:
        return os.pidfd_open(process)
    except OSError:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        raise


def _refusal(order: Order) -> str:
    """Why an order cannot be met; empty: it can."""
    if order.python != sys.executable:
        return f"the fork server is another Python, {sys.executable}"
    names = differing(order, os.environ)
    return f"the environment differs in {', '.join(names)}" if names else ""


def _gone(connection: socket.socket) -> bool:
    """Whether the runner has given up waiting: it starts a plain kernel, and a second one would be in its way."""
    connection.setblocking(False)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
