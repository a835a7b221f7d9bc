"""What is said over the fork server's socket: an order with open files, then answers, one JSON line each."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from typing import Any

STARTED, REFUSED, ENDED = "started", "refused", "ended"
"""Answers: the number of the kernel's process; why there is none; its exit code, negative for a signal."""
KERNEL, WORKER = "kernel", "worker"
"""What a fork may become: a notebook's kernel, or a process that makes reports of a batch."""
_FILES = {KERNEL: 3, WORKER: 4}
"""Standard input, output and error; for a worker also the pipe that its items come by."""
_CHUNK = 65536


@dataclass(frozen=True)
class Order:
    """A process to start."""

    python: str
    """The interpreter that it would be started with."""
    arguments: list[str]
    """Of its program, without its name."""
    folder: str
    environment: dict[str, str]
    program: str = KERNEL


def send_order(connection: socket.socket, order: Order, files: list[int]) -> None:
    """Send an order, and the files that become its standard input, output and error, and what comes after them."""
    data = (json.dumps(asdict(order)) + "\n").encode()
    # Files travel with the first bytes; a system may take fewer of these than it is given.
    sent = socket.send_fds(connection, [data], files)
    # To send nothing is an error too where the other end has answered by now and closed.
    if sent < len(data):
        connection.sendall(data[sent:])


class Hearing:
    """An order and its files, as they come; never waits for more of it.

    Attributes:
        connection: To its runner.
        files: Open files that have come with it.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.files: list[int] = []
        self._data = b""

    def next(self) -> Order | None:
        """The order once it is whole; None: more of it is to come.

        Raises:
            OSError: The connection ended.
            ValueError: What came is no order.
        """
        while not self._data.endswith(b"\n"):
            try:
                more, files, *_ = socket.recv_fds(self.connection, _CHUNK, max(_FILES.values()))
            except BlockingIOError:
                return None
            self.files += files
            if not more:
                raise ConnectionResetError("the connection ended in the middle of an order")
            self._data += more
        try:
            order = Order(**json.loads(self._data))
        except TypeError as error:
            raise ValueError(str(error)) from error
        if len(self.files) != _FILES.get(order.program):
            raise ValueError(f"{len(self.files)} files came with it, not {_FILES.get(order.program)}")
        return order

    def close(self) -> None:
        """Hear no more: close the connection, and the files of an order that is not met."""
        self.connection.close()
        for file in self.files:
            os.close(file)
        self.files = []


def answer(connection: socket.socket, kind: str, value: object) -> None:
    """Send one answer."""
    connection.sendall((json.dumps([kind, value]) + "\n").encode())


class Answers:
    """Answers of the fork server, as they come; never waits for one."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._data = b""
        self.over = False
        """Whether the other end is gone."""

    def next(self) -> tuple[str, Any] | None:
        """The next answer; None: none is there yet, or ever will be (`over`)."""
        while b"\n" not in self._data and not self.over:
            try:
                more = self._connection.recv(_CHUNK)
            except BlockingIOError:
                return None
            except OSError:
                more = b""
            self.over = not more
            self._data += more
        line, found, self._data = self._data.partition(b"\n")
        if not found:
            return None
        kind, value = json.loads(line)
        return kind, value
