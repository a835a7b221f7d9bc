"""Notebooks are thin, are stored without what a run left in them, and each has an output that nbval compares."""

import ast
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from tools import strip_notebooks

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


@pytest.fixture(params=PATHS, ids=[path.stem for path in PATHS])
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def test_the_notebooks_are_there():
    there = {path.stem for path in PATHS}
    assert {"scorecard", "explore", "service", "kpi_explorer", "retention", "customer", "value"} <= there


def test_is_valid_and_runs_on_python3(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


def test_is_stripped(path):
    text = path.read_text(encoding="utf-8")
    assert text == strip_notebooks.stripped(text), f"run: python tools/strip_notebooks.py {path.relative_to(ROOT)}"


def test_defines_nothing(notebook):
    for cell in code_cells(notebook):
        tree = ast.parse(TransformerManager().transform_cell(cell.source))
        defined = [
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
        assert not defined, f"{defined[0].name!r} belongs into the package"


def test_has_one_parameters_cell_of_annotated_names(notebook):
    (cell,) = tagged(notebook, "parameters")
    statements = ast.parse(cell.source).body
    assert statements
    assert all(isinstance(statement, ast.AnnAssign) and statement.value for statement in statements)


def test_has_a_compared_output(notebook):
    compared = [cell for cell in code_cells(notebook) if cell.source.startswith(strip_notebooks.CHECKED)]
    assert compared, "no cell begins with # NBVAL_CHECK_OUTPUT"
    for cell in compared:
        assert cell.outputs, f"a compared cell has no stored output: {cell.source[:80]!r}"


def test_hides_nothing_from_nbval(notebook):
    """A cell that nbval skips, or whose errors it forgives, is not tested."""
    for marker in ("NBVAL_SKIP", "NBVAL_RAISES_EXCEPTION", "NBVAL_IGNORE_OUTPUT", "PYTEST_VALIDATE_IGNORE_OUTPUT"):
        assert not [cell for cell in notebook.cells if marker in cell.source]
        assert not tagged(notebook, marker.lower().replace("_", "-"))
