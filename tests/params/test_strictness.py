"""Strictness and turned-off plugins: the params' word first, then the environment's."""

import json
from datetime import date

import pytest

from cpm_core.model.errors import UsageError
from cpm_core.params.disabled import disabled
from cpm_core.params.load import load
from cpm_core.params.overrides import from_command_line
from cpm_core.params.schema import Params
from cpm_core.params.strictness import is_strict
from cpm_core.runs.request import request

SOURCES = [{"use": "demo"}]


@pytest.fixture
def environment(monkeypatch):
    """Sets the environment variables that are asked, and takes the others away."""

    def put(**values):
        for name in ("CPM_STRICT", "CI", "CPM_PLUGINS_DISABLE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    put()
    return put


def params(**keys):
    return Params.model_validate({"workbook": "x", "as_of": date(2024, 1, 31), "sources": SOURCES, **keys})


@pytest.mark.parametrize(
    ("said", "around", "strict"),
    [
        (None, {}, False),
        (None, {"CI": "true"}, True),
        (None, {"CI": "1"}, True),
        (None, {"CI": "false"}, False),
        (None, {"CI": "true", "CPM_STRICT": "0"}, False),
        (None, {"CPM_STRICT": "1"}, True),
        (False, {"CPM_STRICT": "1"}, False),
        (True, {"CPM_STRICT": "0"}, True),
    ],
    ids=["nothing", "ci", "ci-1", "no-ci", "not-in-ci", "here", "params-no", "params-yes"],
)
def test_strict_is_what_the_params_say_else_the_environment(environment, said, around, strict):
    environment(**around)
    assert is_strict(params(strict=said)) is strict


def test_a_word_that_is_neither(environment):
    environment(CPM_STRICT="maybe")
    with pytest.raises(UsageError, match="CPM_STRICT is 'maybe'"):
        is_strict(params())


@pytest.fixture
def file(tmp_path):
    folder = tmp_path / "params"
    folder.mkdir()
    path = folder / "shop.yaml"
    path.write_text(
        "as_of: 2024-01-31\nsources: [{use: demo}]\nplugins:\n  disable: [one]\nreport: {notebook: plain}\n"
    )
    (tmp_path / "notebooks").mkdir()
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {"tags": ["parameters"]},
        "source": "params: str = ''\noverrides: dict | None = None",
        "outputs": [],
        "execution_count": None,
    }
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "notebooks" / "plain.ipynb").write_text(json.dumps(notebook))
    return path


def test_the_flag_adds_to_what_the_file_turns_off(file, environment):
    environment(CPM_PLUGINS_DISABLE=" three, four ,")
    loaded = load(file, from_command_line(disabled=["two", "one"]))
    assert loaded.plugins.disable == ("one", "two"), "each once"
    assert disabled(loaded) == {
        "three": "CPM_PLUGINS_DISABLE",
        "four": "CPM_PLUGINS_DISABLE",
        "one": f"{loaded.where()}:4",
        "two": "--disable-plugin two",
    }
    assert disabled() == {"three": "CPM_PLUGINS_DISABLE", "four": "CPM_PLUGINS_DISABLE"}


def test_the_flag_alone_is_the_list(file):
    file.write_text("as_of: 2024-01-31\nsources: [{use: demo}]\n")
    assert load(file, from_command_line(disabled=["two", "three"])).plugins.disable == ("two", "three")


def test_a_notebook_is_handed_the_whole_list(file):
    asked, _ = request(file, from_command_line(disabled=["two"]))
    assert asked.notebook_values()["overrides"] == {"plugins.disable": ["one", "two"]}
