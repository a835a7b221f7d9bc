"""Ids that several plugins provide: who counts, who replaces whom, and that order does not matter."""

from dataclasses import replace
from itertools import permutations

import pytest

from cpm_core.api import Section, Text, Total, kpi
from cpm_core.hooks.discovery import find_plugins
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import PluginError
from tests.books import plugin

BUILT_IN = list(find_plugins(None))


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Mine", "zh": "我的"})
def mine(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


def instead(of):
    return replace(mine, replaces=of)


def settled(*plugins, strict=False):
    return Registry([*BUILT_IN, *plugins], strict=strict)


def out(registry):
    return {one.name: [problem.what for problem in one.problems] for one in registry.quarantined}


def test_one_that_replaces_a_built_in():
    revenue = replace(mine, id="revenue", replaces="builtin.kpis.sales")
    registry = settled(plugin("ours", cpm_kpis=[revenue]), strict=True)
    assert registry.kpis["revenue"].provider == "ours"
    assert list(map(str, registry.replaced)) == ["KPI revenue of ours replaces builtin.kpis.sales"]
    (one,) = registry.replaced
    assert (one.kind, one.id, one.provider, one.of) == ("KPI", "revenue", "ours", "builtin.kpis.sales")


def test_a_chain_of_replacements():
    plugins = [
        plugin("first", cpm_kpis=[mine]),
        plugin("second", cpm_kpis=[instead("first")]),
        plugin("third", cpm_kpis=[instead("second")]),
    ]
    for order in permutations(plugins):
        registry = settled(*order, strict=True)
        assert registry.kpis["mine"].provider == "third"
        assert [one.of for one in registry.replaced] == ["first", "second"]


def test_two_without_a_word_are_both_out():
    registry = settled(
        plugin("second", cpm_kpis=[mine]), plugin("first", cpm_kpis=[mine]), plugin("third", cpm_kpis=[])
    )
    assert "mine" not in registry.kpis
    assert set(out(registry)) == {"first", "second"}
    (told,) = {what for one in out(registry).values() for what in one}
    assert told.startswith("cpm_kpis: the id 'mine' is provided twice, by 'first' (")
    assert "third" in [one.name for one in registry.plugins]


def test_two_that_replace_the_same():
    plugins = [
        plugin(name, cpm_kpis=[instead(of)]) for name, of in [("first", ""), ("second", "first"), ("third", "first")]
    ]
    registry = settled(*plugins)
    assert set(out(registry)) == {"second", "third"}
    assert "is replaced twice, by 'second'" in out(registry)["third"][0]
    assert registry.kpis["mine"].provider == "first"
    assert registry.replaced == ()


def test_a_circle():
    registry = settled(plugin("first", cpm_kpis=[instead("second")]), plugin("second", cpm_kpis=[instead("first")]))
    assert set(out(registry)) == {"first", "second"}


def test_itself_and_twice_in_one_plugin():
    assert (
        "replaces 'first', which provides no KPI"
        in out(settled(plugin("first", cpm_kpis=[instead("first")])))["first"][0]
    )
    assert "provided twice" in out(settled(plugin("first", cpm_kpis=[mine, mine])))["first"][0]


def test_what_replaces_one_that_is_not_there_stands_alone():
    broken = plugin("other", cpm_kpis=[mine, "x"])
    registry = settled(plugin("ours", cpm_kpis=[instead("other")]), broken)
    assert set(out(registry)) == {"other"}
    assert registry.kpis["mine"].provider == "ours"
    assert registry.replaced == ()
    again = Registry([*BUILT_IN, plugin("ours", cpm_kpis=[instead("other")])], disabled=["other"])
    assert again.kpis["mine"].provider == "ours"
    assert again.disabled == ("other",)


def test_a_name_of_no_plugin():
    (told,) = settled(plugin("ours", cpm_kpis=[instead("builtin.kpi.sales")])).quarantined[0].problems
    assert told.nearest[0] == "builtin.kpis.sales"
    assert told.fix == "Take `replaces` out."


def test_who_needs_one_that_is_out_is_out_too_and_told_why():
    @kpi(unit="number", better="higher", title={"en": "Twice", "zh": "两倍"})
    def twice(mine):
        """Twice."""

    @kpi(unit="number", better="higher", title={"en": "Four", "zh": "四倍"})
    def four(twice):
        """Four times."""

    broken = plugin("a", cpm_kpis=[replace(mine, unit="pound")])
    for order in permutations([broken, plugin("b", cpm_kpis=[twice]), plugin("c", cpm_kpis=[four])]):
        found = out(settled(*order))
        assert found["b"] == [
            "KPI 'twice' of 'b' derives from the KPI 'mine', which plugin 'a' would provide, and that one is quarantined"
        ]
        assert found["c"] == [
            "KPI 'four' of 'c' derives from the KPI 'twice', which plugin 'b' would provide, and that one is quarantined"
        ]


def test_a_column_that_is_declared_with_two_types():
    one = replace(mine, columns={"promised_at": "timestamp"})
    other = replace(mine, id="other", columns={"promised_at": "string"})
    found = out(settled(plugin("b", cpm_kpis=[other]), plugin("a", cpm_kpis=[one])))
    assert set(found) == {"a", "b"}
    assert found["a"] == found["b"]
    assert found["a"][0].startswith(
        "the column 'promised_at' of the table 'orders' is declared with two types: timestamp by KPI 'mine' of 'a' ("
    )
    own = replace(mine, columns={"amount": "float64"})
    assert set(out(settled(plugin("a", cpm_kpis=[own])))) == {"a"}, "the table has it as an exact amount"


def test_a_built_in_is_never_out():
    broken = replace(BUILT_IN[0], name="builtin.broken", module=plugin("x", cpm_kpis=["x"]).module)
    with pytest.raises(PluginError, match="returned a str"):
        Registry([*BUILT_IN, broken], strict=False)


def test_the_order_in_which_plugins_are_given_does_not_matter():
    def section(name, order):
        return Section(name, Text(en=name, zh=name), lambda book: "", order)

    plugins = [
        plugin("a", cpm_kpis=[mine], cpm_report_sections=[section("late", 200), section("same", 100)]),
        plugin("b", cpm_kpis=[instead("a")], cpm_report_sections=[section("early", 100)]),
        plugin("c", cpm_kpis=["x"]),
        plugin("d", cpm_kpis=[replace(mine, id="revenue")]),
    ]
    seen = {
        (
            registry.record,
            tuple(registry.kpis),
            tuple(registry.sections),
            registry.replaced,
            tuple(out(registry).items().__repr__()),
        )
        for registry in (settled(*order) for order in permutations(plugins))
    }
    assert len(seen) == 1
