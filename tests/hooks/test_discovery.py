"""Plugins of a folder: found, ordered, blamed, turned off."""

import sys
from importlib.metadata import EntryPoint

import pytest

from cpm_core.hooks import discovery, loading
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import PluginError, UsageError

KPI = '''
"""One KPI."""
from cpm_core.api import Total, hookimpl, kpi

@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={{"en": "{name}", "zh": "{name}"}})
def {name}(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())

@hookimpl
def cpm_kpis():
    return [{name}]
'''


@pytest.fixture
def folder(tmp_path):
    """A plugins folder that is written file by file."""
    (tmp_path / "plugins").mkdir()
    return tmp_path / "plugins"


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def problem(folder, **options):
    with pytest.raises(PluginError) as caught:
        Registry.load(folder, **options)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def test_built_ins_first_then_the_folder_by_name(folder):
    write(folder, "beta.py", KPI.format(name="of_beta"))
    write(folder, "alpha/__init__.py", KPI.format(name="of_alpha"))
    write(folder, "_private.py", "raise RuntimeError")
    write(folder, "notes.txt", "no plugin")
    write(folder, "data/orders.csv", "no plugin either")
    registry = Registry.load(folder)
    names = [plugin.name for plugin in registry.plugins]
    built_in = [name for name in names if name.startswith("builtin.")]
    assert names == [*built_in, "alpha", "beta"]
    assert {"builtin.kpis.sales", "builtin.tables.base", "builtin.tiers.percentile", "builtin.sources.files"} <= set(
        names
    )
    assert registry.kpis["of_alpha"].provider == "alpha"
    assert registry.kpis["revenue"].provider == "builtin.kpis.sales"
    assert list(registry.kpis)[-2:] == ["of_alpha", "of_beta"]


def test_a_folder_may_be_missing(tmp_path):
    assert Registry.load(tmp_path / "nothing").kpis.keys() == Registry.load(None).kpis.keys()


def test_the_version_is_its_own_or_that_of_its_text(folder):
    write(folder, "named.py", "__version__ = '2.1'")
    path = write(folder, "plain.py", "A = 1")
    versions = {plugin.name: plugin.version for plugin in Registry.load(folder).plugins}
    assert versions["named"] == "2.1"
    assert versions["plain"] == discovery.content_hash(path)
    write(folder, "plain.py", "A = 2")
    assert discovery.content_hash(path) != versions["plain"]


def test_plugins_of_one_folder_see_their_own_modules_and_leave_others_alone(folder):
    write(folder, "team/__init__.py", "from .parts import WORD\n")
    write(folder, "team/parts.py", "WORD = 'ours'\n")
    found = {plugin.name: plugin for plugin in Registry.load(folder).plugins}
    assert found["team"].module.WORD == "ours"
    assert "team" not in sys.modules
    assert str(folder) not in sys.path


def test_a_syntax_error_is_blamed_by_line(folder):
    path = write(folder, "broken.py", "A = 1\ndef b(:\n    pass\n")
    found = problem(folder)
    assert found.what.startswith("plugin 'broken' cannot be loaded: SyntaxError")
    assert found.where == f"{path.resolve()}:2"
    assert "disable: [broken]" in found.fix


def test_an_error_on_import_is_blamed_on_the_plugins_own_line(folder):
    path = write(folder, "broken.py", "import json\n\njson.loads('{')\n")
    found = problem(folder)
    assert "JSONDecodeError" in found.what
    assert found.where == f"{path.resolve()}:3"


def test_what_is_disabled_is_not_even_imported(folder):
    write(folder, "broken.py", "raise RuntimeError")
    write(folder, "good.py", KPI.format(name="good"))
    registry = Registry.load(folder, disabled=["broken", "builtin.kpis.service"])
    assert "good" in registry.kpis
    assert "tickets" not in registry.kpis


def test_disabling_what_is_not_there(folder):
    write(folder, "loyalty.py", "")
    with pytest.raises(UsageError) as caught:
        Registry.load(folder, disabled=["loyality"])
    (found,) = caught.value.problems
    assert found.what == "there is no plugin 'loyality' to disable"
    assert found.nearest[0] == "loyalty"


def test_entry_points_by_name(folder, monkeypatch):
    write(folder, "of_the_package.py", KPI.format(name="packaged"))
    monkeypatch.syspath_prepend(str(folder))
    points = [EntryPoint("ours", "of_the_package", "cpm"), EntryPoint("gone", "not_there", "cpm")]
    monkeypatch.setattr(discovery.importlib.metadata, "entry_points", lambda group: points)
    registry = Registry.load(None, use=["ours"])
    assert (registry.plugins[-1].name, registry.plugins[-1].origin) == ("ours", "installed")
    assert "packaged" in registry.kpis
    assert "packaged" not in Registry.load(None).kpis, "only those that the params name"
    with pytest.raises(PluginError, match="'gone' cannot be loaded: ModuleNotFoundError"):
        Registry.load(None, use=["gone"])
    with pytest.raises(PluginError, match="no installed package offers the plugin 'our'") as caught:
        Registry.load(None, use=["our"])
    assert caught.value.problems[0].nearest == ("ours",)
    write(folder, "ours.py", "")
    with pytest.raises(PluginError, match="two plugins are called 'ours'"):
        Registry.load(folder, use=["ours"])


def test_a_built_in_keeps_its_name(folder):
    write(folder, "builtin.kpis.sales.py", KPI.format(name="mine"))
    registry = Registry.load(folder, strict=False)
    assert [one.name for one in registry.quarantined] == ["builtin.kpis.sales"]
    assert registry.kpis["revenue"].provider == "builtin.kpis.sales"
    assert "mine" not in registry.kpis


def test_two_of_one_name_in_a_folder(folder):
    write(folder, "ours.py", KPI.format(name="mine"))
    write(folder, "ours/__init__.py", "")
    assert problem(folder).what.startswith("two plugins are called 'ours'")


def test_the_hash_of_a_folder_is_of_files_at_their_places(folder):
    write(folder, "team/__init__.py", "")
    write(folder, "team/one/a.py", "A = 1")
    write(folder, "team/two/a.py", "A = 2")
    before = discovery.content_hash(folder / "team")
    write(folder, "team/one/a.py", "A = 2")
    write(folder, "team/two/a.py", "A = 1")
    swapped = discovery.content_hash(folder / "team")
    assert swapped != before
    write(folder, "team/tests/test_a.py", "assert True")
    write(folder, "team/notes.md", "Notes.")
    assert discovery.content_hash(folder / "team") == swapped, "tests and notes are no part of what it does"
    write(folder, "team/rules.yaml", "kpis: {}")
    assert discovery.content_hash(folder / "team") != swapped


def test_the_version_that_is_named_does_not_hide_an_edit(folder):
    write(folder, "ours.py", "__version__ = '2.1'\nA = 1")
    before = Registry.load(folder).record
    write(folder, "ours.py", "__version__ = '2.1'\nA = 2")
    assert Registry.load(folder).record != before


def test_an_entry_point_is_known_by_its_whole_package(folder, monkeypatch):
    write(folder, "acme/__init__.py", "")
    write(folder, "acme/kpis.py", KPI.format(name="packaged"))
    write(folder, "acme/parts.py", "A = 1")
    monkeypatch.syspath_prepend(str(folder))
    points = [EntryPoint("ours", "acme.kpis", "cpm")]
    monkeypatch.setattr(discovery.importlib.metadata, "entry_points", lambda group: points)
    before = Registry.load(None, use=["ours"]).record
    write(folder, "acme/parts.py", "A = 2")
    assert Registry.load(None, use=["ours"]).record != before
    (out,) = Registry.load(None, use={"gone": "params/x.yaml:7"}, strict=False).quarantined
    assert out.problems[0].where == "params/x.yaml:7"


def test_a_workbooks_folder_may_not_take_a_module_from_another(tmp_path):
    for home, word in (("one", "first"), ("two", "second")):
        folder = tmp_path / home / "plugins" / "team"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("from .parts import WORD\n")
        (folder / "parts.py").write_text(f"WORD = {word!r}\n")
    one, two = (Registry.load(tmp_path / home / "plugins").plugins[-1].module for home in ("one", "two"))
    assert (one.WORD, two.WORD) == ("first", "second")
    assert one.__name__ != two.__name__


def test_the_hash_of_all_plugins_passes_over_installable_packages(folder):
    write(folder, "ours.py", "A = 1")
    before = loading.folder_hash(folder)
    write(folder, "acme/pyproject.toml", "")
    write(folder, "acme/src/acme/kpis.py", "A = 1")
    write(folder, ".cache/x.py", "A = 1")
    assert loading.folder_hash(folder) == before
    write(folder, "_shared.py", "A = 1")
    assert loading.folder_hash(folder) != before
