"""Several reports at a time, in processes that take one after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from multiprocessing.connection import wait
from typing import Any, Protocol, TypeVar

from cpm_core.runs.worker import Ended, Work, Worker

Told = TypeVar("Told")

LOOK = 0.5
"""Seconds after which it is looked at anew what is taken of memory."""


class Fits(Protocol):
    """Tells how many may run at once; see `cpm_core.runs.memory.Room`."""

    def look(self, running: int) -> None:
        """See what is taken while some are under way."""

    def ended(self) -> None:
        """One has come to its end."""

    def fits(self, running: int) -> bool:
        """Whether another one may begin beside those under way."""


def each(
    items: Sequence[Any],
    work: Work[Told],
    jobs: int,
    step: Callable[[int, str], None],
    room: Fits | None = None,
    apart: Callable[[Any], object] | None = None,
) -> Generator[tuple[int, Told | Ended]]:
    """Do the work of each item, ``jobs`` at a time at most; gives places and answers as they come.

    A process that dies takes with it the item that it had, and no other.

    Args:
        items: What is to be done; must travel to another process, as the answers must.
        work: A function of a module, called with the item and a function that is told each step.
        jobs: Processes at a time.
        step: Told the place of an item and its step.
        room: Tells whether another one fits; left out: it always does.
        apart: What two items under way never share; of those that do, the earlier one is done first.
    """
    pool = _Pool(items, work, jobs, room, apart)
    try:
        while pool.waiting or pool.busy:
            pool.start()
            yield from pool.answers(step)
    finally:
        pool.stop()


class _Pool:
    """The items that wait, and the workers."""

    def __init__(
        self,
        items: Sequence[Any],
        work: Work[Any],
        jobs: int,
        room: Fits | None,
        apart: Callable[[Any], object] | None,
    ) -> None:
        self.items, self.work, self.jobs, self.room = items, work, jobs, room
        self.waiting = list(range(len(items)))
        self.busy: dict[Worker[Any], int] = {}
        """Workers under way, and the place of what each does."""
        self.idle: list[Worker[Any]] = []
        self._apart = apart or id

    def start(self) -> None:
        """Give items to workers, as far as there is room."""
        while self.waiting and len(self.busy) < self.jobs:
            if self.room is not None and not self.room.fits(len(self.busy)):
                # Those that have nothing to do take memory as well.
                self._let_go()
                return
            place = self._next()
            if place is None:
                return
            worker = self._worker()
            self.busy[worker] = place
            self.waiting.remove(place)
            worker.give(self.items[place])

    def _let_go(self) -> None:
        for worker in self.idle:
            worker.leave()
            worker.close()
        self.idle.clear()

    def _next(self) -> int | None:
        taken = {self._apart(self.items[place]) for place in self.busy.values()}
        return next((place for place in self.waiting if self._apart(self.items[place]) not in taken), None)

    def _worker(self) -> Worker[Any]:
        while self.idle:
            worker = self.idle.pop()
            if worker.alive():
                return worker
            worker.close()
        return Worker(self.work)

    def answers(self, step: Callable[[int, str], None]) -> Iterator[tuple[int, Any]]:
        """What comes within a moment."""
        by_handle = {handle: worker for worker in self.busy for handle in worker.handles}
        ready = wait(list(by_handle), LOOK)
        if self.room is not None:
            self.room.look(len(self.busy))
        for worker in dict.fromkeys(by_handle[handle] for handle in ready):
            answer = worker.answer(partial(step, self.busy[worker]))
            if answer is None:
                continue
            place = self.busy.pop(worker)
            if self.room is not None:
                self.room.ended()
            if worker.worn or isinstance(answer[0], Ended):
                worker.leave()
                worker.close()
            else:
                self.idle.append(worker)
            yield place, answer[0]

    def stop(self) -> None:
        """End all workers: those under way by SIGTERM, so that they close their kernels."""
        # All at once, then one by one.
        for worker in self.busy:
            worker.terminate()
        for worker in self.idle:
            worker.leave()
        for worker in (*self.busy, *self.idle):
            worker.close()
