"""A kernel provisioner that forks kernels from the server of warm ones."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from cpm_core.runs.warm import ADDRESS, OFF
from cpm_core.runs.warm.process import WarmError, forked
from cpm_core.runs.warm.wire import Order

if TYPE_CHECKING:
    from jupyter_client.connect import KernelConnectionInfo

PROGRAM = ("-m", "ipykernel_launcher")
WARM, PLAIN = "warm", "plain: "
_GIVEN = {"cwd", "env", "stdin", "stdout", "stderr"}
"""What a warm kernel can be given of what `subprocess.Popen` takes."""


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel from the fork server; a plain one where there is none.

    Attributes:
        how: How its last kernel was started: `warm`, or `plain: ` and why.
        asked: Whether there should be a fork server, so that a plain kernel is worth a word.
        plain: Why it starts plain kernels from now on; empty: it does not.
    """

    how = ""
    asked = False
    plain = ""

    async def launch_kernel(self, cmd: list[str], **given: Any) -> KernelConnectionInfo:
        """Launch a kernel, warm if that can be."""
        try:
            address, order = self._order(cmd, given)
            with _files(given) as files:
                process = await forked(address, order, files)
        except WarmError as error:
            self.how = f"{PLAIN}{error}"
            if self.asked:
                self.log.info("The kernel is a plain one: %s", error)
            return await super().launch_kernel(cmd, **given)
        self.how = WARM
        # Not a subprocess of ours, but all that is used of one.
        self.process = process  # type: ignore[assignment]
        self.pid = self.pgid = process.pid
        self.cwd = given.get("cwd", Path.cwd())
        return self.connection_info

    def _order(self, command: list[str], given: dict[str, Any]) -> tuple[str, Order]:
        """The fork server's address, and what it is asked for.

        Raises:
            WarmError: It cannot be asked for that.
        """
        address = os.environ.get(ADDRESS, "")
        self.asked = address not in ("", OFF)
        if sys.platform != "linux":
            raise WarmError("warm kernels need Linux")
        if self.plain:
            raise WarmError(self.plain)
        if not self.asked:
            raise WarmError(f"{ADDRESS} is {OFF}" if address else "there is no fork server")
        python, *rest = command
        if tuple(rest[:2]) != PROGRAM or self._scrub_kwargs(given).keys() - _GIVEN:
            raise WarmError("it is another program than the fork server's")
        environment = dict(given.get("env") or os.environ) | {"JPY_PARENT_PID": str(os.getpid())}
        folder = str(given.get("cwd") or Path.cwd())
        return address, Order(python, rest[2:], str(Path(folder).absolute()), environment)


@contextlib.contextmanager
def _files(given: dict[str, Any]) -> Iterator[list[int]]:
    """Descriptors of standard input, output and error, as `subprocess.Popen` would take them."""
    opened: list[int] = []

    def descriptor(said: Any, own: int) -> int:
        if said is subprocess.PIPE:
            raise WarmError("a pipe to it was asked for")
        if said == subprocess.DEVNULL:
            opened.append(os.open(os.devnull, os.O_RDWR))
            return opened[-1]
        return own if said is None else said if isinstance(said, int) else said.fileno()

    try:
        # A plain kernel has no input either: its pipe is closed at once.
        yield [
            descriptor(subprocess.DEVNULL, 0),
            descriptor(given.get("stdout"), 1),
            descriptor(given.get("stderr"), 2),
        ]
    finally:
        for file in opened:
            os.close(file)
