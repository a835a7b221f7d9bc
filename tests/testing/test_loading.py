"""A plugin under test is loaded alone."""

import pytest

from cpm_core.model.errors import PluginError
from cpm_core.testing import plugin_of, tiny_book
from cpm_core.testing.book import registry_of

KPI = """
from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={{"en": "Sales", "zh": "销售"}})
def {name}(orders):
    return Total(orders.kind == "sale")


@hookimpl
def cpm_kpis():
    return [{name}]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ours.py").write_text(KPI.format(name="ours"), encoding="utf-8")
    (tmp_path / "broken.py").write_text("raise RuntimeError('not even imported')\n", encoding="utf-8")
    (tmp_path / "tests").mkdir()
    return tmp_path


def test_a_file_is_loaded_and_its_neighbours_are_not(folder):
    found = plugin_of(folder / "ours.py")
    assert (found.name, found.origin) == ("ours", "folder")
    assert plugin_of("ours.py", folder / "tests").file == found.file  # looked for upwards


def test_a_file_that_is_not_there_and_one_that_does_not_load_are_errors(folder):
    with pytest.raises(PluginError, match=r"there is no file 'their.py'"):
        plugin_of("their.py", folder)
    with pytest.raises(PluginError, match="not even imported"):
        plugin_of(folder / "broken.py")
    with pytest.raises(PluginError, match="there is no plugin 'no_such_module'"):
        plugin_of("no_such_module")


def test_a_module_is_a_plugin_by_its_name():
    found = plugin_of("cpm_core.builtin.kpis.sales")
    assert found.name == "sales"
    assert found.content
    registry = registry_of([found])
    assert registry.kpis["revenue"].provider == "sales"  # in the built-in's place, and not beside it


def test_a_table_that_the_tiny_book_does_not_have_is_an_error():
    with pytest.raises(ValueError, match=r"no table 'order' \(nearest: orders"):
        tiny_book(tables=("order",))


def test_the_registry_of_the_tiny_book_looks_for_nothing(folder, cpm_registry, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert "ours" not in cpm_registry().kpis
    assert "ours" in cpm_registry(folder / "ours.py").kpis


def test_the_fixture_opens_books(folder, tiny):
    book = tiny(folder / "ours.py", tables=("customers", "orders"), kpis=["ours"])
    assert book.warnings() == []
    facts = book.facts().set_index("period")["value"]
    assert facts["2024-02"] == 5  # o6, o7, o8, o9, o10
    assert facts["2024-01"] == 1  # o5
