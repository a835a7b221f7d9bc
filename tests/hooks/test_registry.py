"""What plugins may not do: all of it is told at once, by name."""

from types import ModuleType

import pytest

from cpm_core.api import Kpi, Source, TableSpec, Text, Total, hookimpl, kpi
from cpm_core.hooks.discovery import Plugin, find_plugins
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import PluginError
from tests.books import plugin


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Mine", "zh": "我的"})
def mine(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


BUILT_IN = list(find_plugins(None))


def problems(*plugins):
    with pytest.raises(PluginError) as caught:
        Registry([*BUILT_IN, *plugins])
    return caught.value.problems


def of_functions(name, **functions):
    """A plugin whose module holds the functions as they are."""
    module = ModuleType(name)
    for one in functions.values():
        one.__module__ = name
    vars(module).update(functions)
    return Plugin(name, "1", "folder", f"{name}.py", module)


def test_contributions_by_kind_with_their_provider():
    registry = Registry([*BUILT_IN, plugin("ours", cpm_kpis=[mine])])
    assert isinstance(registry.kpis["mine"].item, Kpi)
    assert (registry.kpis["mine"].provider, registry.kpis["mine"].version) == ("ours", "1")
    assert isinstance(registry.sources["files"].item, Source)
    assert isinstance(registry.tables["orders"].item, TableSpec)
    assert "customer_periods" in registry.derived
    assert "customer_periods" not in registry.tables
    assert "percentile" in registry.tier_rules


def test_a_manager_is_one_workbooks_own():
    assert "mine" in Registry([*BUILT_IN, plugin("ours", cpm_kpis=[mine])]).kpis
    assert "mine" not in Registry(BUILT_IN).kpis


def test_an_id_that_another_has():
    found = problems(plugin("first", cpm_kpis=[mine]), plugin("second", cpm_kpis=[mine]))
    (told,) = found
    assert told.what.startswith("cpm_kpis: the id 'mine' is provided twice, by 'first' (")
    assert "'second' (" in told.what


def test_a_misspelt_hook():
    @hookimpl
    def cpm_kpi():
        return [mine]

    (found,) = problems(of_functions("ours", cpm_kpi=cpm_kpi))
    assert found.what == "plugin 'ours': there is no hook 'cpm_kpi'"
    assert found.nearest[0] == "cpm_kpis"
    line = cpm_kpi.__code__.co_firstlineno
    assert found.where == f"{__file__}:{line + 1}", "the line of `def`, below its mark"


def test_a_marked_function_that_is_no_hook():
    @hookimpl
    def cmp_kpis():
        return [mine]

    (found,) = problems(of_functions("ours", cmp_kpis=cmp_kpis))
    assert (found.what, found.nearest[0]) == ("plugin 'ours': there is no hook 'cmp_kpis'", "cpm_kpis")


def test_a_hook_without_its_mark():
    def cpm_kpis():
        return [mine]

    (found,) = problems(of_functions("ours", cpm_kpis=cpm_kpis))
    assert found.what == "plugin 'ours': cpm_kpis is not marked as a hook"
    assert "@hookimpl" in found.fix


def test_a_hook_that_asks_for_what_it_is_not_given():
    @hookimpl
    def cpm_run_started(run, moon):
        pass

    (found,) = problems(of_functions("ours", cpm_run_started=cpm_run_started))
    assert found.what == "plugin 'ours': cpm_run_started asks for 'moon', which it is not given"


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([mine, "revenue"], "cpm_kpis of 'ours' returned a str where a Kpi is expected"),
        ([Text(en="a", zh="b")], "cpm_kpis of 'ours' returned a Text where a Kpi is expected"),
        (None, "cpm_kpis of 'ours' returned nothing"),
        (mine, "cpm_kpis of 'ours' returned one Kpi, not a list"),
    ],
    ids=["text", "other", "nothing", "one"],
)
def test_the_wrong_type(items, words):
    (found,) = problems(plugin("ours", cpm_kpis=items))
    assert found.what.startswith(words)
    assert "books.py:" in found.where, "the line of the hook"


def test_a_hook_that_raises():
    @hookimpl
    def cpm_kpis():
        raise ValueError("no table today")

    (found,) = problems(of_functions("ours", cpm_kpis=cpm_kpis))
    assert found.what == "cpm_kpis of 'ours' raised ValueError: no table today"


def test_a_kpi_on_a_table_that_nobody_provides():
    @kpi(table="order", at="ordered_at", unit="count", better="higher", title={"en": "Lost", "zh": "丢失"})
    def lost(order):
        return Total(order.order_id.notnull())

    (found,) = problems(plugin("ours", cpm_kpis=[lost]))
    assert "'lost' of 'ours' is on table 'order', which nobody provides" in found.what
    assert found.nearest[0] == "orders"


def test_all_is_told_at_once():
    found = problems(plugin("first", cpm_kpis=[mine, "x"]), plugin("second", cpm_kpis=[mine], cpm_sources=[mine]))
    assert len(found) == 3


def test_a_kpi_in_one_language_is_refused_where_it_is_written():
    with pytest.raises(ValueError, match="'zh' is missing"):
        kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Half"})(lambda orders: None)


def test_a_kpi_on_a_table_needs_its_dating_column():
    with pytest.raises(ValueError, match="'table' and 'at' go together"):
        kpi(table="orders", unit="count", better="higher", title={"en": "Half", "zh": "半"})(lambda orders: None)
