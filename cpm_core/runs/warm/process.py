"""A kernel of the fork server, as its runner holds it. Linux only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
import time
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
    """There is no warm kernel; says why."""


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

    def wait(self) -> int:
        """Wait until it has ended; its exit code."""
        while self.poll() is None:
            # While the server is there it tells first; the connection of one that is gone is always ready.
            select.select([self._watch if self._answers.over else self._connection], [], [], 1)
        assert self.returncode is not None
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
    """Have the fork server start a kernel.

    Args:
        address: Its socket.
        order: What is to be started.
        files: Descriptors that become standard input, output and error.

    Raises:
        WarmError: The server is not there, does not answer or cannot do it.
    """
    try:
        try:
            return await _asked(address, order, files)
        except (BrokenPipeError, ConnectionResetError):
            return await _asked(address, order, files)  # it hung up before it had answered: once more
    except OSError as error:
        raise WarmError(f"the fork server does not run{_last_words(address)}") from error


async def _asked(address: str, order: Order, files: list[int]) -> WarmProcess:
    connection = socket.socket(socket.AF_UNIX)
    try:
        return await _started(connection, address, order, files)
    except BaseException:
        connection.close()
        raise


async def _started(connection: socket.socket, address: str, order: Order, files: list[int]) -> WarmProcess:
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
            raise WarmError(f"the fork server's kernel ended at once, with {told[1]}")
        if answers.over:
            raise ConnectionResetError
        await asyncio.sleep(_TICK)
    raise WarmError(f"the fork server did not answer within {PATIENCE:.0f} seconds")


def _last_words(address: str) -> str:
    """The error that ended the fork server, if one did."""
    with contextlib.suppress(OSError):
        words = Path(address).with_name(LOG).read_text(encoding="utf-8", errors="replace").strip()
        if TRACEBACK in words:
            return f" ({scrubbed(words.splitlines()[-1])})"
    return ""
