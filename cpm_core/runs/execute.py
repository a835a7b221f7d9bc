"""Run a notebook through papermill, and tell the truth about how it ended.

papermill calls a notebook complete whose kernel died, that was interrupted or that left with `sys.exit(0)`;
here every cell must have run to its end, and the states in a partial notebook are set right.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model import errors
from cpm_core.model.errors import CpmError, Problem, RunError
from cpm_core.model.startup import import_jsonschema

if TYPE_CHECKING:
    from nbformat import NotebookNode

MARKER = "papermill-error-cell-tag"
INJECTED = "injected-parameters"
SKIPPED = "skip-execution"
START_TIMEOUT = 120
"""Seconds for a kernel to start: a loaded machine may need many."""


class NotebookError(RunError):
    """A notebook did not run to its end; what it had made by then was saved."""


@dataclass(frozen=True)
class Failure:
    """Where and how a notebook failed."""

    cell: int
    """Counted from 1 in the notebook as it is in git."""
    source: str
    name: str
    """The exception's class."""
    words: str


def execute(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> NotebookNode:
    """Run a notebook and save it.

    Args:
        notebook: The notebook as it is in git.
        output: Where the executed one is saved, and the partial one if it fails.
        parameters: Values for its parameters cell: texts, numbers, lists and mappings.
        folder: The kernel's working folder.
        environment: Further environment variables of the kernel.
        log: Where the kernel's process writes what belongs to no cell.

    Returns:
        The executed notebook.

    Raises:
        NotebookError: A cell failed, or the kernel died. Errors that are meant for a person are shown as they are.
    """
    import_jsonschema()
    from papermill.exceptions import PapermillExecutionError

    from cpm_core.runs import kernel

    with (
        Path(log or os.devnull).open("ab") as words,
        kernel.kernel_class(environment or {}, words.fileno()) as manager,
        _quiet(),
    ):
        try:
            _papermill(notebook, output, parameters, folder, manager)
        except PapermillExecutionError:
            pass  # a cell raised: the saved notebook tells which one, and what
        except Exception as error:
            stopped = _settle(output, notebook) or Failure(0, "", "", "")
            raise NotebookError(_broken(stopped, notebook, error)) from error
    failed = _settle(output, notebook)
    if failed is not None:
        raise NotebookError(_problems(failed, notebook))
    return _read(output)


def _papermill(notebook: Path, output: Path, parameters: Mapping[str, Any], folder: Path, manager: type) -> None:
    import papermill

    from cpm_core.runs import kernel

    papermill.execute_notebook(
        # papermill fills in {names} within paths.
        _verbatim(notebook),
        _verbatim(output),
        parameters=dict(parameters),
        kernel_name=kernel.NAME,
        language="python",
        report_mode=True,
        progress_bar=False,
        start_timeout=START_TIMEOUT,
        # The kernel's own working folder; papermill's `cwd` would change that of this process.
        resources={"metadata": {"path": str(folder)}},
        kernel_manager_class=manager,
    )


def _verbatim(path: Path) -> str:
    return str(path).replace("{", "{{").replace("}", "}}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without papermill's log, which tells nothing that a panel does not tell."""
    log = logging.getLogger("papermill")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _read(path: Path) -> NotebookNode:
    import nbformat

    node: NotebookNode = nbformat.read(path, as_version=4)
    return node


def _settle(output: Path, notebook: Path) -> Failure | None:
    """Set right what papermill wrote of states and paths; returns where the notebook stopped, if it did."""
    import nbformat

    if not output.is_file():
        return None
    node = _read(output)
    stopped = None
    about = node.metadata.get("papermill", {})
    about |= {"input_path": notebook.name, "output_path": output.name}
    code = [cell for cell in node.cells if cell.cell_type == "code"]
    at = next((place for place, cell in enumerate(code) if not _ended(cell, last=code[place + 1 :])), None)
    if at is not None:
        cell = code[at]
        stopped = Failure(_position(node, cell), cell.source, *_error_of(cell))
        cell.metadata.setdefault("papermill", {}).update(status="failed", exception=True)
        for later in code[at + 1 :]:
            later.metadata.setdefault("papermill", {}).update(status="pending", exception=None)
        about["exception"] = True
    node.metadata["papermill"] = about
    nbformat.write(node, output)
    return stopped


def _ended(cell: NotebookNode, last: list[NotebookNode]) -> bool:
    """Whether a cell has run to its end: it was counted, raised nothing, and what follows was begun."""
    about = cell.metadata.get("papermill", {})
    if SKIPPED in cell.metadata.get("tags", []):
        return True
    if about.get("exception") or about.get("status") != "completed" or not about.get("start_time"):
        return False
    if any(output.output_type == "error" for output in cell.get("outputs", [])):
        return False
    begun = not last or bool(last[0].metadata.get("papermill", {}).get("start_time"))
    return begun and (cell.get("execution_count") is not None or not cell.source.strip())


def _error_of(cell: NotebookNode) -> tuple[str, str]:
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            return str(output.ename), str(output.evalue)
    return "", ""


def _position(node: NotebookNode, cell: NotebookNode) -> int:
    """A cell's number in the notebook as it is in git, without what papermill puts in; its injected cell is 0."""
    number = 0
    for one in node.cells:
        tags = one.metadata.get("tags", [])
        if MARKER in tags or INJECTED in tags:
            if one is cell:
                return 0
            continue
        number += 1
        if one is cell:
            return number
    return 0


def _problems(failure: Failure, notebook: Path) -> list[Problem]:
    """What a person should read of a failed cell."""
    where = _where(failure, notebook)
    kind = getattr(errors, failure.name, None)
    if isinstance(kind, type) and issubclass(kind, CpmError):
        return [Problem(line, where) for line in failure.words.splitlines() if line.strip()]
    last = failure.words.strip().splitlines()[-1:] or [""]
    words = ": ".join(filter(None, (failure.name, last[0]))) or "it stopped there"
    return [Problem(f"cell {failure.cell} of {notebook.name} failed: {words}", where)]


def _broken(failure: Failure, notebook: Path, error: Exception) -> list[Problem]:
    """What a person should read where not the cell but what runs it has failed."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    if isinstance(error, DeadKernelError):
        what = f"the kernel died in cell {failure.cell} of {notebook.name}"
        return [Problem(what, _where(failure, notebook), fix="Most often memory ran out: give more, or read less.")]
    if isinstance(error, CellTimeoutError):
        return [Problem(f"cell {failure.cell} of {notebook.name} took too long", _where(failure, notebook))]
    first = (str(error).strip().splitlines() or [""])[0]
    return [Problem(f"{notebook.name} could not be run: {type(error).__name__}: {first}", str(notebook))]


def _where(failure: Failure, notebook: Path) -> str:
    first = next((line.strip() for line in failure.source.splitlines() if line.strip()), "")
    return f"{notebook}, cell {failure.cell}" + (f": {first[:80]}" if first else "")
