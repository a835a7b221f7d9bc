"""papermill's states of a notebook and its cells, set right; saving is on a timer, never a cell."""

from __future__ import annotations

import contextlib
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from papermill.engines import NotebookExecutionManager

from cpm_core.runs.engine.endings import Ending
from cpm_core.runs.engine.places import numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbformat import NotebookNode

    from cpm_core.runs.engine.saving import Place

SKIPPED = "skipped"
"""The status of a cell that its tag `skip-execution` leaves out."""
SHARE = 20
"""Saving takes at most one part in so many of the time."""


class Manager(NotebookExecutionManager):  # type: ignore[misc]  # papermill ships no types
    """The state of a notebook that is run."""

    def __init__(
        self, node: NotebookNode, output: Place | None, progress: Callable[[str], None] | None, **given: Any
    ) -> None:
        super().__init__(node, **given)
        self.output, self.progress = output, progress
        self.at: int | None = None
        """Place of the cell that runs."""
        self._changed = True
        self.numbers = numbers(node)
        """Of each cell, from 1; 0: papermill put it in."""
        self._last = max(self.numbers, default=0)

    def save(self, **_: Any) -> None:
        """Papermill asks for it twice a cell: the timer does it."""
        self._changed = True

    def autosave_cell(self) -> None:
        """Papermill asks for it with each message: the timer does it."""
        self._changed = True

    def write(self) -> None:
        """Save now.

        Raises:
            OSError: It cannot be written.
        """
        self._changed = False
        if self.output is not None:
            self.output.save(self.nb)

    def write_changes(self) -> float:
        """Save if there is news; what cannot be written now is tried again. Returns seconds to wait at least."""
        if not self._changed or self.output is None:
            return 0.0
        begun = time.perf_counter()
        try:
            self.write()
        except OSError:
            self._changed = True
        return SHARE * (time.perf_counter() - begun)

    def cell_start(self, cell: NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:
        """A cell begins."""
        self.at = cell_index
        super().cell_start(cell, cell_index, **kwargs)
        number = 0 if cell_index is None else self.numbers[cell_index]
        if self.progress is not None and number and cell.cell_type == "code":
            self.progress(f"cell {number} of {self._last}")

    def cell_complete(self, cell: NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:
        """A cell has run to its end."""
        super().cell_complete(cell, cell_index, **kwargs)
        self.at = None

    def cell_skipped(self, cell: NotebookNode) -> None:
        """A cell is left out, as its tag says."""
        cell.metadata.papermill["status"] = SKIPPED
        if self.pbar:
            self.pbar.update(1)

    def ended(self) -> None:
        """The last cell has ended, one way or the other; what follows is tidying up."""
        self.end_time = self.now()

    def finish(self, ending: Ending | None) -> None:
        """Set the states right of a notebook that has ended; nothing is saved."""
        self.end_time = self.end_time or self.now()
        about = self.nb.metadata.papermill
        about |= {"end_time": self.end_time.isoformat(), "duration": _seconds(self.start_time, self.end_time)}
        if ending is None:
            self.complete_pbar()
        else:
            about["exception"] = True
            if ending.at is not None:
                self._cell_failed(self.nb.cells[ending.at])
        self.cleanup_pbar()

    def _cell_failed(self, cell: NotebookNode) -> None:
        about = cell.metadata.papermill
        about |= {"status": self.FAILED, "exception": True, "end_time": self.end_time.isoformat()}
        with contextlib.suppress(KeyError, TypeError):
            about["duration"] = _seconds(datetime.fromisoformat(about["start_time"]), self.end_time)


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()
