"""What papermill lets through, and the engine refuses before a kernel starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cpm_core.model.names import nearest
from cpm_core.params.declared import Parameter, declarations, typed
from cpm_core.runs.engine.failures import WrongParameterError
from cpm_core.runs.notebooks import TAG

if TYPE_CHECKING:
    from nbformat import NotebookNode

PATHS = {"PAPERMILL_INPUT_PATH", "PAPERMILL_OUTPUT_PATH"}
"""What papermill adds by itself with `--inject-paths`."""


def refuse_parameters(node: NotebookNode) -> None:
    """See that the parameters cell of a Python notebook declares what it is given, and as what it is given.

    Raises:
        WrongParameterError: It does not; papermill warns of an unknown name, and the notebook runs on its defaults.
    """
    given = {name: one for name, one in node.metadata.papermill.get("parameters", {}).items() if name not in PATHS}
    if not given or node.metadata.get("kernelspec", {}).get("language", "python") != "python":
        return
    cell = next((one for one in node.cells if TAG in one.metadata.get("tags", [])), None)
    try:
        known = declarations(cell.source if cell else "")
    except SyntaxError as error:
        raise WrongParameterError(f"the parameters cell is no Python: {error.msg}") from None
    declared = tuple(one.name for one in known)
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise WrongParameterError(" ".join(_told(name, declared) for name in unknown) + _there(declared))
    if wrong := [*_mistyped(known, given)]:
        raise WrongParameterError(" ".join(wrong))


def _mistyped(known: Sequence[Parameter], given: Mapping[str, Any]) -> Iterator[str]:
    """What does not fit its declaration; a type that is none of ours says nothing against a value."""
    plain = (str, int, float, list, dict, type(None))
    for one in known:
        value = given.get(one.name, ())
        if one.type is None or not isinstance(value, plain):
            continue
        read, problems = typed(known, {one.name: value}, {one.name: ""})
        yield from (f"{problem.what}. {problem.fix}" for problem in problems)
        if isinstance(read.get(one.name), str) and not isinstance(value, str):
            # papermill has read the word, and what was written is gone: 007 is 7.
            yield f"{one.name} is declared as text, and papermill has read it as {value!r}: say `-r {one.name} …`."


def _told(name: str, declared: tuple[str, ...]) -> str:
    near = nearest(name, declared)
    return f"The notebook declares no parameter {name!r}" + (f" (nearest: {', '.join(near)})." if near else ".")


def _there(declared: tuple[str, ...]) -> str:
    return f" It declares {', '.join(declared)}." if declared else " It has no cell tagged `parameters`."
