"""The fork server of a runner: started beside its work, ended with it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cpm_core.model import folders
from cpm_core.runs.warm import ADDRESS, LOG, OFF
from cpm_core.runs.warm.imports import ENVIRONMENT

LEAVE = 5.0
"""Seconds that it has to kill its kernels and end."""
# Without the working folder on the path, as a kernel is started too; `-P` would be handed on to all kernels.
_PROGRAM = "import sys; sys.path[:] = filter(None, sys.path); from cpm_core.runs.warm.forking import main; main()"


@contextmanager
def fork_server() -> Iterator[None]:
    """Have a fork server while a block runs, so that kernels start warm; without one, they are plain.

    It is started at once and not waited for: it imports while the block goes on. Within another such block, also
    one of a parent process, that one's server serves. Where there is no `fork` that is safe (Linux alone has it)
    or the server cannot be started, nothing happens; nor where `CPM_FORK_SERVER` is `off`.
    """
    if sys.platform != "linux" or os.environ.get(ADDRESS) == OFF or _answers():
        yield
        return
    with ExitStack() as stack:
        with contextlib.suppress(OSError):
            address = stack.enter_context(_running())
            stack.enter_context(_named(address))
        yield


def _answers() -> bool:
    """Whether the fork server that the environment names listens."""
    if ADDRESS not in os.environ:
        return False
    with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
        connection.connect(os.environ[ADDRESS])
        return True
    return False


@contextmanager
def _running() -> Iterator[str]:
    """A fork server; gives its address."""
    # Nobody else may enter such a folder, and so reach the socket.
    with folders.made(Path(tempfile.gettempdir()), "cpm-") as folder:
        address = str(Path(folder) / "socket")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            listener.listen(128)
            process = _process(listener.fileno(), Path(folder) / LOG)
        try:
            yield address
        finally:
            process.terminate()
            try:
                process.wait(LEAVE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _process(listener: int, log: Path) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != "JPY_PARENT_PID"}
    with log.open("wb") as words:
        return subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-c", _PROGRAM, str(listener), str(os.getpid())],
            pass_fds=[listener],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            cwd="/",
            env={**environment, **ENVIRONMENT},
            # Ctrl-C reaches every process of a terminal's session; the runner alone decides.
            start_new_session=True,
        )


@contextmanager
def _named(address: str) -> Iterator[None]:
    os.environ[ADDRESS] = address
    try:
        yield
    finally:
        del os.environ[ADDRESS]
