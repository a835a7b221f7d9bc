"""What is timed against each other: turns taken in rounds, and contenders that live in a process of their own."""

from __future__ import annotations

import gc
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROUNDS = 5


class Peer:
    """The process of a peer in its own environment, which answers a line when asked.

    Args:
        script: Its program, in the folder beside whose environment it runs.
        arguments: Handed to it.
    """

    def __init__(self, script: Path, *arguments: str) -> None:
        command = [str(script.parent / ".venv" / "bin" / "python"), str(script), *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self) -> list[float]:
        """Ask once; the numbers of its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        return [float(word) for word in self._process.stdout.readline().split()]

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def timed(contenders: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median seconds of each; in each round each has its turn, so that the machine's moods fall on all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            gc.collect()
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) for name, found in seconds.items()}
