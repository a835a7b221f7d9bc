"""Find a report's notebook and read which parameters it declares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cpm_core
from cpm_core.model.errors import CpmError, Problem, UsageError
from cpm_core.model.names import nearest
from cpm_core.params.declared import Parameter, declarations
from cpm_core.params.paths import shown

FOLDER = "notebooks"
SUFFIX = ".ipynb"
TAG = "parameters"


def find_notebook(name: str, file: Path) -> Path:
    """The notebook that `report.notebook` names.

    Args:
        name: A bare name, of a file in `notebooks/` beside the params' folder, in a folder above it or of
            those that come with the package; or a path, from the params file.
        file: The params file.

    Raises:
        UsageError: There is none; the nearest ones that exist are named.
    """
    if "/" in name or "\\" in name or name.endswith(SUFFIX):
        found = [file.parent / Path(name).expanduser()]
    else:
        found = [folder / f"{name}{SUFFIX}" for folder in _folders(file)]
    for path in found:
        if path.is_file():
            return path.resolve()
    there = sorted({path.stem for folder in _folders(file) for path in folder.glob(f"*{SUFFIX}")})
    raise UsageError(
        f"report.notebook: there is no notebook {name!r}",
        where=str(found[0]),
        nearest=nearest(Path(name).stem, there),
        fix=f"There are: {', '.join(there)}." if there else "Name one by its path from the params file.",
    )


def parameters_of(name: str, file: Path) -> tuple[Parameter, ...]:
    """The parameters that a report's notebook declares, as `cpm_core.params.load` asks for them."""
    return declared(find_notebook(name, file))


def parameter_names(name: str, file: Path) -> tuple[str, ...]:
    """Their names."""
    return tuple(one.name for one in parameters_of(name, file))


def declared(path: Path) -> tuple[Parameter, ...]:
    """What the cell tagged `parameters` sets.

    Raises:
        UsageError: The file is no notebook, or the cell is no Python.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        cell = next((one for one in cells if TAG in one.get("metadata", {}).get("tags", [])), None)
        return declarations("".join(cell["source"]), path.name) if cell else ()
    except SyntaxError as error:
        raise UsageError(f"the parameters cell is no Python: {error.msg}", where=str(path)) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        fix = "Open it in JupyterLab and save it, or name another with report.notebook."
        raise UsageError(f"{path.name} is no notebook: {error}", where=str(path), fix=fix) from None


def _folders(file: Path) -> Iterator[Path]:
    for parent in file.parents:
        yield parent / FOLDER
    yield Path(cpm_core.__file__).resolve().parents[1] / FOLDER


def as_far_as_it_came(error: CpmError, notebook: Path) -> list[Problem]:
    """The problems of a run, the last of which says where its notebook is kept."""
    *others, last = error.problems
    words = f"The notebook as far as it came is {shown(notebook)}."
    return [*others, replace(last, fix=f"{last.fix} {words}".strip())]
