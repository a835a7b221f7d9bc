"""Customer KPIs on twelve orders that are worked out by hand, with activity of 90 days."""

import math

import pytest

from tests.books import fact, facts

# 2024-02-29 less 90 days is 2023-12-01, 2024-03-31 less 90 is 2024-01-01, less 365 is 2023-04-01.
ORDERS = """
order_id customer_id ordered_at       amount kind
1        a           2023-04-01       10     sale
2        a           2023-12-01       10     sale
3        b           2023-12-02       10     sale
4        c           2023-12-15       10     sale
5        c           2024-03-05       10     sale
6        d           2023-04-02       10     sale
7        d           2024-01-02       10     sale
8        e           2024-01-01T23:59 10     sale
9        f           2024-03-31T23:30 10     sale
10       g           2022-11-20       10     sale
11       g           2024-03-10       10     sale
12       h           2024-03-10       -10    return
"""
CUSTOMERS = """
customer_id region
a           North
b           North
c           South
d           South
e           -
f           South
g           North
h           South
z           East
"""
FEBRUARY, MARCH, APRIL = "2024-02", "2024-03", "2024-04"


@pytest.fixture(scope="module")
def frame():
    return facts(
        {"orders": ORDERS, "customers": CUSTOMERS},
        as_of="2024-04-10",
        history=18,
        slices=["region"],
        settings={"min_n": 3},
    )


def parts(frame, kpi, period, member=""):
    found = fact(frame, kpi, period, "region" if member else "", member)
    return found["numerator"], found["denominator"]


def test_retention_over_a_leap_day(frame):
    # Active on 2024-01-31, with a sale after 2023-11-02: a b c d e; a's 2023-12-01 is out on 2024-02-29.
    assert parts(frame, "retention_rate", FEBRUARY) == (4, 5)
    # Active on 2024-02-29: b c d e (a's sale is 90 days old); on 2024-03-31 too: c and d (e's is 90 days old).
    assert parts(frame, "retention_rate", MARCH) == (2, 4)
    assert fact(frame, "retention_rate", MARCH)["value"] == 0.5


def test_churn_is_the_rest(frame):
    assert parts(frame, "churn_rate", FEBRUARY) == (1, 5)
    assert parts(frame, "churn_rate", MARCH) == (2, 4)


def test_retention_of_those_due(frame):
    # Of b c d e the sale of d alone still counts on 2024-03-31; c bought in March.
    assert parts(frame, "due_retention_rate", MARCH) == (1, 3)
    assert parts(frame, "due_retention_rate", FEBRUARY) == (0, 1)
    assert fact(frame, "due_retention_rate", FEBRUARY)["state"] == "few"


def test_a_running_month_ends_on_the_as_of_day(frame):
    # Active on 2024-03-31: c d f g; with a sale after 2024-01-11: c f g.
    april = fact(frame, "retention_rate", APRIL)
    assert (april["numerator"], april["denominator"], april["complete"]) == (3, 4, False)
    assert parts(frame, "due_retention_rate", APRIL) == (0, 1)


def test_new_customers_have_their_first_sale_in_the_month(frame):
    # f alone: g bought in 2022, h only sent something back.
    assert fact(frame, "new_customers", MARCH)["value"] == 1
    assert fact(frame, "new_customers", FEBRUARY)["value"] == 0
    assert fact(frame, "new_customers", "2023-12")["value"] == 2, "b and c; a bought in April"


def test_repeat_rate_over_the_trailing_year(frame):
    # From 2023-04-02 on: a b c c d d e f g. Of a the sale of 2023-04-01 is a day too old.
    assert parts(frame, "repeat_rate", MARCH) == (2, 7)


def test_customers_who_bought_and_how_often(frame):
    assert fact(frame, "active_customers", MARCH)["value"] == 3
    assert fact(frame, "purchase_frequency", MARCH)["value"] == 1


def test_members_by_region(frame):
    # North: b was lost. South: c and d stayed. e has no region.
    assert parts(frame, "retention_rate", MARCH, "North") == (0, 1)
    assert parts(frame, "retention_rate", MARCH, "South") == (2, 2)
    assert parts(frame, "retention_rate", MARCH, "(none)") == (0, 1)
    assert "East" not in set(frame["member"]), "a customer without rows is in no figure"


@pytest.mark.parametrize("kpi", ["retention_rate", "due_retention_rate", "churn_rate"])
def test_a_look_back_that_is_not_covered_is_no_data(frame, kpi):
    # Data start on 2022-11-20. February 2023 reads from 2022-11-03, March from 2022-12-01.
    for period in ("2022-12", "2023-01", "2023-02"):
        found = fact(frame, kpi, period)
        assert math.isnan(found["value"]), period
        assert (found["complete"], found["state"]) == (False, "no data")
        assert "look-back is not covered" in found["reason"]
    covered = fact(frame, kpi, "2023-03")
    assert covered["complete"]


def test_a_year_before_is_needed_for_new_and_repeat(frame):
    # A year before the month of new customers; the 365 days that end with the month of the repeat rate.
    states = {
        kpi: [fact(frame, kpi, p)["state"] for p in ("2023-11", "2023-12")] for kpi in ("new_customers", "repeat_rate")
    }
    assert states == {"new_customers": ["no data", "ok"], "repeat_rate": ["few", "ok"]}
    assert fact(frame, "repeat_rate", "2023-10")["state"] == "no data"


def test_activity_days_are_a_parameter():
    frame = facts(
        {"orders": ORDERS}, as_of="2024-03-31", kpis=["retention_rate"], settings={"activity_days": 30, "min_n": 1}
    )
    # Active on 2024-02-29 with a sale after 2024-01-30: nobody.
    found = fact(frame, "retention_rate", MARCH)
    assert (found["denominator"], found["state"]) == (0, "undefined")
