"""tools/strip_notebooks.py keeps what nbval compares and nothing else."""

import nbformat
import pytest

from tools import strip_notebooks


@pytest.fixture
def text():
    stream = nbformat.v4.new_output("stream", name="stdout", text="42\n")
    result = nbformat.v4.new_output("execute_result", {"text/plain": "7"}, execution_count=3)
    cells = [
        nbformat.v4.new_code_cell("1 + 6", outputs=[result], execution_count=3, id="loud"),
        nbformat.v4.new_code_cell("# NBVAL_CHECK_OUTPUT\nprint(42)", outputs=[stream], execution_count=4, id="kept"),
        nbformat.v4.new_markdown_cell("# NBVAL_CHECK_OUTPUT is told here", id="words"),
    ]
    cells[0].metadata["papermill"] = {"duration": 1.5}
    cells[0].metadata["tags"] = ["parameters"]
    notebook = nbformat.v4.new_notebook(
        cells=cells,
        metadata={"papermill": {"version": "2"}, "kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    return nbformat.writes(notebook) + "\n"


def test_keeps_marked_outputs_only(text):
    loud, kept, words = nbformat.reads(strip_notebooks.stripped(text), as_version=4).cells
    assert loud.outputs == []
    assert loud.execution_count is None
    assert loud.metadata == {"tags": ["parameters"]}
    assert [output.text for output in kept.outputs] == ["42\n"]
    assert kept.execution_count == 1, "nbval refuses outputs of a cell that has not run"
    assert kept.metadata == {}
    assert words.source == "# NBVAL_CHECK_OUTPUT is told here"


def test_keeps_ids_and_kernelspec_and_drops_the_runs_metadata(text):
    notebook = nbformat.reads(strip_notebooks.stripped(text), as_version=4)
    assert [cell.id for cell in notebook.cells] == ["loud", "kept", "words"]
    assert list(notebook.metadata) == ["kernelspec"]


def test_check_names_what_would_change_and_changes_nothing(text, tmp_path, capsys):
    path = tmp_path / "a.ipynb"
    path.write_text(text, encoding="utf-8")
    assert strip_notebooks.main(["--check", str(path)]) == 1
    assert str(path) in capsys.readouterr().out
    assert path.read_text(encoding="utf-8") == text


def test_a_second_time_changes_nothing(text, tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(text, encoding="utf-8")
    assert strip_notebooks.main([str(path)]) == 0
    assert strip_notebooks.main(["--check", str(path)]) == 0
