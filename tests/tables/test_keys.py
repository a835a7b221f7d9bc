"""Rows that come more than once, rows that belong to nobody, lines that take their order's time."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from cpm_core.tables import rejects
from tests.books import book, given_source, grid

HEADER = "order_id customer_id ordered_at amount kind\n"


@pytest.fixture
def prepared(request):
    def prepare(tables, **params):
        made = book(tables, **{"as_of": "2024-12-31", **params})
        request.addfinalizer(made.close)
        return made.prepare()

    return prepare


def kept(prepared, table="orders"):
    return pd.read_parquet(prepared.parquet(table))


def test_equal_rows_are_one(prepared):
    found = prepared({"orders": HEADER + "1 a 2024-01-01 5 sale\n" * 3 + "1 a 2024-01-01 -5 return\n"})
    assert sorted(kept(found)["kind"]) == ["return", "sale"], "an order and its return have one id"
    assert dict(found.tables["orders"].rejected) == {rejects.DUPLICATE: 2}


def test_equal_rows_are_one_whatever_their_empty_cells(prepared):
    orders = """
    order_id customer_id ordered_at amount kind channel category
    1        a           2024-01-01 5      sale -       web
    1        a           2024-01-01 5      sale -       web
    2        a           2024-01-01 5      sale web     -
    2        a           2024-01-01 5      sale -       web
    """
    found = prepared({"orders": orders})
    assert dict(found.tables["orders"].rejected) == {rejects.DUPLICATE: 1, rejects.CONFLICT: 1}


def test_the_last_update_wins(prepared):
    orders = """
    order_id customer_id ordered_at amount kind updated_at
    1        a           2024-03-01 1      sale 2024-03-01
    1        a           2024-01-01 2      sale 2024-03-02
    1        a           2024-04-01 3      sale -
    """
    found = prepared({"orders": orders})
    assert kept(found)["amount"].astype(float).tolist() == [2]
    assert dict(found.tables["orders"].rejected) == {rejects.CONFLICT: 2}


def test_then_the_latest_time_then_all_columns(prepared):
    orders = f"""{HEADER}
    time a 2024-01-01 9 sale
    time a 2024-01-02 1 sale
    cols a 2024-01-01 1 sale
    cols a 2024-01-01 2 sale
    cust a 2024-01-01 5 sale
    cust b 2024-01-01 1 sale
    """
    found = kept(prepared({"orders": orders})).set_index("order_id")
    assert found["amount"].astype(float).to_dict() == {"time": 1, "cols": 2, "cust": 1}
    assert found.loc["cust", "customer_id"] == "b", "columns in the order of the spec: the customer before the amount"


@pytest.mark.parametrize("backwards", [False, True])
def test_rows_that_differ_in_an_attribute_only_do_not_depend_on_their_order(prepared, backwards):
    rows = [f"{i} a 2024-01-01 1 sale {store}" for i in range(20) for store in ("north", "south")]
    text = "\n".join(rows[::-1] if backwards else rows)
    found = prepared({"orders": f"order_id customer_id ordered_at amount kind store\n{text}"})
    assert set(kept(found)["store"]) == {"south"}
    assert dict(found.tables["orders"].rejected) == {rejects.CONFLICT: 20}


def test_a_version_after_the_as_of_day_does_not_exist(prepared):
    orders = f"{HEADER}1 a 2024-01-01 1 sale\n1 a 2024-03-01 2 sale"
    found = prepared({"orders": orders}, as_of="2024-01-31")
    assert kept(found)["amount"].astype(float).tolist() == [1]
    assert (found.tables["orders"].not_yet, dict(found.tables["orders"].rejected)) == (1, {})


def test_a_refused_version_does_not_win(prepared):
    found = prepared({"orders": f"{HEADER}1 a 2024-01-01 1 sale\n1 a 2024-03-01 abc sale"})
    assert kept(found)["amount"].astype(float).tolist() == [1]


def test_the_same_row_of_two_sources_is_a_duplicate(request):
    orders = {"orders": f"{HEADER}1 a 2024-01-01 5 sale\n2 a 2024-01-01 5 sale"}
    again = {"orders": f"{HEADER}2 a 2024-01-01 5 sale\n3 a 2024-01-01 5 sale"}
    made = book(sources=[given_source(orders, name="shop"), given_source(again, name="till")], as_of="2024-01-31")
    request.addfinalizer(made.close)
    stats = made.prepare().tables["orders"]
    assert (stats.delivered, stats.kept, dict(stats.rejected)) == (4, 3, {rejects.DUPLICATE: 1})
    assert stats.sources == ("shop", "till")


def test_two_sources_need_not_give_the_same_columns(request):
    shop = {"orders": f"{HEADER[:-1]} channel\n1 a 2024-01-01 5 sale web"}
    till = {"orders": f"{HEADER[:-1]} store\n2 a 2024-01-01 5 sale 007"}
    made = book(sources=[given_source(shop, name="shop"), given_source(till, name="till")], as_of="2024-01-31")
    request.addfinalizer(made.close)
    found = kept(made.prepare()).set_index("order_id")
    assert found.loc["1", "channel"] == "web"
    assert found.loc["2", "store"] == "007"
    assert pd.isna(found.loc["1", "store"])


def test_customers_are_those_that_others_name_where_there_is_no_table(prepared):
    tickets = "ticket_id customer_id opened_at\n1 b 2024-01-01\n2 c 2025-01-01"
    found = prepared({"orders": f"{HEADER}1 a 2024-01-01 5 sale\n2 - 2024-01-01 5 sale", "tickets": tickets})
    assert kept(found, "customers")["customer_id"].tolist() == ["a", "b"]


LINES = """
order_id line_no product_id amount
1        1       x          5
1        2       x          5
1        2       x          5
2        1       y          7
9        1       z          1
3        1       y          1
4        1       y          1
"""
ORDERS = f"""{HEADER}
1 a 2024-01-10T10:00 10  sale
2 a 2024-02-10T10:00 7   sale
3 a 2024-01-10T10:00 abc sale
4 a 2023-12-31T10:00 1   sale
"""


def test_lines_take_their_orders_time(prepared):
    found = prepared(
        {"orders": ORDERS, "order_lines": LINES}, as_of="2024-01-31", since="2024-01-01", timezone="Europe/Berlin"
    )
    lines = kept(found, "order_lines")
    assert lines[["order_id", "line_no"]].to_numpy().tolist() == [["1", 1], ["1", 2]]
    assert set(lines["ordered_at"].astype(str)) == {"2024-01-10 10:00:00"}
    assert set(lines["ordered_at_utc"].astype(str)) == {"2024-01-10 09:00:00"}
    stats = found.tables["order_lines"]
    assert (stats.not_yet, stats.before_since) == (1, 1), "the lines of orders 2 and 4"
    # 9 has no order, and that of 3 was refused.
    assert dict(stats.rejected) == {rejects.DUPLICATE: 1, rejects.UNKNOWN_PARENT: 2}
    assert (stats.first_day, stats.last_day) == (date(2024, 1, 10), date(2024, 1, 10))


def test_lines_with_a_time_of_their_own_keep_it(prepared):
    lines = "order_id line_no amount ordered_at\n1 1 10 2024-01-11"
    found = prepared({"orders": ORDERS, "order_lines": lines}, as_of="2024-01-31")
    assert str(kept(found, "order_lines")["ordered_at"].iloc[0]) == "2024-01-11 00:00:00"


def test_lines_without_orders_are_kept(prepared):
    lines = "order_id line_no amount ordered_at customer_id\n1 1 10 2024-01-11 a"
    found = prepared({"order_lines": lines}, as_of="2024-01-31")
    assert found.tables["order_lines"].kept == 1


def test_many_rows_of_one_key_need_no_memory_of_all_pairs(prepared):
    # A join of the repeated rows with themselves would have 400 million rows.
    rows = 20_000
    table = pa.table(
        {
            "order_id": ["1"] * rows,
            "customer_id": ["a"] * rows,
            "ordered_at": ["2024-01-01"] * rows,
            "amount": ["1"] * rows,
            "kind": ["sale"] * rows,
        }
    )
    assert table.schema.names == grid(f"{HEADER}").schema.names
    assert prepared({"orders": table}).tables["orders"].kept == 1
