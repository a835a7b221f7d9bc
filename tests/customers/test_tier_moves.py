"""Who came up and who fell: worked out by hand."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cpm_core.api import AtLeast, Settings, Text, TopShare
from cpm_core.customers.hysteresis import replayed
from cpm_core.customers.tier_moves import COLUMNS, Compared
from cpm_core.model.profile import Told
from tests.books import book
from tests.customers.test_cuts import of

# As of 2024-12-31 the trailing year begins on 2024-01-02, as of 2024-11-30 on 2023-12-02.
ORDERS = """
order_id customer_id ordered_at amount kind
1  a 2023-12-15 80  sale
2  a 2024-05-01 60  sale
3  b 2024-05-01 60  sale
4  b 2024-12-05 50  sale
5  c 2023-12-20 10  sale
6  c 2024-05-01 95  sale
7  d 2024-12-10 70  sale
8  e 2024-12-10 10  sale
9  f 2023-12-10 55  sale
10 g 2024-05-01 20  sale
"""
RULE = {"rule": "thresholds", "at_least": {"VIP": "100", "key": "50"}}
EUROS = Told(Text(en="revenue", zh="净销售额"), "money")


@pytest.fixture(scope="module")
def made():
    opened = book({"orders": ORDERS}, as_of="2024-12-31", currency="EUR", tiers=RULE)
    yield opened
    opened.close()


def test_the_matrix_holds_everybody_once(made):
    moves = made.tier_moves()
    assert (moves.moves.before, moves.moves.day) == (date(2024, 11, 30), date(2024, 12, 31))
    # c has 95 of the 100 and stays; a fell to 60, f to nothing; b rose to 110; d and e are new.
    assert moves.matrix.to_dict("index") == {
        "VIP": {"VIP": 1, "key": 1, "ordinary": 0},
        "key": {"VIP": 1, "key": 0, "ordinary": 1},
        "ordinary": {"VIP": 0, "key": 0, "ordinary": 1},
        "new": {"VIP": 0, "key": 1, "ordinary": 1},
    }
    assert moves.matrix.to_numpy().sum() == len(made.customers()) == 7


def test_each_who_moved_and_why(made):
    found = made.tier_moves().customers
    assert tuple(found.columns) == COLUMNS
    assert found[["customer_id", "tier_before", "tier", "direction"]].fillna("").to_numpy().tolist() == [
        ["b", "key", "VIP", "up"],
        ["a", "VIP", "key", "down"],
        ["f", "key", "ordinary", "down"],
        ["d", "", "key", "new"],
    ]
    assert found["change"].fillna(0).tolist() == [50, -80, -55, 0]
    assert found["why"].tolist() == [
        "revenue of the trailing year rose from €60.00 to €110.00; VIP starts at €100.00",
        "revenue of the trailing year fell from €140.00 to €60.00; VIP starts at €100.00 and is kept down to €90.00",
        "revenue of the trailing year fell from €55.00 to €0.00; key starts at €50.00 and is kept down to €45.00",
        "new since then: revenue of the trailing year €70.00; key starts at €50.00",
    ]


def test_today_is_as_the_customers_say(made):
    customers = made.customers().set_index("customer_id")
    assert made.tier_moves().matrix.sum().to_dict() == customers["tier"].value_counts().to_dict()
    assert customers.loc["c", "reason"] == (
        "kept: revenue of the trailing year €95.00 is below VIP's €100.00, but within the margin of 10.0%"
    )
    assert customers.loc["c", "next_step"] == ""
    assert made.tiers()["kept"].tolist() == [1, 0, 0]
    assert made.tiers()["cut"].tolist() == [
        "from €100.00; kept down to €90.00", "from €50.00; kept down to €45.00", "all others"
    ]  # fmt: skip


def test_the_tiers_then_are_those_of_a_report_of_that_day(made):
    earlier = book({"orders": ORDERS}, as_of="2024-11-30", currency="EUR", tiers=RULE)
    then = earlier._tiering.frame(date(2024, 11, 30)).set_index("customer_id")
    earlier.close()
    ours = made._tiering.frame(date(2024, 11, 30)).set_index("customer_id").loc[then.index]
    pd.testing.assert_frame_equal(ours, then)


def test_shown_in_words_and_in_a_notebook(made):
    moves = made.tier_moves()
    assert moves.sentence == (
        "Customers who came up a tier since 30 November 2024: 1; who fell: 2. New since then and above the lowest tier: 1."
    )
    assert "b  Key → VIP  revenue" in repr(moves)
    page = moves._repr_mimebundle_()["text/html"]
    assert "Fell: 2" in page
    chinese = replace(moves, locale="zh")
    assert chinese.sentence == "自2024年11月30日以来，1位客户升级，2位客户降级。另有1位新客户高于最低等级。"
    assert "重点客户 → VIP 客户" in repr(chinese)
    assert chinese.sheet()["direction"].tolist() == ["升级", "降级", "降级", "新客户"]


def moved(then, now, cut, locale="en", before=None, **settings):
    """Why the first customer moved between two days."""
    chosen = Settings(as_of=date(2024, 12, 31), currency="EUR", **settings)
    margin, capacity = chosen.tier_margin, chosen.tier_capacity
    days = [of(*row) for row in ([before] if before else []) + [then]]
    first = replayed(days, cut, margin, capacity)
    second = replayed([*days, of(*now)], cut, margin, capacity)
    ids = pa.chunked_array([[f"c{number}" for number in range(len(now))]])
    compared = Compared(first, second, ids, np.full(len(now), True))
    return compared.moved(EUROS, chosen, locale).set_index("customer_id").loc["c0", "why"]


LIMITS, HALF = AtLeast({"VIP": 100, "key": 50}), TopShare({"VIP": 0.25, "key": 0.5})
FULL = {"tier_capacity": {"VIP": 1}}


@pytest.mark.parametrize(
    ("why", "en", "zh"),
    [
        (
            lambda locale: moved([90, 100, 1, 1], [90, 80, 1, 1], HALF, locale),
            "VIP starts lower, at €90.00 after €100.00: revenue €90.00, now €90.00",
            "VIP 客户的门槛由€100.00降至€90.00：净销售额由€90.00变为€90.00",
        ),
        (
            lambda locale: moved([90, 80, 1, 1], [91, 120, 1, 1], HALF, locale),
            "VIP starts higher, at €120.00 after €90.00: revenue €90.00, now €91.00",
            "VIP 客户的门槛由€90.00升至€120.00：净销售额由€90.00变为€91.00",
        ),
        (
            lambda locale: moved([110, 120], [110, 90], LIMITS, locale, **FULL),
            "a seat became free in VIP: revenue €110.00, now €110.00",
            "VIP 客户有名额空出：净销售额由€110.00变为€110.00",
        ),
        (
            lambda locale: moved([120, 110], [120, 150], LIMITS, locale, **FULL),
            "VIP is full, at 1: revenue €120.00, now €120.00",
            "VIP 客户名额已满（1）：净销售额由€120.00变为€120.00",
        ),
        (
            lambda locale: moved([120, 1], [None, 1], LIMITS, locale),
            "revenue fell from €120.00 to –; VIP starts at €100.00 and is kept down to €90.00",
            "净销售额由€120.00降至–；VIP 客户的门槛为€100.00，最低保留至€90.00",
        ),
        (
            lambda locale: moved([None, 1], [120, 1], LIMITS, locale),
            "revenue rose from – to €120.00; VIP starts at €100.00",
            "净销售额由–升至€120.00；VIP 客户的门槛为€100.00",
        ),
    ],
    ids=["limit fell", "limit rose", "seat", "full", "no value now", "no value then"],
)
def test_what_else_moves_a_customer(why, en, zh):
    assert (why("en"), why("zh")) == (en, zh)
