"""What docs/parameters.md shows is what the command does."""

from __future__ import annotations

import datetime as dt
import re
import shlex

import pytest

from cpm_core import cli
from cpm_core.params.declared import declarations
from cpm_core.params.described import keys
from cpm_core.params.overrides import from_command_line
from cpm_core.params.schema import Params
from cpm_core.runs.request import request


@pytest.fixture
def page(repository):
    return (repository / "docs" / "parameters.md").read_text(encoding="utf-8")


@pytest.fixture
def cell(page, project):
    """The parameters cell of the page, as the notebook of a params file `branch`."""
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    project.notebook("branch", "1", parameters=code)
    project.params("branch", notebook="branch")
    return code


def test_the_cell_declares_what_the_page_says(cell):
    found = {one.name: one for one in declarations(cell)}
    assert [one.name for one in found.values() if one.required] == ["branch"]
    assert found["branch"].meaning == "A name or number, as the branch writes it"
    assert found["top"].meaning == "customers in the list"


def test_values_are_typed_as_the_page_says(cell):
    words = [("branch", "007"), ("top", "007"), ("codes", "[a, 007]"), ("until", "2024-02-29"), ("share", "20%")]
    one, _ = request("branch", from_command_line(parameters=words))
    expected = {"branch": "007", "top": 7, "codes": ["a", "007"], "until": dt.date(2024, 2, 29), "share": 0.2}
    assert one.notebook_parameters == expected
    same = from_command_line(yaml=["{codes: [a, 007]}"], raw=[("branch", "None")])
    assert request("branch", same)[0].notebook_parameters == {"codes": ["a", "007"], "branch": "None"}


def test_the_panel_is_that_of_the_command(page, cell, capsys):
    command, panel = re.search(r"^    \$ cpm (.*)\n((?:    [╭│╰].*\n)+)", page, re.MULTILINE).groups()
    assert cli.main(shlex.split(command)) == 2
    assert capsys.readouterr().err == re.sub(r"^    ", "", panel, flags=re.MULTILINE)


def test_the_keys_that_the_page_names_are_there(page):
    named = {one.name for one in keys(Params)}
    assert {"history", "slices", "tiers.margin", "only", "since"} <= named
    assert "--help-params" in page
