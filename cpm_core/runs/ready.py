"""A kernel's client that is ready as soon as the kernel is."""

from __future__ import annotations

import time
from queue import Empty
from typing import Any, Protocol

import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient

AGAIN = 1.0
"""Seconds after which a kernel that has not answered is asked once more."""
SUBSCRIBED = 0.25
"""Seconds for what a kernel says to all, after its answer to us: else the subscription came too late."""
RECONNECT = 5
"""Milliseconds between two attempts to reach a kernel that does not listen yet; zmq's own are a hundred."""


class Restarting(Protocol):
    """A kernel manager that may start a kernel again that died before it was ready."""

    async def start_again(self) -> bool:
        """Start it again; False: it has been tried often enough."""


class ReadyClient(AsyncKernelClient):
    """Waits for the answer to its own question on both channels, where jupyter_client waits for silence."""

    def _context_default(self) -> zmq.asyncio.Context:
        context = super()._context_default()
        context.setsockopt(zmq.RECONNECT_IVL, RECONNECT)
        return context

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  # as its parent has it
        """Wait until the kernel answers and is heard; one that dies before that may be started again.

        Raises:
            RuntimeError: It has died, or not answered in time.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while not await self._answered():
            if not await self.is_alive():
                again: Restarting | None = self.parent if hasattr(self.parent, "start_again") else None
                if again is None or not await again.start_again():
                    raise RuntimeError("Kernel died before replying to kernel_info")
            if until is not None and time.monotonic() > until:
                raise RuntimeError(f"Kernel didn't respond in {timeout:.0f} seconds")

    async def _answered(self) -> bool:
        """Ask the kernel; whether it has answered, and has said to all that it is done with that.

        What it said before then is read by then, since each channel keeps its order.
        """
        asked = str(self.kernel_info())
        try:
            reply = await _of(self.get_shell_msg, asked, AGAIN)
            while (await _of(self.get_iopub_msg, asked, SUBSCRIBED))["content"].get("execution_state") != "idle":
                pass
        except Empty:
            return False
        self._handle_kernel_info_reply(reply)
        return True


async def _of(channel: Any, asked: str, seconds: float) -> dict[str, Any]:
    """The next message of a channel that belongs to a question.

    Raises:
        Empty: None has come.
    """
    until = time.monotonic() + seconds
    while True:
        message: dict[str, Any] = await channel(timeout=max(0.0, until - time.monotonic()))
        if message["parent_header"].get("msg_id") == asked:
            return message
