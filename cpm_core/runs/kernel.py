"""The kernel that a notebook runs in: this very Python, reached over local sockets, warm where that can be."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from cpm_core.model import folders
from cpm_core.runs.cap import MemoryCap
from cpm_core.runs.retry import waits
from cpm_core.runs.warm.provisioner import PLAIN, WarmProvisioner

NAME = "python3"
LEAVE = 2.0
"""Seconds in which a kernel may end by itself; it is then told to, and killed."""
LOOK = 0.01
"""Seconds between two looks whether it has ended."""
ATTEMPTS = 3
"""At starting a kernel: one that dies before it is ready may have lost a race for a socket, or for memory."""
WAIT = 0.5
"""Seconds before the second one, about; the third comes after twice as long."""
Say = Callable[[str], None]


class OwnKernel(AsyncKernelManager):
    """A manager that knows how its kernel was started, and why it was killed. `kernel_class` makes its classes.

    Attributes:
        started_as: How the last kernel of the class was started: `warm`, or `plain: ` and why; empty: none was.
        killed_because: Why the last kernel of the class was killed; empty: it was not.
    """

    started_as: ClassVar[str] = ""
    killed_because: ClassVar[str] = ""
    memory: ClassVar[int | None] = None
    say: ClassVar[Any] = None

    _cap: MemoryCap | None = None
    _again: Iterator[float] | None = None

    async def start_kernel(self, **given: Any) -> None:  # type: ignore[override]  # typed as of its sync parent
        """Start a kernel; warm, if there is a fork server."""
        self.kernel_id = self.kernel_id or str(uuid4())
        if self.provisioner is None:
            # Its own, by class: the name of the entry point is known only where the package is installed.
            self.provisioner = WarmProvisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        await super().start_kernel(**given)
        self._begun()

    async def start_again(self) -> bool:
        """Start it again, and plain, after it died before it was ready; False: that was tried often enough."""
        self._again = self._again or waits(ATTEMPTS, WAIT)
        wait = next(self._again, None)
        if wait is None or self.killed_because or self._launch_args is None:
            return False
        assert isinstance(self.provisioner, WarmProvisioner)
        self.provisioner.plain = "the first one died before it was ready"
        await asyncio.sleep(wait)
        await self.restart_kernel(now=True)
        self._begun()
        return True

    async def cleanup_resources(self, restart: bool = False) -> None:  # type: ignore[override]  # as above
        """Watch the kernel's memory no more, and clean up."""
        if self._cap is not None:
            self._cap.leave()
            self._cap = None
        await super().cleanup_resources(restart=restart)

    async def _async_wait(self, pollinterval: float = LOOK) -> None:
        # jupyter_client looks ten times a second, and that twice for each kernel that ends.
        await super()._async_wait(min(pollinterval, LOOK))

    def _begun(self) -> None:
        """A kernel was started: tell how, and watch its memory."""
        told, provisioner = type(self), self.provisioner
        assert isinstance(provisioner, WarmProvisioner)
        told.started_as = provisioner.how
        if provisioner.asked and told.say and provisioner.how.startswith(PLAIN):
            told.say(f"the kernel is a plain one: {provisioner.how.removeprefix(PLAIN)}")
        if self.memory is not None and provisioner.pid is not None:
            self._cap = MemoryCap(provisioner.pid, self.memory, self._over)
            self._cap.start()

    def _over(self) -> None:
        assert self.memory is not None
        type(self).killed_because = f"the kernel used more than {amount(self.memory)} (limits.memory)"


@contextmanager
def kernel_class(
    environment: Mapping[str, str],
    log: int = subprocess.DEVNULL,
    *,
    memory: int | None = None,
    say: Say | None = None,
) -> Iterator[type[OwnKernel]]:
    """A kernel manager class, as nbclient asks for one; for the kernel of one notebook.

    Args:
        environment: Environment variables that its kernels see beside this process's own.
        log: Descriptor that the kernel's process writes to what belongs to no cell, such as a crash; left out: nowhere.
            Its reader hides secrets: nothing of it reaches a disk as it is.
        memory: Bytes that the kernel may hold; it is killed when it holds more (`killed_because`). Left out: any.
        say: Told in one line if the kernel could not be warm, though there should be a fork server.
    """
    limit, told = memory, say
    # A short folder: a local socket's path may have about a hundred characters.
    with folders.made(Path(tempfile.gettempdir()), "cpm-") as folder:

        class RunKernel(OwnKernel):
            """Two runs at once never fight over a port, and nobody else on the machine can connect."""

            memory = limit
            say = None if told is None else staticmethod(told)

            def __init__(self, **given: Any) -> None:
                given.setdefault("client_class", "cpm_core.runs.ready.ReadyClient")
                given.setdefault("shutdown_wait_time", LEAVE)
                given.setdefault("connection_file", str(Path(folder) / "kernel.json"))
                if sys.platform != "win32":
                    given.setdefault("transport", "ipc")
                # No folders of kernels: a user's own `python3` might be another Python with other packages.
                given.setdefault("kernel_spec_manager", KernelSpecManager(kernel_dirs=[]))
                super().__init__(**given)

            async def start_kernel(self, **given: Any) -> None:  # type: ignore[override]  # as above
                given.setdefault("env", {**os.environ, **environment})
                given |= {"stdout": log, "stderr": log}
                await super().start_kernel(**given)

        yield RunKernel


def amount(size: int) -> str:
    """Bytes in words: 500 MB, 1.5 GB."""
    return f"{size / 1e9:g} GB" if size >= 10**9 else f"{size / 1e6:g} MB"
