"""Several reports at a time, each in a process of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, NoReturn, TypeVar

Told = TypeVar("Told")

GRACE = 20
"""Seconds that a stopped process has for closing its kernel."""


@dataclass(frozen=True)
class Ended:
    """A process that ended without an answer."""

    exit_code: int | None


Work = Callable[[Any, Callable[[str], None]], Told]


def each(
    items: Sequence[Any], work: Work[Told], jobs: int, step: Callable[[int, str], None]
) -> Iterator[tuple[int, Told | Ended]]:
    """Do the work of each item, ``jobs`` at a time; gives places and answers as they come.

    Args:
        items: What is to be done; must travel to another process, as the answers must.
        work: A function of a module, called with the item and a function that is told each step.
        jobs: Processes at a time.
        step: Told the place of an item and its step.
    """
    context = multiprocessing.get_context("spawn")
    waiting = list(enumerate(items))
    running: dict[Connection, tuple[int, Any]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                place, item = waiting.pop(0)
                here, there = context.Pipe(duplex=False)
                process = context.Process(target=_answer, args=(there, work, item), daemon=True)
                process.start()
                there.close()
                running[here] = place, process
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                place, process = running[ready]
                answer = _received(ready, partial(step, place))
                if answer is None:
                    continue
                process.join()
                ready.close()
                del running[ready]
                yield place, answer[0] if answer else Ended(process.exitcode)
    finally:
        _stop([process for _, process in running.values()])


def _received(connection: Connection, step: Callable[[str], None]) -> tuple[Any, ...] | None:
    """The answer as a tuple of one, an empty tuple if there will be none, None if there was only a step."""
    try:
        kind, told = connection.recv()
    except (EOFError, OSError):
        return ()
    if kind == "step":
        step(told)
        return None
    return (told,)


def _answer(connection: Connection, work: Work[Any], item: Any) -> None:
    # Ctrl-C reaches every process of the terminal; the parent alone decides, and tells its children by SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    told = work(item, lambda words: connection.send(("step", words)))
    connection.send(("done", told))
    connection.close()


def _leave(number: int, _frame: object) -> NoReturn:
    # An exception, so that the kernel and the lock are given back on the way out.
    raise SystemExit(128 + number)


def _stop(processes: list[Any]) -> None:
    for process in processes:
        with contextlib.suppress(OSError):
            process.terminate()
    for process in processes:
        process.join(GRACE)
        if process.is_alive():
            process.kill()
