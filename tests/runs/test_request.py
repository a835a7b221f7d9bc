from __future__ import annotations

import datetime as dt
import pickle

import pytest

from cpm_core.model.errors import UsageError
from cpm_core.params.overrides import Override
from cpm_core.runs.request import request


def said(**values):
    return [Override(key, value, f"-p {key}") for key, value in values.items()]


def test_the_notebook_gets_the_file_its_own_parameters_and_the_rest_as_overrides(project):
    overrides = [
        *said(as_of="2024-02-29", history="1", colour="7"),
        Override("sources.0.tables.orders.path", "../data/orders.csv", "-r path"),
        Override("settings", {"min_n": "9", "confidence": None}, "-y"),
    ]
    one, params = request("tiny", overrides)
    assert one.notebook_values() == {
        "params": str(project.home / "params" / "tiny.yaml"),
        "as_of": "2024-02-29",
        "overrides": {
            "history": "1",
            "sources.0.tables.orders.path": "../data/orders.csv",
            "settings": {"min_n": "9", "confidence": None},
        },
        # Declared as text.
        "colour": "7",
    }
    assert (one.workbook, one.folder, params.history) == ("tiny", project.home, 1)
    assert pickle.loads(pickle.dumps(one)) == one


def test_what_the_notebook_needs_and_nobody_says_is_an_error(project):
    project.notebook("needs", "1", parameters="params: str\ntop: int  # how many\noverrides: dict | None = None")
    project.params("needs", notebook="needs")
    with pytest.raises(UsageError, match="needs a value for its parameter 'top': how many") as caught:
        request("needs", [])
    assert caught.value.problems[0].where == "needs.ipynb, line 2 of the parameters cell"
    assert request("needs", said(top="007"))[0].notebook_values()["top"] == 7


def test_a_key_of_the_file_that_the_notebook_declares_too_is_typed_by_both(project):
    cell = "params: str = ''\nas_of: date | None = None\nhistory: str | None = None\noverrides: dict | None = None"
    project.notebook("both", "1", parameters=cell)
    project.params("both", notebook="both")
    one, _ = request("both", said(as_of="2024-02-29", history="1"))
    assert (one.notebook_values()["as_of"], one.notebook_values()["history"]) == (dt.date(2024, 2, 29), "1")


def test_the_last_word_counts_at_its_place(project):
    one, params = request("tiny", [*said(history="1"), *said(locale="zh"), *said(history="2")])
    assert list(one.notebook_values()["overrides"].items()) == [("locale", "zh"), ("history", "2")]
    assert params.history == 2


def test_without_overrides_only_the_file_is_given(project):
    one, _ = request("tiny", [])
    assert one.notebook_values() == {"params": str(project.home / "params" / "tiny.yaml")}


def test_an_unknown_name_is_refused_with_the_nearest(project):
    with pytest.raises(UsageError) as caught:
        request("tiny", said(color="blue"))
    assert caught.value.problems[0].nearest[0] == "colour"


def test_a_notebook_that_takes_no_overrides_is_told_of(project):
    project.notebook("short", "1", parameters="params: str = ''\nas_of: str | None = None")
    project.params("short", notebook="short")
    assert request("short", said(as_of="2024-02-29"))[0].notebook_values()["as_of"] == "2024-02-29"
    with pytest.raises(UsageError, match="takes no overrides, as of 'history'"):
        request("short", said(history="1"))


def test_a_notebook_that_takes_no_params_is_told_of(project):
    project.notebook("bare", "1", parameters="x = 1")
    project.params("bare", notebook="bare")
    with pytest.raises(UsageError, match="declares no parameter 'params'"):
        request("bare", [])


def test_a_key_that_is_to_be_left_out_cannot_reach_the_notebook(project):
    # None is what the notebook's own parameters hold where nothing is said.
    with pytest.raises(UsageError, match="cannot be told to leave a key out"):
        request("tiny", said(since=None))
