"""The engine, as papermill calls it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from papermill.engines import Engine

from cpm_core.model.secrets import scrubbed
from cpm_core.runs.engine.endings import Ending, told
from cpm_core.runs.engine.failures import CellFailedError, KernelDiedError, NotRunError, TimeLimitError
from cpm_core.runs.engine.paths import leave_out_last_writing
from cpm_core.runs.engine.refusals import refuse_parameters
from cpm_core.runs.engine.running import Running
from cpm_core.runs.engine.saving import without_secrets
from cpm_core.runs.engine.settings import Settings

if TYPE_CHECKING:
    from nbformat import NotebookNode


class CpmEngine(Engine):  # type: ignore[misc]  # papermill ships no types
    """Runs a notebook, and tells the truth about how it ended."""

    @classmethod
    def execute_notebook(  # noqa: PLR0917  # papermill's own signature
        cls,
        nb: NotebookNode,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | dict[str, Any] = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        settings: Settings | None = None,
        start_timeout: int = 60,
        execution_timeout: float | None = None,
        timeout: float | None = None,
        **given: Any,
    ) -> NotebookNode:
        """Run a notebook and save it.

        Args:
            nb: The notebook with its parameters put in.
            kernel_name: Of its kernel spec.
            output_path: Where it is saved as it goes on; None: at the end alone.
            progress_bar: Whether, or how, a bar is shown.
            log_output: Whether outputs go to papermill's log.
            autosave_cell_every: Seconds between two savings at most; 0: none but the first and the last.
            settings: What `cpm run` asks for.
            start_timeout: Seconds for the kernel to start.
            execution_timeout: Seconds for one cell; none or less than none: as the settings say.
            timeout: What nbclient calls the same.
            **given: Further options of papermill and nbclient.

        Returns:
            The executed notebook.

        Raises:
            RefusedError: Something is wrong; no kernel was started.
            CellFailedError: A cell raised.
            KernelDiedError: The kernel's process ended, or took too much memory.
            TimeLimitError: A limit of time was reached.
            NotRunError: The kernel did not start, what runs the cells failed, or a signal stopped it.
        """
        refuse_parameters(nb)
        asked = settings or Settings()
        every = min(asked.save_every, autosave_cell_every) if output_path else 0
        said = execution_timeout or timeout or 0
        most = said if said > 0 else asked.limits.cell
        asked = replace(asked, save_every=every, limits=replace(asked.limits, cell=most))
        running = Running(nb, kernel_name, asked)
        bars = {"progress_bar": progress_bar, "log_output": log_output}
        given.pop("input_path", None)
        ending = running.run(bars, {**given, "log_output": log_output, "startup_timeout": start_timeout})
        if ending is not None:
            _raise(ending, nb, running.error)
        if running.path is not None:
            leave_out_last_writing(running.named[1])
        return _for_papermill(without_secrets(nb))


def _raise(ending: Ending, node: NotebookNode, error: BaseException | None) -> NoReturn:
    """As what papermill's callers know."""
    words = scrubbed(told(ending).en)
    if ending.kind == "cell":
        assert ending.at is not None
        # Behind the banner and the anchor.
        cell = node.cells[ending.at + 2]
        lines = [line for one in cell.outputs if one.output_type == "error" for line in one.traceback]
        raise CellFailedError(ending, cell.execution_count, [scrubbed(line) for line in lines])
    if ending.kind in ("dead", "memory"):
        raise KernelDiedError(ending, words)
    if ending.kind in ("cell_timeout", "run_timeout"):
        raise TimeLimitError(ending, words)
    raise NotRunError(ending, words) from error


def _for_papermill(node: NotebookNode) -> NotebookNode:
    """The notebook that papermill hands on: it calls each error a failure, also of a cell that may raise.

    What is saved keeps them as they are.
    """
    from nbformat import v4

    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                v4.new_output("stream", name="stderr", text="\n".join(one.traceback) + "\n")
                if one.output_type == "error"
                else one
                for one in cell.outputs
            ]
    return node
