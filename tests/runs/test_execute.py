from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from cpm_core.model.limits import RunLimits
from cpm_core.runs.execute import NotebookError, execute
from tests.runs.projects import notebook


@pytest.fixture
def run(tmp_path):
    # A folder with braces, which papermill would fill in.
    folder = tmp_path / "a {b}"

    def call(*sources, progress=None, limits=None, **parameters):
        path = notebook(folder / "n.ipynb", *sources)
        output = folder / "report.ipynb"
        given = {"folder": folder, "environment": {"CPM_RUN": "r-1"}, "progress": progress, "limits": limits}
        return execute(path, output, {"colour": "blue"} | parameters, **given, again="cpm run shop"), output

    return call


def states(path):
    node = nbformat.read(path, as_version=4)
    code = [cell for cell in node.cells if cell.cell_type == "code"]
    return [cell.metadata.papermill.status for cell in code], node


def test_parameters_folder_and_environment_reach_the_kernel_and_inputs_are_hidden(run, capfd):
    here = Path.cwd()
    steps = []
    node, output = run(
        "import os\nprint(colour, overrides, os.getcwd(), os.environ['CPM_RUN'])",
        colour="007",
        overrides={"a.b": ["x", None]},
        progress=steps.append,
    )
    assert steps == ["cell 1 of 2", "cell 2 of 2"]
    (told,) = node.cells[-1].outputs
    assert told.text == f"007 {{'a.b': ['x', None]}} {output.parent} r-1\n"
    assert all(cell.metadata.jupyter.source_hidden for cell in node.cells)
    assert nbformat.read(output, as_version=4) == node
    assert (node.metadata.papermill.input_path, node.metadata.papermill.output_path) == ("n.ipynb", "report.ipynb")
    assert Path.cwd() == here
    # Neither papermill's log nor the kernel's warning about sockets.
    assert capfd.readouterr() == ("", "")


def test_a_failing_cell_is_named_and_the_partial_notebook_tells_the_truth(run, tmp_path):
    with pytest.raises(NotebookError) as caught:
        run("print('before')", "\n1 / 0", "print('after')")
    (problem,) = caught.value.problems
    assert problem.what == "cell 3 of n.ipynb failed: ZeroDivisionError: division by zero"
    assert problem.where.endswith("n.ipynb, cell 3: 1 / 0")
    assert caught.value.exit_code == 1
    found, node = states(tmp_path / "a {b}" / "report.ipynb")
    assert found == ["completed", "completed", "completed", "failed", "pending"]
    assert node.metadata.papermill.exception is True
    assert any("before" in str(cell.get("outputs")) for cell in node.cells)
    assert "<pre>cpm run shop</pre>" in node.cells[0].source


def test_an_error_that_is_meant_for_a_person_is_shown_as_it_is(run):
    raising = (
        "from cpm_core.model.errors import DataError\nraise DataError('no rows', where='x.csv', fix='Deliver some.')"
    )
    with pytest.raises(NotebookError) as caught:
        run(raising)
    assert [problem.what for problem in caught.value.problems] == ["x.csv: no rows. Deliver some."]


def test_a_kernel_that_dies_is_no_success(run, tmp_path):
    with pytest.raises(NotebookError, match=r"the kernel died in cell 2 of n\.ipynb"):
        run("import os\nos.kill(os.getpid(), 9)", "1")
    found, node = states(tmp_path / "a {b}" / "report.ipynb")
    assert found == ["completed", "completed", "failed", "pending"]
    assert node.metadata.papermill.exception is True


def test_what_the_kernel_s_process_says_outside_of_cells_is_kept_apart(tmp_path, capfd):
    path = notebook(
        tmp_path / "n.ipynb", "import faulthandler, sys\nfaulthandler.enable(sys.__stderr__)\nfaulthandler._sigsegv()"
    )
    with pytest.raises(NotebookError, match="the kernel died"):
        execute(path, tmp_path / "report.ipynb", {}, folder=tmp_path, log=tmp_path / "kernel.log")
    assert "Segmentation fault" in (tmp_path / "kernel.log").read_text()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("limits", "cell", "what"),
    [
        (
            RunLimits(cell=0.5),
            "import time\ntime.sleep(60)",
            "a cell took longer than it may (0.5 s), in cell 2 of n.ipynb. Give it more time (`limits.cell`)",
        ),
        (
            RunLimits(memory=300_000_000),
            "import time\nheld = b'x' * 400_000_000\ntime.sleep(60)",
            "the kernel was killed in cell 2 of n.ipynb: the kernel used more than 300 MB (limits.memory)",
        ),
    ],
    ids=["cell", "memory"],
)
def test_limits(run, limits, cell, what):
    with pytest.raises(NotebookError) as caught:
        run(cell, limits=limits)
    assert what in str(caught.value)
    assert not caught.value.heals


def test_leaving_early_is_no_success(run, tmp_path):
    with pytest.raises(NotebookError, match=r"cell 2 of n\.ipynb failed: SystemExit: 0"):
        run("import sys\nsys.exit(0)", "1")
    assert states(tmp_path / "a {b}" / "report.ipynb")[0] == ["completed", "completed", "failed", "pending"]


def test_empty_cells_and_words_are_no_failure(run):
    node, _ = run("", "# a comment alone", "1")
    assert node.metadata.papermill.exception is None
