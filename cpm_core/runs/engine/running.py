"""One run of a notebook: start, cells, states, banner, and everything tidied up before a signal does its work."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from papermill.log import logger

from cpm_core.model.secrets.references import know_those_in
from cpm_core.runs.engine.banner import add_banner
from cpm_core.runs.engine.client import Client
from cpm_core.runs.engine.endings import Ending, told
from cpm_core.runs.engine.failures import RefusedError
from cpm_core.runs.engine.kernels import manager_class
from cpm_core.runs.engine.manager import Manager
from cpm_core.runs.engine.paths import Elsewhere, local_path
from cpm_core.runs.engine.saving import Output, Place
from cpm_core.runs.engine.stops import held_signals
from cpm_core.runs.engine.words import Words, kernel_words

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from cpm_core.runs.engine.settings import Settings
    from cpm_core.runs.engine.stops import Stops

OURS = "cpm"
"""Our own key in a notebook's metadata: how it ended if it is not whole. Papermill's keep their meaning."""


class Running:
    """A notebook, what is asked for, and how it went."""

    def __init__(self, node: NotebookNode, kernel_name: str, settings: Settings) -> None:
        self.node, self.kernel_name, self.settings = node, kernel_name, settings
        self.about = node.metadata.papermill
        self.named: tuple[str, str] = (str(self.about.get("input_path")), str(self.about.get("output_path")))
        self.path = local_path(self.about.get("output_path"))
        self.error: BaseException | None = None
        """What was raised that no cell has raised."""

    def run(self, bars: dict[str, Any], given: dict[str, Any]) -> Ending | None:
        """Run and save it; returns how it ended if not at its end.

        Args:
            bars: Options of papermill for its bar and its log.
            given: Options of papermill and nbclient for the client.

        Raises:
            RefusedError: It cannot be begun.
        """
        for cell in self.node.cells:
            # The injected one too: a parameter may be a reference. What is known is hidden in all that is saved.
            know_those_in(cell.source)
        # Outermost: whatever the signal does, lock, kernel and pipe are gone before.
        with held_signals() as stops, ExitStack() as opened:
            output = self._output(opened)
            words = opened.enter_context(kernel_words(self.settings.log, self.settings.echo))
            kernels = opened.enter_context(manager_class(self.kernel_name, self.settings, words.descriptor))
            manager = Manager(self.node, output, self.settings.progress, **bars)
            self._begin(manager)
            given |= {"kernel_name": self.kernel_name, "kernel_manager_class": kernels}
            try:
                ending = self._cells(manager, stops, given)
            except BaseException as error:
                # As a limit raises that a signal tells of.
                self._end(manager, Ending("internal", f"{type(error).__name__}: {error}"), words)
                raise
            if self.settings.started is not None:
                self.settings.started(getattr(kernels, "started_as", ""))
            return self._end(manager, ending, words)

    def _output(self, opened: ExitStack) -> Place | None:
        if self.path is not None:
            return opened.enter_context(Output(self.path).held())
        named = self.about.get("output_path")
        return Elsewhere(named) if isinstance(named, str) else None

    def _begin(self, manager: Manager) -> None:
        manager.notebook_start()
        self.node.metadata.pop(OURS, None)
        if self.settings.bare_paths:
            self.about |= dict(zip(("input_path", "output_path"), map(_bare, self.named), strict=True))
        # Standard output takes a notebook once.
        if self.path is None and not self.settings.save_every:
            return
        try:
            manager.write()
        except OSError as error:
            raise RefusedError(f"{self.path or self.named[1]} cannot be written: {error.strerror or error}") from error

    def _cells(self, manager: Manager, stops: Stops, given: dict[str, Any]) -> Ending | None:
        client = Client(manager, self.settings.limits, self.settings.save_every, log=logger, **given)
        ending = client.run(stops)
        self.error = client.error
        return ending

    def _end(self, manager: Manager, ending: Ending | None, words: Words) -> Ending | None:
        """Set everything right and save; how it ended, and where."""
        if ending is not None and manager.at is not None:
            cell = self.node.cells[manager.at]
            ending = replace(ending, at=manager.at, cell=manager.numbers[manager.at], source=cell.source)
        manager.finish(ending)
        if ending is not None:
            said = told(ending)
            self.node.metadata[OURS] = {"ended": ending.kind, "cell": ending.cell, "en": said.en, "zh": said.zh}
            add_banner(self.node, ending, words.last(), self._again())
        if ending is None and self.path is None:
            return None  # papermill writes it
        try:
            manager.write()
        except OSError as error:
            self.error = self.error or error
            return ending or Ending("internal", f"it cannot be saved: {error.strerror or error}")
        return ending

    def _again(self) -> str:
        """The command that runs it again."""
        if self.settings.again:
            return self.settings.again
        command = shlex.join(["papermill", "--engine", "cpm", *self.named])
        return f"{command}  # with the same parameters" if self.about.get("parameters") else command


def _bare(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
