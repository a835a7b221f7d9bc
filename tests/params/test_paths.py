from __future__ import annotations

import pytest

from cpm_core.model.errors import UsageError
from cpm_core.params.paths import find_params, shown


@pytest.fixture
def files(home):
    for name in ("online_retail.yaml", "demo.yaml", "notes.yml"):
        (home / "params" / name).write_text("as_of: 2011-11-30\n", encoding="utf-8")
    (home / "notebooks" / "deep").mkdir(parents=True)
    return home


@pytest.mark.parametrize(
    "name", ["params/online_retail.yaml", "online_retail", "params/online_retail", "online_retail.yaml"]
)
@pytest.mark.parametrize("folder", ["", "notebooks", "notebooks/deep", "params"])
def test_a_file_is_found_from_the_working_folder_upwards(files, monkeypatch, name, folder):
    monkeypatch.chdir(files / folder)
    assert find_params(name) == (files / "params" / "online_retail.yaml").resolve()


def test_the_nearest_folder_wins(files, monkeypatch):
    (files / "notebooks" / "params").mkdir()
    nearer = files / "notebooks" / "params" / "demo.yaml"
    nearer.write_text("as_of: 2011-11-30\n", encoding="utf-8")
    monkeypatch.chdir(files / "notebooks" / "deep")
    assert find_params("params/demo.yaml") == nearer.resolve()


def test_a_full_path_is_taken_as_it_is(files, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    path = files / "params" / "demo.yaml"
    assert find_params(path) == path.resolve()
    with pytest.raises(UsageError):
        find_params(files / "demo.yaml")


def test_yml_is_found_too(files):
    assert find_params("notes").name == "notes.yml"


@pytest.mark.parametrize(
    "name", ["params/online_retial.yaml", "online-retail", "onlineretail.yaml", "parms/online_retail.yaml"]
)
def test_a_missing_file_names_the_nearest_that_exist(files, name):
    with pytest.raises(UsageError) as caught:
        find_params(name)
    (problem,) = caught.value.problems
    assert caught.value.exit_code == 2
    assert "there is no params file" in problem.what
    assert problem.nearest[0] == "params/online_retail.yaml"


def test_without_a_near_name_it_tells_what_there_is(files):
    with pytest.raises(UsageError) as caught:
        find_params("zzz")
    assert set(caught.value.problems[0].nearest) == {
        "params/demo.yaml",
        "params/notes.yml",
        "params/online_retail.yaml",
    }


def test_with_no_file_at_all_it_says_how_to_get_one(home):
    with pytest.raises(UsageError) as caught:
        find_params("params/x.yaml")
    assert "cpm new" in caught.value.problems[0].fix


def test_a_folder_is_no_params_file(files):
    with pytest.raises(UsageError, match="is a folder"):
        find_params("params")


def test_an_empty_name_is_refused(files):
    with pytest.raises(UsageError, match="no params file is named"):
        find_params(" ")


def test_a_path_is_shown_from_the_working_folder(files, monkeypatch):
    path = files / "params" / "demo.yaml"
    assert shown(path) == "params/demo.yaml"
    monkeypatch.chdir(files / "notebooks")
    assert shown(path) == "../params/demo.yaml"
