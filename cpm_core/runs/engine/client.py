"""Runs the cells of a notebook in a kernel, within limits, and leaves no process behind."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async, run_sync
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from papermill.clientwrap import PapermillNotebookClient

from cpm_core.runs.engine.endings import Ending, Kind, seconds
from cpm_core.runs.engine.processes import kill_group, until_gone
from cpm_core.runs.engine.room import Room
from cpm_core.runs.engine.saving import without_secrets
from cpm_core.runs.engine.streams import join_streams

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from cpm_core.model.limits import RunLimits
    from cpm_core.runs.engine.manager import Manager
    from cpm_core.runs.engine.stops import Stops

GRACE = 3.0
"""Seconds for a cell to end that was interrupted: its traceback tells where it was."""
LAST_WORDS = 0.3
"""Seconds for messages to arrive that a kernel sent before it died."""
LOOK = 0.01
"""Seconds between two looks whether a kernel has ended that was told to."""
MESSAGES = 60
"""Seconds for outputs to arrive after the answer of a cell: a loaded machine may need many."""


class _Over(Exception):  # noqa: N818  # no error: what ended the run is told elsewhere
    """The run has ended while a cell ran: the next one is not begun."""


class Client(PapermillNotebookClient):  # type: ignore[misc]  # papermill ships no types
    """One notebook, one kernel."""

    _ending: asyncio.Future[Ending]
    """What ends the run from outside of its cells."""

    def __init__(self, manager: Manager, limits: RunLimits, save_every: float | None, **given: Any) -> None:
        # Limits of time and dead kernels are seen to here, in one place.
        super().__init__(manager, **({"iopub_timeout": MESSAGES} | given | {"timeout": None}))
        self.limits, self.save_every = limits, save_every
        self.room = Room(limits.output)
        self.error: BaseException | None = None
        """What the run raised that no cell has."""
        self._ready = False
        self._group: int | None = None
        """The kernel's process group."""

    def run(self, stops: Stops) -> Ending | None:
        """Run all cells; returns how that ended if not at the notebook's end."""
        self.reset_execution_trackers()
        try:
            return _to_the_end(self._run, stops)
        except BaseException:
            # Raised into the loop by a handler of a signal: what was under way may not have been tidied up.
            kill_group(self._group)
            raise

    async def _run(self, stops: Stops) -> Ending | None:
        loop = asyncio.get_running_loop()
        self._ending = loop.create_future()

        def stop(number: int) -> None:
            ending = Ending("stopped", signal.Signals(number).name, signal=number)
            loop.call_soon_threadsafe(self._end, ending)

        stops.tell(stop)
        work = asyncio.ensure_future(self._work())
        try:
            with self._within(self.limits.run, "run_timeout"), _beside(self._save_now_and_then()):
                both: set[asyncio.Future[Any]] = {work, self._ending}
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                if not work.done():
                    await self._halt(work)
        finally:
            stops.tell(None)
            self.nb_man.ended()
            await self._leave(at_once=not work.done() or self._ending.done())
        return self._how(work)

    def _end(self, ending: Ending) -> None:
        """End the run; what comes first counts."""
        if not self._ending.done():
            self._ending.set_result(ending)

    @contextmanager
    def _within(self, limit: float | None, kind: Kind) -> Iterator[None]:
        """End the run if this takes longer, in seconds."""
        if limit is None:
            yield
            return
        ending = Ending(kind, seconds(limit))
        timer = asyncio.get_running_loop().call_later(limit, self._end, ending)
        try:
            yield
        finally:
            timer.cancel()

    async def _save_now_and_then(self) -> None:
        """Save on a timer; rarer where saving takes long."""
        pause = self.save_every
        while pause:
            await asyncio.sleep(pause)
            if self.nb_man.at is not None:
                self._join(self.nb.cells[self.nb_man.at], self.nb_man.at)
            pause = max(self.save_every or 0.0, self.nb_man.write_changes())

    async def _work(self) -> None:
        """Start a kernel and run the cells in it."""
        self.create_kernel_manager()
        await self.async_start_new_kernel()
        assert self.km is not None
        self.kc = self.km.client()
        self.kc.start_channels()
        self._group = getattr(self.km.provisioner, "pgid", None)
        await ensure_async(self.kc.wait_for_ready(timeout=self.startup_timeout))
        self.kc.allow_stdin = False
        self._ready = True
        with _beside(self._watch()):
            for index, cell in enumerate(self.nb.cells):
                if self._ending.done():
                    raise _Over
                await self._cell(cell, index)
            about = await self.async_wait_for_reply(await ensure_async(self.kc.kernel_info()))
            self.nb.metadata["language_info"] = about["content"]["language_info"]
            self.set_widgets_metadata()

    async def _watch(self) -> None:
        self._end(await until_gone(self.km))

    async def _cell(self, cell: NotebookNode, index: int) -> None:
        if cell.cell_type == "code" and self.skip_cells_with_tag in cell.metadata.get("tags", []):
            self.nb_man.cell_skipped(cell)
            return
        self.nb_man.cell_start(cell, index)
        try:
            with self._within(self.limits.cell, "cell_timeout"):
                await self.async_execute_cell(cell, index)
        finally:
            self._join(cell, index)
        if self._ending.done() and self._ending.result().kind != "dead":
            raise _Over  # it was interrupted, and may have taken that for its end
        self.nb_man.cell_complete(cell, index)

    def _join(self, cell: NotebookNode, index: int) -> None:
        # Displays that may be updated are known by their places.
        if not any(places.get(index) for places in self._display_id_map.values()):
            join_streams(cell)

    async def _halt(self, work: asyncio.Future[None]) -> None:
        """Something has ended the run while a cell runs: interrupt, wait, give up."""
        assert self.km is not None or not self._ready
        grace = LAST_WORDS
        if self._ending.result().kind not in ("dead", "memory") and self._ready:
            grace = GRACE
            with contextlib.suppress(RuntimeError, OSError):
                await ensure_async(self.km.interrupt_kernel())
        await asyncio.wait({work}, timeout=grace)
        if not work.done():
            work.cancel()
            await asyncio.wait({work}, timeout=LAST_WORDS)

    async def _leave(self, *, at_once: bool) -> None:
        """See the kernel gone, and all that it has started."""
        if self.km is None:
            return
        self._group = getattr(self.km.provisioner, "pgid", None)
        self.shutdown_kernel = "immediate"
        with contextlib.suppress(RuntimeError, OSError):
            if not at_once:
                await self._farewell()
            await self._async_cleanup_kernel()
        kill_group(self._group)

    async def _farewell(self) -> None:
        """Let the kernel end by itself: what its cells have opened is closed."""
        assert self.km is not None
        if await ensure_async(self.km.is_alive()):
            await ensure_async(self.km.request_shutdown())
            # jupyter_client looks ten times a second.
            await ensure_async(self.km.finish_shutdown(pollinterval=LOOK))

    def _how(self, work: asyncio.Future[None]) -> Ending | None:
        error = work.exception() if work.done() and not work.cancelled() else None
        whole = work.done() and not work.cancelled() and error is None
        if self._ending.done():
            ending = self._ending.result()
            # A kernel may leave when all is done.
            return None if whole and ending.kind == "dead" else ending
        if error is None:
            return None
        if isinstance(error, CellExecutionError):
            return Ending("cell", name=error.ename, words=error.evalue)
        self.error = error
        first = (str(error).strip().splitlines() or [""])[0]
        if not self._ready:
            return Ending("start", first or type(error).__name__)
        if isinstance(error, CellTimeoutError):
            return Ending("lost")
        return Ending("internal", f"{type(error).__name__}: {first}")

    async def _async_poll_kernel_alive(self) -> None:
        """One task looks after the kernel for all cells; nbclient starts one for each."""

    def output(self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        """An output of a cell, if there is room for it."""
        if not self.room.admits(msg, cell_index, display_id):
            return None
        return super().output(outs, msg, display_id, cell_index)

    def log_output_message(self, output: NotebookNode) -> None:
        """An output goes to papermill's log, or to the files that it was asked for."""
        super().log_output_message(without_secrets(output))

    def clear_output(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """A cell takes back what it has put out."""
        self.room.cleared(cell_index)
        super().clear_output(outs, msg, cell_index)

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        if msg["msg_type"] == "update_display_data" and self.nb_man.at is not None:
            self.room.updates(msg, display_id, self.nb_man.at)
        super()._update_display_id(display_id, msg)


def _to_the_end(work: Callable[[Stops], Coroutine[Any, Any, Ending | None]], stops: Stops) -> Ending | None:
    """Run something asynchronous, in whatever runs already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # A loop of its own, which is closed: jupyter_core's are not. Windows' own one cannot serve zmq.
        factory = asyncio.SelectorEventLoop if sys.platform == "win32" else None
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(work(stops))
    ending: Ending | None = run_sync(work)(stops)
    return ending


@contextmanager
def _beside(task: Coroutine[Any, Any, None]) -> Iterator[None]:
    """Let something run beside this."""
    beside = asyncio.ensure_future(task)
    try:
        yield
    finally:
        beside.cancel()
