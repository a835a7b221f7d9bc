from __future__ import annotations

import json

import pytest

from cpm_core.model.errors import UsageError
from cpm_core.runs.notebooks import declared, find_notebook, parameter_names
from tests.runs.projects import notebook


def test_a_name_is_a_notebook_beside_the_params_folder(project):
    params = project.home / "params" / "tiny.yaml"
    assert find_notebook("tiny", params) == project.home / "notebooks" / "tiny.ipynb"


def test_a_path_is_from_the_params_file(project):
    notebook(project.home / "params" / "own" / "mine.ipynb")
    params = project.home / "params" / "tiny.yaml"
    assert find_notebook("own/mine.ipynb", params) == project.home / "params" / "own" / "mine.ipynb"
    assert find_notebook("../notebooks/tiny.ipynb", params) == project.home / "notebooks" / "tiny.ipynb"


def test_a_project_without_notebooks_has_those_of_the_package(tmp_path, repository):
    params = tmp_path / "params" / "x.yaml"
    assert find_notebook("scorecard", params) == repository / "notebooks" / "scorecard.ipynb"


def test_a_missing_notebook_names_the_nearest(project):
    with pytest.raises(UsageError, match="there is no notebook 'tinny'") as caught:
        find_notebook("tinny", project.home / "params" / "tiny.yaml")
    assert caught.value.problems[0].nearest[0] == "tiny"


def test_declared_are_the_names_of_the_parameters_cell(tmp_path):
    # Defaults that hold a sign of equality, text annotations and a union: papermill's own reading loses these.
    cell = 'a: "str | None" = None\nb = c = 1\nurl: str = "x?y=1#z"  # words\nd: Literal["=", "b"] = "="'
    found = declared(notebook(tmp_path / "n.ipynb", "other = 1", parameters=cell))
    assert [one.name for one in found] == ["a", "b", "c", "url", "d"]


def test_a_notebook_without_a_parameters_cell_declares_nothing(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [{"source": "a = 1", "metadata": {}}]}), encoding="utf-8")
    assert declared(path) == ()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"cells": 3}', '{"cells": [3]}'])
def test_what_is_no_notebook_is_told(tmp_path, text):
    path = tmp_path / "n.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"n\.ipynb is no notebook"):
        declared(path)


def test_a_parameters_cell_that_is_no_python_is_told(tmp_path):
    with pytest.raises(UsageError, match="the parameters cell is no Python"):
        declared(notebook(tmp_path / "n.ipynb", parameters="a: = 1"))


def test_names_are_given_as_the_params_loader_asks_for_them(project):
    names = parameter_names("tiny", project.home / "params" / "tiny.yaml")
    assert names == ("params", "as_of", "overrides", "colour")
