from __future__ import annotations

import pytest

from cpm_core.checks.plugins.alone import Target, targets
from cpm_core.model.errors import UsageError

PLUGIN = "from cpm_core.api import hookimpl\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project with a file, a package, a YAML plugin, and what is none."""
    folder = tmp_path / "plugins"
    (folder / "pack").mkdir(parents=True)
    (folder / "tests").mkdir()
    for place in ("one.py", "pack/__init__.py", "pack/parts.py", "tests/test_one.py", "_shared.py"):
        (folder / place).write_text(PLUGIN, encoding="utf-8")
    (folder / "words.yaml").write_text("kpis: []\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("plugins/one.py", ["one"]),
        ("plugins/words.yaml", ["words"]),
        ("plugins/pack", ["pack"]),
        ("plugins/pack/__init__.py", []),
        ("plugins", ["one", "pack", "words"]),
        ("one", ["one"]),
        ("words", ["words"]),
    ],
)
def test_a_file_a_folder_or_a_name(home, word, names):
    if not names:
        with pytest.raises(UsageError, match="is no plugin"):
            targets([word])
        return
    assert targets([word]) == [Target(name, home) for name in names]


def test_what_is_named_twice_is_checked_once(home):
    assert targets(["one", "plugins/one.py", "plugins"]) == [Target(name, home) for name in ("one", "pack", "words")]


def test_a_built_in_is_named_as_the_list_shows_it(home):
    assert targets(["builtin.kpis.sales"]) == [Target("builtin.kpis.sales")]


def test_all_words_that_name_nothing_are_told_at_once(home):
    with pytest.raises(UsageError) as caught:
        targets(["onee", "plugins/two.py", "plugins/_shared.py"])
    assert {problem.what: problem.nearest for problem in caught.value.problems} == {
        "there is no plugin 'onee'": ("one",),
        "there is no file plugins/two.py": ("one.py",),
        "plugins/_shared.py is no plugin, and holds none": (),
    }


def test_a_plugin_is_loaded_without_its_neighbours(home):
    (home / "broken.py").write_text("import no_such_package\n", encoding="utf-8")
    registry = Target("one", home).load()
    assert [plugin.name for plugin in registry.plugins if plugin.origin != "built-in"] == ["one"]
    assert registry.quarantined == ()
    assert [one.name for one in Target("broken", home).load().quarantined] == ["broken"]
