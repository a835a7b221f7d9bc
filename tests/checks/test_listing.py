from __future__ import annotations

import json

import pytest

from cpm_core.checks.listing import list_kpis
from cpm_core.model.errors import CpmError, ParamsError

PLUGIN = '''
"""KPIs of one team."""
from cpm_core.api import Derived, Frame, Text, Total, hookimpl, kpi

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


@kpi(table="orders", at="ordered_at", unit="money", better="higher", title={"en": "Median total", "zh": "金额中位数"})
def median_total(orders):
    """The median amount."""
    return Frame(lambda rows: rows.amount.median(), [orders.amount])


@hookimpl
def cpm_kpis():
    return [parcels, part, parcels_an_order, median_total]
'''
PARAMS = """\
as_of: 2024-03-31
sources:
  - use: files
    tables:
      orders:
        path: ../data/orders.csv
        columns:
          amount: total


"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with a plugin, params files and a working folder below it."""
    for name in ("params", "plugins", "notebooks"):
        (tmp_path / name).mkdir()
    (tmp_path / "plugins" / "ours.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "data").mkdir()
    rows = "order_id,customer_id,ordered_at,total,kind\n1,a,2024-01-05,10.00,sale\n"
    (tmp_path / "data" / "orders.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "params" / "shop.yaml").write_text(PARAMS + "kpis: [revenue]\n", encoding="utf-8")
    (tmp_path / "params" / "chinese.yaml").write_text(PARAMS + "locale: zh\n", encoding="utf-8")
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


def cells(text):
    """The rows of a printed table, without blanks."""
    return [tuple(part.strip() for part in line.strip("│").split("│")) for line in text.splitlines() if "│" in line]


def test_kpis_stand_under_their_chapters(home, capsys):
    names = [row[0] for row in cells(printed(capsys, list_kpis, None, False))]
    assert names.index("Sales") < names.index("revenue") < names.index("Customers") < names.index("retention_rate")
    assert names.index("Service") < names.index("Other") < names.index("parcels")


def test_with_params_every_kpi_is_told_with_what_its_data_lack(home, capsys):
    rows = {row[0]: row[1:] for row in cells(printed(capsys, list_kpis, "shop", False))}
    assert rows["revenue"] == ("✓", "Revenue", "orders.ordered_at", "✓ yes", "", "builtin.kpis.sales")
    assert rows["parcels"][3:5] == ("✗ no", "column orders.quantity is not delivered")
    assert rows["parcels_an_order"][3:5] == ("✗ no", "column orders.quantity is not delivered"), "its part's reason"
    assert rows["points_liability"][4] == "table points is not delivered"
    # A KPI that the params leave out is told too, and marked.
    assert rows["csat"][:2] == ("–", "Customer satisfaction (CSAT)")
    assert rows["csat"][3:5] == ("✗ no", "table surveys is not delivered")
    assert "part" not in rows
    assert rows["median_total"][3:5] == ("✓ yes", "computed in pandas: slower")


def test_with_params_in_chinese(home, capsys):
    text = printed(capsys, list_kpis, "chinese", False)
    rows = {row[0]: row[1:] for row in cells(text)}
    assert rows["revenue"][0] == "✓"
    assert rows["csat"][0] == "–", "what cannot be measured is not shown, unless the params name it"
    assert rows["csat"][4] == "没有提供数据表 surveys"
    assert "销售" in rows
    assert "个指标中有" in text


def test_with_params_json_has_the_same_in_both_languages(home, capsys):
    records = {record["id"]: record for record in json.loads(printed(capsys, list_kpis, "shop", True))}
    assert (records["revenue"]["shown"], records["revenue"]["measurable"]) == (True, True)
    assert records["revenue"]["missing"] is None
    assert (records["csat"]["shown"], records["csat"]["measurable"]) == (False, False)
    assert records["csat"]["missing"] == {"en": "table surveys is not delivered", "zh": "没有提供数据表 surveys"}
    assert records["part"]["hidden"] is True


def test_data_that_cannot_be_read_are_told_after_the_list(home, capsys):
    (home / "data" / "orders.csv").unlink()
    with pytest.raises(CpmError, match=r"orders\.csv"):
        list_kpis("shop", False)
    assert "table orders is not delivered" in capsys.readouterr().out


def test_plugins_that_the_params_turn_off_provide_nothing(home, capsys):
    without = json.loads(printed(capsys, list_kpis, "off", True))
    assert "revenue" in [record["id"] for record in without]
    assert "parcels" not in [record["id"] for record in without]


def test_a_kpi_that_nobody_provides_is_told_with_its_line_and_the_nearest(home):
    with pytest.raises(ParamsError) as caught:
        list_kpis("wrong", False)
    (problem,) = caught.value.problems
    assert problem.what == "there is no KPI 'parcel'"
    assert problem.where == "../params/wrong.yaml:12"
    assert problem.nearest[0] == "parcels"
