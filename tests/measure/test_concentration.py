"""Concentration: published values, ranks within the member, and rows that add up."""

import math
from pathlib import Path

import pandas as pd
import pytest

from cpm_core.api import Concentration, kpi
from tests.books import book, fact, plugin

GOLDEN = Path(__file__).parent.parent / "golden"
TITLE = {"en": "Of the test", "zh": "测试用"}
NOVEMBER = "2024-11"


@kpi(title=TITLE, unit="number", better="neither", table="orders", at="ordered_at")
def gini(orders):
    return Concentration(orders.amount, orders.order_id, "gini", where=orders.kind == "sale")


@kpi(title=TITLE, unit="percent", better="neither", table="orders", at="ordered_at")
def top(orders):
    return Concentration(orders.amount, orders.order_id, "top")


@kpi(title=TITLE, unit="percent", better="neither", table="orders", at="ordered_at")
def top_7_percent(orders):
    return Concentration(orders.amount, orders.order_id, "top", share=0.07)


KPIS = (gini, top, top_7_percent)
# Two sales of d are alike; e is worth nothing, f is a return, and the last one is of December.
ORDERS = """
order_id customer_id ordered_at amount kind   channel
a        c           2024-11-01 10.10  sale   web
b        c           2024-11-02 20.20  sale   web
c        c           2024-11-30 30.30  sale   web
d1       c           2024-11-04 40.40  sale   shop
d2       c           2024-11-05 40.40  sale   shop
e        c           2024-11-06 0      sale   shop
f        c           2024-11-07 -99    return post
g        c           2024-12-01 70.70  sale   web
"""


def made(orders=ORDERS, **params):
    return book(
        {"orders": orders},
        plugins=[plugin("test_kpis", cpm_kpis=KPIS)],
        kpis=[one.id for one in KPIS],
        **{"as_of": "2024-12-31", "history": 2, "slices": ["orders.channel"], **params},
    )


@pytest.fixture(scope="module")
def small():
    found = made()
    yield found
    found.close()


def parts(frame, name, member="", period=NOVEMBER):
    found = fact(frame, name, period, "orders.channel" if member else "", member)
    return found["numerator"], found["denominator"], found["n"]


def test_gini_of_published_incomes():
    table = pd.read_csv(GOLDEN / "gini.csv", comment="#")
    rows = "\n".join(f"{i} c 2024-11-01 {x} sale -" for i, x in enumerate(table["income"]))
    with_header = f"order_id customer_id ordered_at amount kind channel\n{rows}"
    found = fact(made(with_header).facts(), "gini", NOVEMBER)
    assert round(found["value"], 5) == 0.46209


def test_gini_by_hand(small):
    # 10.1 times (1, 2, 3, 4, 4), weights 2 i - 6 = -4 -2 0 2 4: -4 - 4 + 0 + 8 + 16 = 16 of 5 * 14.
    assert parts(small.facts(), "gini") == (161.6, 707.0, 5)
    found = fact(small.facts(), "gini", NOVEMBER)
    assert found["value"] == pytest.approx(16 / 70, rel=1e-15)
    assert (found["state"], math.isnan(found["low"]), math.isnan(found["high"])) == ("ok", True, True)


def test_the_top_fifth_by_hand(small):
    # The top 20 % of 5 is one, 40.40 of 141.40.
    assert parts(small.facts(), "top") == (40.4, 141.4, 5)


def test_ranks_are_those_within_the_member(small):
    frame = small.facts()
    # web 1 2 3: weights -2 0 2, so 4 of 3 * 6; shop 4 4: -1 and 1, so 0 of 2 * 8. Their tops: 3 of 6, 4 of 8.
    assert parts(frame, "gini", "web") == (40.4, 181.8, 3)
    assert parts(frame, "gini", "shop") == (0, 161.6, 2)
    assert parts(frame, "top", "web") == (30.3, 60.6, 3)
    assert parts(frame, "top", "shop") == (40.4, 80.8, 2)
    assert fact(frame, "top", NOVEMBER, "orders.channel", "shop")["state"] == "few"


def test_nobody_above_zero_is_undefined(small):
    post = fact(small.facts(), "top", NOVEMBER, "orders.channel", "post")
    assert (post["state"], post["reason"], post["n"]) == ("undefined", "nothing to divide by", 0)
    assert math.isnan(post["value"])


def test_a_share_of_a_whole_number_is_not_rounded_up():
    # 0.07 * 100 is 7.000000000000001 in floats; the top 7 % of 100 are 7, 100 + 99 + … + 94 = 679 of 5050.
    rows = "\n".join(f"{i} c 2024-11-01 {i} sale -" for i in range(1, 101))
    frame = made(f"order_id customer_id ordered_at amount kind channel\n{rows}").facts()
    assert parts(frame, "top_7_percent") == (679, 5050, 100)


@pytest.mark.parametrize("name", [one.id for one in KPIS])
def test_rows_add_up(small, name):
    frame = small.facts()
    rows = small.rows(name, NOVEMBER)
    assert (rows["numerator"].sum(), rows["denominator"].sum(), len(rows)) == pytest.approx(parts(frame, name))
    for member in ("web", "shop"):
        rows = small.rows(name, NOVEMBER, slice="orders.channel", member=member)
        sums = rows["numerator"].sum(), rows["denominator"].sum(), len(rows)
        assert sums == pytest.approx(parts(frame, name, member))


def test_equal_rows_are_ranked_by_id(small):
    rows = small.rows("top", NOVEMBER).set_index("order_id")
    assert rows["numerator"].to_dict() == {"a": 0, "b": 0, "c": 0, "d1": 40.4, "d2": 0}


def test_sums_are_exact():
    # As floats the weights of such amounts are off in the sixteenth digit of the numerator.
    amounts = ["0.01", "99999999999.99", "99999999999.97", "0.07"]
    rows = "\n".join(f"{i} c 2024-11-01 {x} sale -" for i, x in enumerate(amounts))
    frame = made(f"order_id customer_id ordered_at amount kind channel\n{rows}").facts()
    # -3 * .01 - 1 * .07 + 1 * 99999999999.97 + 3 * 99999999999.99 = 399999999999.84, of 4 * 200000000000.04
    assert parts(frame, "gini") == (399999999999.84, 800000000000.16, 4)
