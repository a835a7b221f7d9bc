"""The kernel that a notebook runs in: this very Python, reached over local sockets."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

NAME = "python3"
LEAVE = 2.0
"""Seconds in which a kernel may end by itself; it is then told to, and killed."""


@contextmanager
def kernel_class(environment: Mapping[str, str], log: int = subprocess.DEVNULL) -> Iterator[type[AsyncKernelManager]]:
    """A kernel manager class, as nbclient asks for one.

    Args:
        environment: Environment variables that its kernels see beside this process's own.
        log: Descriptor that the kernel's process writes to what belongs to no cell, such as a crash; left out: nowhere.
            Its reader hides secrets: nothing of it reaches a disk as it is.
    """
    # A short folder: a local socket's path may have about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="cpm-") as folder:

        class RunKernel(AsyncKernelManager):
            """Two runs at once never fight over a port, and nobody else on the machine can connect."""

            def __init__(self, **given: Any) -> None:
                given.setdefault("shutdown_wait_time", LEAVE)
                given.setdefault("connection_file", str(Path(folder) / "kernel.json"))
                if sys.platform != "win32":
                    given.setdefault("transport", "ipc")
                # No folders of kernels: a user's own `python3` might be another Python with other packages.
                given.setdefault("kernel_spec_manager", KernelSpecManager(kernel_dirs=[]))
                super().__init__(**given)

            async def start_kernel(self, **given: Any) -> None:  # type: ignore[override]  # typed as of its sync parent
                given.setdefault("env", {**os.environ, **environment})
                given |= {"stdout": log, "stderr": log}
                await super().start_kernel(**given)

        yield RunKernel
