"""Rows of each day by source, and how often a column is empty, counted by hand."""

from datetime import date

import pytest

from cpm_core.tables.prepared import DAYS, Prepared
from tests.books import book, given_source

WEB = """
order_id customer_id ordered_at          amount kind   channel category updated_at
1        a           2024-01-28          1      sale   web     -        2024-02-01
2        a           2024-01-29T10:00:00 1      sale   -       x        2024-02-01
3        b           2024-01-29T23:30:00 1      sale   -       x        2024-02-01
3        b           2024-01-29T23:30:00 1      sale   -       x        2024-02-01
4        b           2024-01-31          -1     sale   web     x        2024-02-01
5        b           2024-02-01          1      sale   web     x        2024-02-01
"""
SHOP = """
order_id customer_id ordered_at amount kind channel
6        a           2021-06-01 1      sale shop
7        a           2023-12-31 1      sale -
8        a           2024-01-31 1      sale shop
"""
CUSTOMERS = """
customer_id created_at region
a           2024-01-30 -
b           2024-01-30 North
"""


@pytest.fixture(scope="module")
def prepared():
    sources = [
        given_source({"orders": WEB, "customers": CUSTOMERS}, name="web"),
        given_source({"orders": SHOP}, name="shop"),
    ]
    made = book(sources=sources, as_of="2024-01-31")
    yield made.prepare()
    made.close()


def test_rows_a_day_by_source_to_the_as_of_day(prepared):
    orders = prepared.tables["orders"]
    # A copy, a sale below zero and a row after the as-of day are none of the web's.
    assert orders.daily["web"] == (1, 2, 0, 0)
    # The shop's first day lies further back than days are told: 800 of them, of which two have a row.
    shop = orders.daily["shop"]
    assert len(shop) == DAYS
    assert sum(shop) == 2
    assert shop[-1] == shop[-32] == 1
    assert (orders.as_of, orders.event) == (date(2024, 1, 31), True)
    assert (orders.first_day, orders.last_day) == (date(2021, 6, 1), date(2024, 1, 31))


def test_recent_rows_and_empty_cells(prepared):
    orders = prepared.tables["orders"]
    # Recent is from 2024-01-04 on: orders 1, 2, 3 and 8; before are 6 and 7.
    assert orders.rows == (4, 2)
    assert orders.empty == {"channel": (2, 1), "category": (2, 2), "updated_at": (1, 2)}


def test_tables_that_last_have_days_and_no_empty_cells(prepared):
    customers = prepared.tables["customers"]
    assert not customers.event
    assert customers.daily == {"web": (2, 0)}
    assert customers.empty == {}


def test_the_manifest_keeps_them(prepared):
    assert Prepared.load(prepared.folder).tables == prepared.tables
