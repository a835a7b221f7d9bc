import pytest

from cpm_core import cli
from cpm_core.checks.scaffold.write import KINDS, TESTS, new_plugin, print_new
from cpm_core.hooks import specs
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import UsageError


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose working folder is one of those within."""
    for name in ("params", "notebooks/deep"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notebooks" / "deep")
    return tmp_path


def test_a_plugin_and_its_test_go_into_the_project_wherever_one_stands(project, capsys):
    assert print_new("kpi", "repeat_buyers", None) == 0
    assert sorted(path.relative_to(project).as_posix() for path in (project / "plugins").rglob("*.py")) == [
        "plugins/repeat_buyers.py",
        "plugins/tests/test_repeat_buyers.py",
    ]
    out = capsys.readouterr().out
    assert "  ../../plugins/repeat_buyers.py" in out
    assert "  cpm plugins check ../../plugins/repeat_buyers.py" in out


def test_a_folder_may_be_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written, _ = new_plugin("source", "shop", tmp_path / "here")
    assert [path.relative_to(tmp_path).as_posix() for path in written] == [
        "here/shop.py",
        "here/tests/test_shop.py",
        "here/tests/shop.csv",
    ]


@pytest.mark.parametrize(
    "there", ["plugins/mine.py", "plugins/mine.yaml", "plugins/mine", "plugins/tests/test_mine.py"]
)
def test_nothing_is_overwritten(project, there):
    place = project / there
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        new_plugin("kpi", "mine", None)
    assert [path for path in (project / "plugins").rglob("*") if path.is_file()] == [place]
    assert place.read_text(encoding="utf-8") == "mine"


def test_outside_a_project_a_folder_has_to_be_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no project here"):
        new_plugin("kpi", "mine", None)
    assert list(tmp_path.iterdir()) == []


def test_a_kind_that_there_is_not_is_told_with_the_nearest(project):
    with pytest.raises(UsageError) as caught:
        new_plugin("tiers", "mine", None)
    assert caught.value.problems[0].nearest[0] == "tier"


def test_tests_are_no_plugins(project):
    new_plugin("kpi", "mine", None)
    names = [plugin.name for plugin in Registry.load(project / "plugins").plugins]
    assert "mine" in names
    assert TESTS not in names


def test_the_help_names_every_kind():
    assert cli.plugins.PLUGIN_KINDS.split(", ") == list(KINDS)


def test_every_hook_that_returns_data_has_a_scaffold(project):
    """A kind a hook: all together, they fill every kind of the registry but base tables, which few teams add."""
    for kind in KINDS:
        new_plugin(kind, f"my_{kind}", None)
    plugins = Registry.load(project / "plugins").plugins
    ours = [plugin.module for plugin in plugins if plugin.name.startswith("my_")]
    used = {name for module in ours for name in vars(module) if name.startswith("cpm_")}
    assert used == {name for name in vars(specs) if name.startswith("cpm_") and not name.startswith("cpm_run_")}
