from __future__ import annotations

import pytest

from cpm_core.runs.diff.causes import causes

RECORD = {
    "parameters": {
        "as_of": "2024-01-31",
        "since": None,
        "targets": {"revenue": {"at_least": 1}},
        "sources": [{"use": "a"}],
    },
    "plugins": [{"name": "loyalty", "version": "1"}],
    "versions": {"duckdb": "1.5"},
    "code": "c" * 64,
    "sources": [{"file": "data/orders.csv", "sha256": "1" * 64}, {"file": "data/old/orders.csv", "sha256": "2" * 64}],
    "notebook": {"file": "scorecard.ipynb", "sha256": "n"},
}
OTHER_DATA = {"sources": [{"file": "data/orders.csv", "sha256": "3" * 64}]}
OTHER_PARAMS = {"parameters": {**RECORD["parameters"], "since": "2023-01-01"}}
OTHER_PLUGINS = {"plugins": [{"name": "loyalty", "version": "2"}]}


@pytest.mark.parametrize(
    ("changed", "redefined", "words"),
    [
        ({}, False, "unknown"),
        (OTHER_DATA, False, "new data"),
        ({}, True, "new definition"),
        (OTHER_DATA, True, "new data and new definition"),
        (OTHER_PARAMS, False, "other params"),
        (OTHER_DATA | OTHER_PARAMS, False, "new data and other params"),
        (OTHER_PLUGINS, False, "other plugins"),
        # The plugin's version is another since its KPI is.
        (OTHER_PLUGINS, True, "new definition"),
        ({"versions": {"duckdb": "1.6"}}, False, "other versions"),
        ({"code": "d" * 64}, False, "other versions"),
        # Data explain it; a package beside it is no reason to doubt that.
        (OTHER_DATA | {"code": "d" * 64}, False, "new data"),
        # What is shown changes no figure.
        ({"parameters": {**RECORD["parameters"], "as_of": "2024-02-29", "targets": {}}}, False, "unknown"),
    ],
)
def test_what_the_records_tell(changed, redefined, words):
    assert causes(RECORD, RECORD | changed).of(redefined, ["loyalty"] if redefined else []) == words


def test_files_that_were_moved_are_the_same_data():
    moved = {"sources": [{"file": f"/elsewhere/{number}.csv", "sha256": number * 64} for number in ("2", "1")]}
    assert causes(RECORD, RECORD | moved).sources == ()


def test_changes_have_names_and_both_ends():
    found = causes(RECORD, RECORD | OTHER_PARAMS | {"plugins": []} | OTHER_DATA)
    assert [(one.name, one.before, one.after) for one in found.params] == [("since", None, "2023-01-01")]
    assert [(one.name, one.before, one.after) for one in found.plugins] == [("loyalty", "1", None)]
    assert [one.name for one in found.sources] == ["data/orders.csv", "data/old/orders.csv", "orders.csv"]
    assert not found.notebook
    assert causes(RECORD, {}).notebook
