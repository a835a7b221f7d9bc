"""Kernels to ask questions of, as a runner starts them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cpm_core.runs.kernel import kernel_class

IN_MEMORY = "--HistoryManager.hist_file=:memory:"


@contextmanager
def looped():
    """Runs awaitables on a loop of another thread: a browser's may run on this one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def awaited(one):
        return await one

    try:
        yield lambda one: asyncio.run_coroutine_threadsafe(awaited(one), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class Asked:
    """A kernel that has started, and its manager."""

    def __init__(self, manager, client, wait) -> None:
        self.manager, self.client, self.wait = manager, client, wait

    @property
    def process(self) -> int:
        return self.manager.provisioner.pid

    def say(self, code: str, seconds: float = 60) -> str:
        """What code prints; an error of it is raised."""
        printed = []

        def hook(message):
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        told = self.client.execute_interactive(code, output_hook=hook, timeout=seconds)
        content = self.wait(told)["content"]
        assert content["status"] == "ok", content
        return "".join(printed)

    def tell(self, expression: str):
        """A value of the kernel, by JSON."""
        return json.loads(self.say(f"import json; print(json.dumps({expression}))"))

    def exit_code(self, seconds: float = 20) -> int | None:
        """How it ended; None if it has not."""
        until = time.monotonic() + seconds
        while (code := self.wait(self.manager.provisioner.poll())) is None and time.monotonic() < until:
            time.sleep(0.01)
        return code


@contextmanager
def kernel(
    folder: Path,
    *,
    environment: dict[str, str] | None = None,
    log: int = subprocess.DEVNULL,
    memory: int | None = None,
    say: Callable[[str], None] | None = None,
    ready: bool = True,
) -> Iterator[Asked]:
    """A kernel that works in a folder, ended with the block; `ready`: waited for."""
    with looped() as wait, kernel_class(environment or {}, log, memory=memory, say=say) as made:
        manager = made(kernel_name="python3")
        wait(manager.start_kernel(cwd=str(folder), extra_arguments=[IN_MEMORY]))
        client = manager.client()
        # No heartbeat: its thread may only begin when all is over.
        client.start_channels(hb=False)
        try:
            if ready:
                wait(client.wait_for_ready(timeout=60))
            yield Asked(manager, client, wait)
        finally:
            client.stop_channels()
            wait(manager.shutdown_kernel(now=True))
            client.context.destroy(linger=0)


def gone(process: int, seconds: float = 15) -> bool:
    """Whether a process ends within some seconds; one that nobody has buried yet has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def threads(process: int) -> int:
    return len(list(Path(f"/proc/{process}/task").iterdir()))


def opened(process: int) -> list[str]:
    """What the descriptors of a process lead to."""
    return [str(one.readlink()) for one in Path(f"/proc/{process}/fd").iterdir()]
