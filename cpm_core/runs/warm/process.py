"""A process of the fork server, as its runner holds it. Linux only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Generator
from pathlib import Path

from cpm_core.model.secrets import scrubbed
from cpm_core.runs.warm import LOG
from cpm_core.runs.warm.wire import ENDED, REFUSED, STARTED, Answers, Order, send_order

PATIENCE = 60.0
"""Seconds that the fork server may take to answer: it may still be importing, on a loaded machine."""
UNKNOWN = 1
"""The exit code of a kernel whose fork server ended before it could tell."""
TRACEBACK = "Traceback (most recent call last)"
_TICK = 0.005


class WarmError(Exception):
    """There is no warm process; says why."""


class WarmProcess:
    """As much of a `subprocess.Popen` as a kernel provisioner uses.

    Its fork server tells how it ended; if that is killed, the process lives on, and only that it ended is known.

    Attributes:
        pid: The process, which leads a group of its own.
        returncode: Its exit code, negative for a signal; None while it runs.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, connection: socket.socket, answers: Answers) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection, self._answers = connection, answers
        try:
            self._watch = os.pidfd_open(pid)
        except ProcessLookupError:
            self._watch = -1  # it has ended, and its server knows how

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        if self.returncode is None:
            told = self._answers.next()
            if told is not None and told[0] == ENDED:
                self._over(int(told[1]))
            elif self._answers.over and (self._watch < 0 or select.select([self._watch], [], [], 0)[0]):
                self._over(UNKNOWN)
        return self.returncode

    @property
    def sentinel(self) -> int | socket.socket:
        """What can be read once it has ended; as long as nobody has asked how."""
        return self._connection if self._watch < 0 else self._watch

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until it has ended; its exit code, or None if it runs on after some seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None and (end is None or time.monotonic() < end):
            # While the server is there it tells first; the connection of one that is gone is always ready.
            left = 1 if end is None else min(1, max(0, end - time.monotonic()))
            select.select([self._watch if self._answers.over else self._connection], [], [], left)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _over(self, code: int) -> None:
        self.returncode = code
        self._connection.close()
        if self._watch >= 0:
            os.close(self._watch)


async def forked(address: str, order: Order, files: list[int]) -> WarmProcess:
    """Have the fork server start a process, while an event loop goes on.

    Args:
        address: Its socket.
        order: What is to be started.
        files: Descriptors that become standard input, output and error, and what comes after them.

    Raises:
        WarmError: The server is not there, does not answer or cannot do it.
    """
    asking = _asking(address, order, files)
    while True:
        try:
            next(asking)
        except StopIteration as done:
            return _made(done)
        await asyncio.sleep(_TICK)


def forked_now(address: str, order: Order, files: list[int]) -> WarmProcess:
    """Have the fork server start a process, and wait for it; as `forked`."""
    asking = _asking(address, order, files)
    while True:
        try:
            next(asking)
        except StopIteration as done:
            return _made(done)
        time.sleep(_TICK)


def _made(done: StopIteration) -> WarmProcess:
    assert isinstance(done.value, WarmProcess)
    return done.value


def _asking(address: str, order: Order, files: list[int]) -> Generator[None, None, WarmProcess]:
    """Gives back control whenever it has to wait."""
    try:
        try:
            return (yield from _asked(address, order, files))
        except (BrokenPipeError, ConnectionResetError):
            return (yield from _asked(address, order, files))  # it hung up before it had answered: once more
    except OSError as error:
        raise WarmError(f"the fork server does not run{_last_words(address)}") from error


def _asked(address: str, order: Order, files: list[int]) -> Generator[None, None, WarmProcess]:
    connection = socket.socket(socket.AF_UNIX)
    try:
        return (yield from _started(connection, address, order, files))
    except BaseException:
        connection.close()
        raise


def _started(
    connection: socket.socket, address: str, order: Order, files: list[int]
) -> Generator[None, None, WarmProcess]:
    # Of a server that still imports too: its socket listens already, and keeps what it is sent.
    connection.settimeout(PATIENCE)
    connection.connect(address)
    send_order(connection, order, files)
    answers, until = Answers(connection), time.monotonic() + PATIENCE
    while time.monotonic() < until:
        told = answers.next()
        if told is not None and told[0] == STARTED:
            return WarmProcess(int(told[1]), connection, answers)
        if told is not None and told[0] == REFUSED:
            raise WarmError(str(told[1]))
        if told is not None and told[0] == ENDED:
            raise WarmError(f"the fork server's {order.program} ended at once, with {told[1]}")
        if answers.over:
            raise ConnectionResetError
        yield
    raise WarmError(f"the fork server did not answer within {PATIENCE:.0f} seconds")


def _last_words(address: str) -> str:
    """The error that ended the fork server, if one did."""
    with contextlib.suppress(OSError):
        words = Path(address).with_name(LOG).read_text(encoding="utf-8", errors="replace").strip()
        if TRACEBACK in words:
            return f" ({scrubbed(words.splitlines()[-1])})"
    return ""
