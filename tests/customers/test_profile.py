"""Columns that plugins add to the customer profile, and checks on tables."""

from __future__ import annotations

import textwrap

import pytest

import cpm_core as cpm
from cpm_core.model.errors import DataError, PluginError

ORDERS = """order_id,customer_id,ordered_at,amount,kind
1,A,2024-01-05,10,sale
2,A,2024-02-05,30,sale
3,B,2024-02-06,7,sale
"""
PARAMS = """
as_of: 2024-02-29
sources: [{use: files, tables: {orders: {path: ../orders.csv}}}]
"""
COLUMN = """
from cpm_core.api import Check, ProfileColumn, Text, hookimpl

def largest(orders):
    return orders.group_by("customer_id").aggregate(largest_order=orders.amount.max())

def opinion(surveys):
    return surveys.group_by("customer_id").aggregate(opinion=surveys.score.mean())

@hookimpl
def cpm_profile_columns():
    return [
        ProfileColumn("largest_order", Text(en="Largest order", zh="最大订单"), largest),
        ProfileColumn("opinion", Text(en="Opinion", zh="评价"), opinion),
    ]
"""
CHECK = """
from cpm_core.api import Check, Text, hookimpl

def few(stats):
    return Text(en=f"{stats.kept} rows", zh=f"只有 {stats.kept} 行") if stats.kept < 5 else None

@hookimpl
def cpm_checks():
    return [Check("few_orders", Text(en="Too few orders", zh="订单太少"), "orders", few, level="LEVEL")]
"""


@pytest.fixture
def home(tmp_path):
    for folder in ("params", "plugins"):
        (tmp_path / folder).mkdir()
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "params" / "own.yaml").write_text(textwrap.dedent(PARAMS), encoding="utf-8")
    return tmp_path


def opened(home, code, **keywords):
    (home / "plugins" / "team.py").write_text(code, encoding="utf-8")
    return cpm.open(home / "params" / "own.yaml", **keywords)


def test_a_plugins_column_stands_in_the_profile_and_one_without_its_table_does_not(home) -> None:
    customers = opened(home, COLUMN).customers().set_index("customer_id")
    assert customers["largest_order"].to_dict() == {"A": 30.0, "B": 7.0}
    assert "opinion" not in customers
    assert customers.loc["A", "tier"] == "VIP"  # the profile's own columns are there as well


def test_a_column_of_another_name_than_its_id_is_told(home) -> None:
    code = COLUMN.replace("aggregate(largest_order=", "aggregate(biggest=")
    with pytest.raises(
        PluginError,
        match=r"largest_order of plugin team \(.*team.py:13\): gave the columns customer_id, biggest",
    ):
        opened(home, code).customers()
    tolerant = opened(home, code, strict=False)
    assert "largest_order" not in tolerant.customers()
    assert [problem.what for problem in tolerant.degraded()] == ["gave the columns customer_id, biggest"]


def test_a_check_warns_in_the_report_in_its_language(home) -> None:
    code = CHECK.replace("LEVEL", "warn")
    assert opened(home, code).warnings() == ["Too few orders (orders): 3 rows"]
    notes = opened(home, code, locale="zh").report_data().notes
    assert notes[0] == "订单太少（orders）：只有 3 行"


def test_a_check_stops_the_run(home) -> None:
    with pytest.raises(DataError, match=r"Too few orders \(orders\): 3 rows"):
        opened(home, CHECK.replace("LEVEL", "stop")).facts()


def test_a_check_on_no_table_is_told_at_load(home) -> None:
    with pytest.raises(PluginError, match="nearest: orders"):
        opened(home, CHECK.replace('"orders"', '"order"'))
