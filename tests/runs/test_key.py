from __future__ import annotations

from datetime import date

import nbformat
import pytest

from cpm_core.runs.key import code_hash, next_id, notebook_hash, run_id, run_key
from tests.runs.projects import notebook

SAME = {"notebook": "n", "identity": "i", "fingerprints": {"/a/x.csv": "1", "/a/y.csv": "2"}, "code": "c"}


def test_outputs_and_the_editor_s_marks_do_not_change_a_notebook(tmp_path):
    path = notebook(tmp_path / "n.ipynb", "1 + 1")
    before = notebook_hash(path)
    node = nbformat.read(path, as_version=4)
    node.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="2")]
    node.cells[1].execution_count = 5
    node.cells[1].metadata["collapsed"] = True
    nbformat.write(node, path)
    assert notebook_hash(path) == before


def test_sources_and_tags_change_a_notebook(tmp_path):
    path = notebook(tmp_path / "n.ipynb", "1 + 1")
    before = notebook_hash(path)
    assert notebook_hash(notebook(tmp_path / "m.ipynb", "1 + 2")) != before
    node = nbformat.read(path, as_version=4)
    node.cells[1].metadata["tags"] = ["remove_output"]
    nbformat.write(node, path)
    assert notebook_hash(path) != before


@pytest.mark.parametrize(
    "other",
    [
        {"notebook": "m"},
        {"identity": "j"},
        {"fingerprints": {"/a/x.csv": "1", "/a/y.csv": "3"}},
        {"fingerprints": {"/a/x.csv": "1"}},
        {"notebook_parameters": {"colour": "blue"}},
        {"code": "d"},
    ],
    ids=["notebook", "identity", "data", "fewer data", "parameter", "code"],
)
def test_each_part_changes_the_key(other):
    assert run_key(**SAME) != run_key(**SAME | other)


def test_the_same_data_in_another_folder_and_order_is_the_same_run():
    moved = SAME | {"fingerprints": {"/b/y.csv": "2", "/b/x.csv": "1"}}
    assert run_key(**SAME) == run_key(**moved)
    assert len(run_key(**SAME)) == 64


def test_the_running_code_counts_where_none_is_named():
    without = {name: value for name, value in SAME.items() if name != "code"}
    assert run_key(**without) == run_key(**without, code=code_hash())


def test_an_id_is_the_day_and_the_start_of_the_key_and_counts_on(tmp_path):
    first = run_id(date(2011, 11, 30), "3f9a1c2e" + "0" * 56)
    assert first == "2011-11-30-3f9a1c2e"
    assert next_id(first, tmp_path / "none") == first
    (tmp_path / first).mkdir()
    assert next_id(first, tmp_path) == f"{first}-2"
    (tmp_path / f"{first}-2").mkdir()
    assert next_id(first, tmp_path) == f"{first}-3"
