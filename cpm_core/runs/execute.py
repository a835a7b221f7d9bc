"""Run a notebook through papermill with our own engine, and say in words how it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model import errors
from cpm_core.model.errors import CpmError, Problem, RunError
from cpm_core.model.limits import RunLimits
from cpm_core.model.startup import import_jsonschema
from cpm_core.runs.disk import disk_problem
from cpm_core.runs.injected import injectable

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from cpm_core.runs.engine.endings import Ending
    from cpm_core.runs.engine.failures import NotWholeError
    from cpm_core.runs.engine.settings import Settings

ENGINE = "cpm"
START_TIMEOUT = 120
"""Seconds for a kernel to start: a loaded machine may need many."""
_FIX = {
    "dead": "Most often memory ran out: give more, or read less.",
    "memory": "Give it more (`limits.memory`), or read less.",
    "cell_timeout": "Give it more time (`limits.cell`), or make the cell quicker.",
    "run_timeout": "Give it more time (`limits.run`), or make the notebook quicker.",
}


class NotebookError(RunError):
    """A notebook did not run to its end; what it had made by then was saved."""


def execute(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    limits: RunLimits | None = None,
    progress: Callable[[str], None] | None = None,
    started: Callable[[str], None] | None = None,
    again: str = "",
) -> NotebookNode:
    """Run a notebook and save it.

    Args:
        notebook: The notebook as it is in git.
        output: Where the executed one is saved, and the partial one if it fails.
        parameters: Values for its parameters cell: texts, numbers, lists and mappings.
        folder: The kernel's working folder.
        environment: Further environment variables of the kernel.
        log: File for what the kernel's process says outside of cells; it is made when there is something.
        limits: What it may take; ``run`` counts from the start of the kernel.
        progress: Told of each cell that begins.
        started: Told how the kernel was started: `warm`, or `plain: ` and why.
        again: The command that runs it again, for the reader of a partial notebook.

    Returns:
        The executed notebook, as it is saved.

    Raises:
        NotebookError: A cell failed, the kernel died, or a limit was reached. Errors that are meant for a person are
            shown as they are.
    """
    import_jsonschema()
    import nbformat
    from click import ClickException

    from cpm_core.runs.engine.failures import NotWholeError
    from cpm_core.runs.engine.settings import Settings

    settings = Settings(
        environment=environment or {},
        log=log,
        echo=False,
        limits=limits or RunLimits(),
        progress=progress,
        say=progress,
        started=started,
        again=again,
        own_kernel=True,
        bare_paths=True,
    )
    try:
        with _quiet():
            _papermill(notebook, output, parameters, folder, settings)
    except NotWholeError as error:
        raise NotebookError(_problems(error, notebook), heals=error.ending.kind == "start") from error
    except ClickException as error:
        disk = disk_problem(error)
        problem = disk or Problem(error.format_message(), str(notebook))
        raise NotebookError([problem]) from error
    node: NotebookNode = nbformat.read(output, as_version=4)
    return node


def _papermill(notebook: Path, output: Path, parameters: Mapping[str, Any], folder: Path, settings: Settings) -> None:
    import papermill
    from papermill.engines import papermill_engines

    from cpm_core.runs import kernel
    from cpm_core.runs.engine import CpmEngine

    # By its entry point only an installed package is found.
    papermill_engines.register(ENGINE, CpmEngine)
    papermill.execute_notebook(
        # papermill fills in {names} within paths.
        _verbatim(notebook),
        _verbatim(output),
        parameters=injectable(parameters),
        engine_name=ENGINE,
        kernel_name=kernel.NAME,
        language="python",
        report_mode=True,
        progress_bar=False,
        start_timeout=START_TIMEOUT,
        # The kernel's own working folder; papermill's `cwd` would change that of this process.
        resources={"metadata": {"path": str(folder)}},
        settings=settings,
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


def _problems(error: NotWholeError, notebook: Path) -> list[Problem]:
    """What a person should read of a notebook that is not whole."""
    from cpm_core.runs.engine.endings import raised, told

    ending, where = error.ending, _where(error.ending, notebook)
    kind = getattr(errors, ending.name, None)
    if isinstance(kind, type) and issubclass(kind, CpmError):
        return [Problem(line, where) for line in ending.words.splitlines() if line.strip()]
    if ending.kind == "cell":
        return [Problem(f"cell {ending.cell} of {notebook.name} failed: {raised(ending)}", where)]
    disk = None if error.__cause__ is None else disk_problem(error.__cause__)
    if disk is not None:
        return [disk]
    words = told(ending, f" of {notebook.name}").en
    what = f"{notebook.name}: {words}" if ending.at is None else f"{words[0].lower()}{words[1:]}"
    return [Problem(what, where, fix=_FIX.get(ending.kind, ""))]


def _where(ending: Ending, notebook: Path) -> str:
    if ending.at is None:
        return str(notebook)
    first = next((line.strip() for line in ending.source.splitlines() if line.strip()), "")
    return f"{notebook}, cell {ending.cell}" + (f": {first[:80]}" if first else "")
