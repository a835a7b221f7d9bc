"""A kernel from its start until a report's imports are done: warm, from the fork server, against jupyter_client's own.

The stock kernel is that of `jupyter_client.AsyncKernelManager`, as nbclient and papermill start it. Both end outside of
what is timed. `--write` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from report import Line, shown, write

from cpm_core.runs.kernel import kernel_class
from cpm_core.runs.warm.imports import REPORT
from cpm_core.runs.warm.server import fork_server

ROUNDS = 7
LIMIT = 0.25
NO_HISTORY = "--HistoryManager.hist_file=:memory:"
IMPORTS = "\n".join(f"import {name}" for name in (*REPORT, "ibis.backends.duckdb", "altair", "vl_convert"))
"""What a scorecard's cells import."""


async def started(made: type[AsyncKernelManager], folder: str) -> float:
    """Seconds from the start of a kernel until the imports are done."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    begun = time.perf_counter()
    manager = made(kernel_name="python3")
    await manager.start_kernel(cwd=folder, extra_arguments=[NO_HISTORY], **quiet)
    client: Any = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=120)
    reply = await client.execute(IMPORTS, reply=True, timeout=120)
    taken = time.perf_counter() - begun
    assert reply["content"]["status"] == "ok", reply
    client.stop_channels()
    await manager.shutdown_kernel(now=True)
    return taken


def warm(folder: str) -> float:
    """Of a kernel as `cpm run` starts it."""
    with kernel_class({}) as made:
        taken = asyncio.run(started(made, folder))
        assert made.started_as == "warm", made.started_as
    return taken


def stock(folder: str) -> float:
    """Of a kernel as jupyter_client starts it."""
    return asyncio.run(started(AsyncKernelManager, folder))


def measured(rounds: int) -> list[Line]:
    """Both in turns, after one of each."""
    seconds: dict[str, list[float]] = {"stock": [], "warm": []}
    with fork_server(), tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            for name, start in (("stock", stock), ("warm", warm)):
                taken = start(folder)
                if number:
                    seconds[name].append(taken)
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    ratio = medians["warm"] / medians["stock"]
    return [
        Line("a stock kernel, until a report's imports are done", medians["stock"]),
        Line("a warm kernel, likewise", medians["warm"], ratio, at_most=LIMIT),
    ]


def main() -> int:
    """Print the table; 1 if the limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    lines = measured(chosen.rounds)
    print(shown(lines))
    if chosen.write:
        write(lines, "kernels", chosen.rounds, "rounds")
    return 0 if all(line.kept for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
