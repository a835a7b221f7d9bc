"""What papermill lets through, and the engine refuses before a kernel starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpm_core.model.names import nearest
from cpm_core.runs.engine.failures import UnknownParameterError
from cpm_core.runs.notebooks import TAG, names_set

if TYPE_CHECKING:
    from nbformat import NotebookNode

PATHS = {"PAPERMILL_INPUT_PATH", "PAPERMILL_OUTPUT_PATH"}
"""What papermill adds by itself with `--inject-paths`."""


def refuse_unknown_parameters(node: NotebookNode) -> None:
    """See that the parameters cell of a Python notebook declares what it is given.

    Raises:
        UnknownParameterError: It does not; papermill warns, and the notebook runs on its defaults.
    """
    given = [name for name in node.metadata.papermill.get("parameters", {}) if name not in PATHS]
    if not given or node.metadata.get("kernelspec", {}).get("language", "python") != "python":
        return
    cell = next((one for one in node.cells if TAG in one.metadata.get("tags", [])), None)
    try:
        declared = names_set(cell.source if cell else "")
    except SyntaxError as error:
        raise UnknownParameterError(f"the parameters cell is no Python: {error.msg}") from None
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise UnknownParameterError(" ".join(_told(name, declared) for name in unknown) + _there(declared))


def _told(name: str, declared: tuple[str, ...]) -> str:
    near = nearest(name, declared)
    return f"The notebook declares no parameter {name!r}" + (f" (nearest: {', '.join(near)})." if near else ".")


def _there(declared: tuple[str, ...]) -> str:
    return f" It declares {', '.join(declared)}." if declared else " It has no cell tagged `parameters`."
