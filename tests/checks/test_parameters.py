from __future__ import annotations

import json

import pytest
from pydantic import BaseModel

from cpm_core import cli
from cpm_core.checks.parameters import show_parameters
from cpm_core.params.described import keys, meanings
from cpm_core.params.fields import models_in
from cpm_core.params.overrides import from_command_line
from cpm_core.params.schema import Params
from tests.runs.projects import Project

CELL = """\
params: str = "params/tiny.yaml"
as_of: date | None = None
overrides: dict | None = None
# Customers in
# the list
top: int = 10
colour: Literal["red", "blue"] = "red"  # of the bars
needed: str
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    made = Project(tmp_path / "shop")
    monkeypatch.chdir(made.home)
    made.notebook("asked", "1", parameters=CELL)
    made.params("asked", notebook="asked", more="tiers: {margin: 5%}\n")
    return made


def printed(capsys, *words):
    assert cli.main(["run", "asked", "--help-params", *words]) == 0
    return capsys.readouterr().out


def test_the_json_has_the_notebook_s_parameters_and_every_key(project, capsys):
    found = json.loads(printed(capsys, "--json", "-p", "top", "007", "-p", "history", "3"))
    assert (found["file"], found["notebook"]) == ("params/asked.yaml", "notebooks/asked.ipynb")
    named = {one["name"]: one for one in found["parameters"]}
    assert named["top"] == {
        "name": "top",
        "type": "int",
        "required": False,
        "default": "10",
        "value": 7,
        "said": "-p top",
        "meaning": "Customers in the list",
    }
    assert (named["colour"]["type"], named["colour"]["meaning"]) == ("Literal['red', 'blue']", "of the bars")
    assert named["needed"]["required"]
    assert named["as_of"]["meaning"] == "the key as_of of the params file"
    of_file = {one["name"]: one for one in found["keys"]}
    assert (of_file["history"]["value"], of_file["history"]["default"]) == (3, 24)
    assert (of_file["history"]["said"], of_file["history"]["limits"]) == ("-p history", "≥ 1, ≤ 5000")
    assert (of_file["as_of"]["value"], of_file["as_of"]["said"]) == ("2024-03-31", "params/asked.yaml:3")
    assert (of_file["tiers.margin"]["value"], of_file["tiers.margin"]["said"]) == (0.05, "params/asked.yaml:12")
    assert (of_file["tiers.rule"]["value"], of_file["tiers.rule"]["said"]) == ("percentile", "")
    assert of_file["limits.cell"]["meaning"].startswith("For one cell of the notebook")
    assert of_file["plan"]["value"] is None


def test_the_table_is_whole_where_there_is_no_terminal(project, capsys):
    text = printed(capsys, "-p", "colour", "blue")
    assert "blue (-p colour)" in text
    assert "Customers in the list" in text
    assert "needed" in text
    assert "24 (default)" not in text  # the file says 2
    assert max(map(len, text.splitlines())) <= 140


def test_what_is_wrong_is_told_as_in_a_run(project, capsys):
    assert cli.main(["run", "asked", "--help-params", "-p", "top", "many", "-p", "colur", "red"]) == 2
    told = capsys.readouterr().err
    assert "top: 'many' is no whole number" in told
    assert "nearest: colour" in told


def test_json_alone_is_refused(project, capsys):
    assert cli.main(["run", "asked", "--json"]) == 2
    assert "--json goes with --help-params" in capsys.readouterr().err


def test_several_files_are_a_list(project, capsys):
    assert show_parameters(["asked", "tiny"], from_command_line(), as_json=True) == 0
    assert [one["file"] for one in json.loads(capsys.readouterr().out)] == ["params/asked.yaml", "params/tiny.yaml"]


def test_every_key_says_what_it_means():
    silent = [one.name for one in keys(Params) if not one.meaning.strip(". ")]
    assert silent == []


def test_every_key_of_every_mapping_is_told():
    """Those within are reached, and of those that repeat another's keys nothing is said again."""
    names = {one.name for one in keys(Params)}
    assert {"engine.backend", "sources[n].use", "targets.<name>.by", "plan.actions[n].when.<name>.is"} <= names
    assert {"plan.service.<name>.cost", "limits.memory", "events[n].text"} <= names
    assert "targets.<name>.periods.<name>.at_least" not in names
    inner = {model for field in Params.model_fields.values() for model in models_in(field.annotation)}
    assert all(issubclass(model, BaseModel) and meanings(model) for model in inner)
