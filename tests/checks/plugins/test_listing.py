from __future__ import annotations

import json

import pytest

from cpm_core.checks.plugins.listing import KINDS, list_plugins, show_plugin
from cpm_core.checks.scaffold.write import new_plugin
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import UsageError

MISSPELT = '''
"""Two mistakes at once."""
from cpm_core.api import hookimpl


@hookimpl
def cpm_kpi():
    return []


def cpm_sources():
    return []
'''
REPLACES = '''
"""Revenue of our own."""
from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="money", better="higher", title={"en": "Ours", "zh": "自有"},
     replaces="builtin.kpis.sales")
def revenue(orders):
    """Every amount."""
    return Total(orders.amount)


@hookimpl
def cpm_kpis():
    return [revenue]
'''
PARAMS = "as_of: 2024-03-31\nsources: [{use: demo}]\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project of good, broken and disabled plugins, seen from a folder within."""
    for name in ("params", "plugins", "notebooks"):
        (tmp_path / name).mkdir()
    new_plugin("table", "second_orders", tmp_path / "plugins")
    (tmp_path / "plugins" / "misspelt.py").write_text(MISSPELT, encoding="utf-8")
    (tmp_path / "plugins" / "ours.py").write_text(REPLACES, encoding="utf-8")
    (tmp_path / "plugins" / "absent.py").write_text("import no_such_package\n", encoding="utf-8")
    (tmp_path / "params" / "off.yaml").write_text(PARAMS + "plugins: {disable: [ours]}\n", encoding="utf-8")
    (tmp_path / "params" / "strict.yaml").write_text(PARAMS + "strict: true\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "notebooks")
    monkeypatch.setenv("CPM_STRICT", "1")  # what is looked at is listed, however broken
    return tmp_path


def printed(capsys, of, *given):
    assert of(*given) == 0
    return capsys.readouterr().out


def rows(text):
    """The cells of a printed table by the plugin's name."""
    found = [[part.strip() for part in line.strip("│").split("│")] for line in text.splitlines() if "│" in line]
    return {row[1]: row for row in found}


def test_loaded_broken_and_disabled_plugins_stand_in_one_list(home, capsys):
    text = printed(capsys, list_plugins, "off", False)
    found = rows(text)
    assert found["second_orders"] == ["✓", "second_orders", "folder", "1.0.0", "1 derived table, 1 KPI"]
    assert found["builtin.kpis.sales"][:3] == ["✓", "builtin.kpis.sales", "built-in"]
    assert found["ours"] == ["–", "ours", "", "", "turned off"]
    assert found["misspelt"][0] == "✗"
    assert "there is no hook 'cpm_kpi'" in found["misspelt"][4]
    assert "plugins/misspelt.py:7" in found["misspelt"][4]
    assert "no_such_package" in found["absent"][4]
    assert "cpm plugins info NAME" in text


def test_what_is_replaced_is_told(home, capsys):
    assert "KPI revenue of ours replaces builtin.kpis.sales" in printed(capsys, list_plugins, None, False)


def test_as_json(home, capsys):
    told = json.loads(printed(capsys, list_plugins, "off", True))
    assert set(told) == {"loaded", "quarantined", "disabled", "replaced"}
    loaded = {one["name"]: one for one in told["loaded"]}
    assert loaded["second_orders"]["provides"] == {"derived": ["second_orders"], "kpis": ["second_orders_days"]}
    assert loaded["second_orders"]["api"] == 1
    assert told["disabled"] == ["ours"]
    assert {one["name"]: len(one["problems"]) for one in told["quarantined"]} == {"absent": 1, "misspelt": 2}
    replaced = json.loads(printed(capsys, list_plugins, None, True))["replaced"]
    assert replaced == [{"kind": "KPI", "id": "revenue", "provider": "ours", "of": "builtin.kpis.sales"}]


def test_the_list_works_though_the_params_are_strict(home, capsys):
    assert rows(printed(capsys, list_plugins, "strict", False))["misspelt"][0] == "✗"


def test_every_contribution_of_one_plugin_is_shown(home, capsys):
    text = printed(capsys, show_plugin, "second_orders", None, False)
    for words in ("second_orders 1.0.0 (folder, API 1)", "Second orders", "客户的第二次购买", "second_orders_days"):
        assert words in text
    assert "second_orders.second_at, days, better lower: Mean days from the first" in text


def test_one_plugin_as_json(home, capsys):
    told = json.loads(printed(capsys, show_plugin, "second_orders", None, True))
    table, kpi = told["contributions"]
    assert (table["kind"], table["key"], table["at"]) == ("derived table", ["customer_id"], "second_at")
    assert (kpi["kind"], kpi["id"], kpi["unit"]) == ("KPI", "second_orders_days", "days")
    assert kpi["where"].startswith(str(home / "plugins" / "second_orders.py") + ":")


def test_of_a_broken_plugin_all_that_is_wrong_is_shown(home, capsys):
    text = printed(capsys, show_plugin, "misspelt", None, False)
    assert "is quarantined" in text
    assert "nearest: cpm_kpis" in text
    assert "cpm_sources is not marked" in text
    assert "where: ../plugins/misspelt.py:7" in text
    problems = json.loads(printed(capsys, show_plugin, "misspelt", None, True))["problems"]
    assert len(problems) == 2


@pytest.mark.parametrize(("wrong", "near"), [("secnd_orders", "second_orders"), ("sales", "builtin.kpis.sales")])
def test_a_plugin_that_there_is_not_is_told_with_the_nearest(home, wrong, near):
    with pytest.raises(UsageError) as caught:
        show_plugin(wrong, None, False)
    assert caught.value.problems[0].nearest[0] == near


def test_a_plugin_that_is_turned_off_is_said_to_be(home):
    with pytest.raises(UsageError, match="'ours' is turned off"):
        show_plugin("ours", "off", False)


def test_every_kind_of_the_registry_is_listed():
    kinds = {name for name, value in vars(Registry([], strict=True)).items() if value == {}}
    assert kinds == set(KINDS)
