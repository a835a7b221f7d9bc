"""What a figure tells aside: a sum or a share over all its rows, in the reader's words."""

import math

import pytest

from cpm_core.api import Aside, Mean, Ratio, Text, kpi
from tests.books import book, fact, plugin

TITLE = {"en": "Of the test", "zh": "测试用"}
OPEN = Text(en="{value} orders without a cost", zh="{value} 个订单没有成本")
COVERED = Text(en="{share} of the amount has a cost", zh="{share} 的金额有成本")


@kpi(title=TITLE, unit="percent", better="higher", table="orders", at="ordered_at")
def with_a_share(orders):
    costed = orders.cost.notnull().ifelse(orders.amount, 0)
    aside = Aside(costed, COVERED, of=orders.amount, at_least=0.75)
    return Ratio(orders.amount - orders.cost, orders.amount, aside=aside)


@kpi(title=TITLE, unit="number", better="higher", table="orders", at="ordered_at")
def with_a_sum(orders):
    return Mean(orders.cost, aside=Aside(orders.cost.isnull(), OPEN))


# January: 75 of 100 has a cost; February: 70 of 100, of which 10 on the web; March: all of nothing but a null amount.
ORDERS = """
order_id customer_id ordered_at amount cost kind channel
1        a           2024-01-10 50     30   sale web
2        a           2024-01-11 25     20   sale shop
3        a           2024-01-12 25     -    sale web
4        a           2024-02-10 60     30   sale shop
5        a           2024-02-11 10     2    sale web
6        a           2024-02-12 30     -    sale web
7        a           2024-03-01 0      -    sale web
"""


def measured(**params):
    made = book(
        {"orders": ORDERS},
        plugins=[plugin("test_kpis", cpm_kpis=[with_a_share, with_a_sum])],
        kpis=["with_a_share", "with_a_sum"],
        **{"as_of": "2024-04-10", "history": 4, "slices": ["orders.channel"], "settings": {"min_n": 1}, **params},
    )
    try:
        return made.facts()
    finally:
        made.close()


@pytest.fixture(scope="module")
def frame():
    return measured()


def test_a_share_is_told_although_all_is_well(frame):
    # 50 + 25 of 50 + 25 + 25; the figure itself is of the rows with a cost, (20 + 5) / 75.
    january = fact(frame, "with_a_share", "2024-01")
    assert (january["state"], january["reason"]) == ("ok", "75.0% of the amount has a cost")
    assert (january["numerator"], january["denominator"], january["n"]) == (25, 75, 2)


def test_too_small_a_share_leaves_no_figure_but_its_parts(frame):
    # 70 of 100 is below .75.
    february = fact(frame, "with_a_share", "2024-02")
    assert (february["state"], february["reason"]) == ("no data", "70.0% of the amount has a cost")
    assert math.isnan(february["value"])
    assert math.isnan(february["low"])
    assert (february["numerator"], february["denominator"]) == (38, 70)


def test_each_member_has_its_own(frame):
    shop = fact(frame, "with_a_share", "2024-02", "orders.channel", "shop")
    web = fact(frame, "with_a_share", "2024-02", "orders.channel", "web")
    assert (shop["value"], shop["state"], shop["reason"]) == (0.5, "ok", "100.0% of the amount has a cost")
    assert (web["state"], web["reason"]) == ("no data", "25.0% of the amount has a cost")
    # In January 50 of the web's 75 have one.
    assert fact(frame, "with_a_share", "2024-01", "orders.channel", "web")["reason"].startswith("66.7%")


def test_no_share_of_nothing(frame):
    march = fact(frame, "with_a_share", "2024-03")
    assert (march["state"], march["reason"]) == ("undefined", "nothing to divide by")


def test_a_sum_is_told_unless_it_is_nothing(frame):
    assert fact(frame, "with_a_sum", "2024-01")["reason"] == "1 orders without a cost"
    assert fact(frame, "with_a_sum", "2024-02", "orders.channel", "shop")["reason"] == ""
    march = fact(frame, "with_a_sum", "2024-03")
    assert (march["state"], march["reason"]) == ("undefined", "nothing to divide by; 1 orders without a cost")


def test_it_stands_beside_the_other_reasons(frame):
    april = fact(frame, "with_a_share", "2024-04")
    assert april["reason"] == "nothing to divide by; the period is not over on 2024-04-10"


def test_in_chinese():
    found = fact(measured(locale="zh", slices=[]), "with_a_sum", "2024-03")
    assert found["reason"] == "分母为零；1 个订单没有成本"


def test_one_query_a_slice_gives_the_same(frame, monkeypatch):
    monkeypatch.setattr("cpm_core.measure.fused.MOST_GROUPS", 0)
    assert measured()["reason"].tolist() == frame["reason"].tolist()
