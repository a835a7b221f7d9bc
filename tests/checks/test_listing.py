from __future__ import annotations

import json

import pytest

from cpm_core.checks.listing import list_kpis, list_plugins, show_plugin
from cpm_core.model.errors import ParamsError, UsageError

PLUGIN = '''
"""KPIs of one team."""
from cpm_core.api import Derived, Text, Total, hookimpl, kpi

__version__ = "1.2"


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Parcels [all]", "zh": "包裹数"})
def parcels(orders):
    """Number of parcels."""
    return Total(orders.quantity)


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Hidden", "zh": "隐"}, hidden=True)
def part(orders):
    return Total(orders.quantity)


@kpi(unit="number", better="lower", title={"en": "Parcels an order", "zh": "每单包裹数"})
def parcels_an_order(parcels, orders):
    return Derived(parcels, orders)


@hookimpl
def cpm_kpis():
    return [parcels, part, parcels_an_order]
'''
PARAMS = "as_of: 2011-11-30\nsources: [{use: demo}]\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with a plugin, params files and a working folder below it."""
    for name in ("params", "plugins", "notebooks"):
        (tmp_path / name).mkdir()
    (tmp_path / "plugins" / "ours.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "params" / "some.yaml").write_text(PARAMS + "kpis: [parcels, revenue]\n", encoding="utf-8")
    (tmp_path / "params" / "off.yaml").write_text(PARAMS + "plugins: {disable: [ours]}\n", encoding="utf-8")
    (tmp_path / "params" / "wrong.yaml").write_text(PARAMS + "kpis: [revenue,\n parcel]\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "notebooks")
    return tmp_path


def printed(capsys, of, *given):
    assert of(*given) == 0
    return capsys.readouterr().out


def test_kpis_are_listed_with_the_plugins_beside_params_but_not_the_hidden_ones(home, capsys):
    lines = printed(capsys, list_kpis, None, False).splitlines()
    cells = {tuple(part.strip() for part in line.strip("│").split("│")) for line in lines if "│" in line}
    assert ("parcels", "Parcels [all]", "count", "higher", "orders.ordered_at", "ours") in cells
    assert ("parcels_an_order", "Parcels an order", "number", "lower", "KPIs parcels, orders", "ours") in cells
    assert ("revenue", "Revenue", "money", "higher", "orders.ordered_at", "builtin.kpis.sales") in cells
    assert not any(row[0] == "part" for row in cells)


def test_json_tells_everything_of_every_kpi_hidden_ones_too(home, capsys):
    records = {record["id"]: record for record in json.loads(printed(capsys, list_kpis, None, True))}
    assert records["part"]["hidden"] is True
    assert records["parcels_an_order"]["derived_from"] == ["parcels", "orders"]
    expected = {
        "title": {"en": "Parcels [all]", "zh": "包裹数"},
        "description": "Number of parcels.",
        "unit": "count",
        "better": "higher",
        "table": "orders",
        "at": "ordered_at",
        "derived_from": [],
        "provider": "ours",
        "version": "1.2",
    }
    assert {key: records["parcels"][key] for key in expected} == expected


def test_a_params_file_chooses_kpis_and_plugins(home, capsys):
    chosen = json.loads(printed(capsys, list_kpis, "some", True))
    assert [record["id"] for record in chosen] == ["parcels", "revenue"]
    without = json.loads(printed(capsys, list_kpis, "off", True))
    assert "revenue" in [record["id"] for record in without]
    assert "parcels" not in [record["id"] for record in without]


def test_a_kpi_that_nobody_provides_is_told_with_its_line_and_the_nearest(home):
    with pytest.raises(ParamsError) as caught:
        list_kpis("wrong", False)
    (problem,) = caught.value.problems
    assert problem.what == "nobody provides a KPI 'parcel'"
    assert problem.where == "../params/wrong.yaml:4"
    assert problem.nearest[0] == "parcels"


def test_plugins_are_listed_with_what_they_provide(home, capsys):
    rows = [line.split("│") for line in printed(capsys, list_plugins, None, False).splitlines() if "│" in line]
    cells = {tuple(part.strip() for part in row[1:-1]) for row in rows}
    assert ("ours", "folder", "1.2", "3 KPIs") in cells
    assert any(cell[:2] == ("builtin.kpis.sales", "built-in") for cell in cells)
    records = json.loads(printed(capsys, list_plugins, "off", True))
    assert "ours" not in [record["name"] for record in records]


def test_one_plugin_is_shown_whole(home, capsys):
    text = printed(capsys, show_plugin, "ours", None, False)
    for words in ("ours 1.2 (folder)", "parcels_an_order", "Parcels [all]", "ours.py"):
        assert words in text
    record = json.loads(printed(capsys, show_plugin, "ours", None, True))
    assert record["provides"] == {"kpis": ["parcels", "part", "parcels_an_order"]}
    assert record["file"].endswith("ours.py")


def test_a_plugin_that_there_is_not_is_told_with_the_nearest(home):
    for wrong, near in (("our", "ours"), ("sales", "builtin.kpis.sales")):
        with pytest.raises(UsageError) as caught:
            show_plugin(wrong, None, False)
        assert caught.value.problems[0].nearest[0] == near
