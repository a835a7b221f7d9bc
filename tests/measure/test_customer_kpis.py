"""Customer KPIs on twelve orders that are worked out by hand, with activity of 90 days."""

import math

import pytest

from tests.books import book, fact, facts

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


def test_reactivated_customers_had_been_away(frame):
    # g bought in 2022 and again on 2024-03-10; c bought too, but was active; f is new, h only sent something back.
    assert fact(frame, "reactivated_customers", MARCH)["value"] == 1
    assert fact(frame, "reactivated_customers", MARCH, "region", "North")["value"] == 1
    assert fact(frame, "reactivated_customers", FEBRUARY)["value"] == 0
    # a on 2023-12-01, the last time on 2023-04-01; b and c are new.
    assert fact(frame, "reactivated_customers", "2023-12")["value"] == 1
    assert fact(frame, "reactivated_customers", "2023-11")["state"] == "no data", "who is new is not known yet"


def test_tenure_counts_from_the_first_sale(frame):
    # Active on 2024-03-31: c for 16 + 31 + 29 + 31 = 107 days, d for 366 - 2 = 364, f for 0, g for 457 + 40 = 497.
    assert parts(frame, "customer_tenure_days", MARCH) == (107 + 364 + 0 + 497, 4)
    assert fact(frame, "customer_tenure_days", MARCH)["value"] == 242
    # To the as-of day in a running month, ten days more; d is not active any more.
    april = fact(frame, "customer_tenure_days", APRIL)
    assert (april["numerator"], april["denominator"], april["complete"]) == (117 + 10 + 507, 3, False)


def test_concentration_over_the_trailing_year(frame):
    # From 2023-04-02 on c and d bought for 20, a b e f g for 10: the top 20 % of 7 are two, 40 of 90.
    assert parts(frame, "top_20_share", MARCH) == (40, 90)
    # Weights 2 i - 8 are -6 -4 -2 0 2 for the tens and 4, 6 for the twenties: -100 + 200 of 7 * 90.
    assert parts(frame, "revenue_gini", MARCH) == (100, 630)
    # Within the members: a b g in the North are alike; in the South d of c d f, 20 of 50, and -20 + 0 + 40 of 3 * 50.
    assert parts(frame, "revenue_gini", MARCH, "North") == (0, 90)
    assert parts(frame, "top_20_share", MARCH, "South") == (20, 50)
    assert parts(frame, "revenue_gini", MARCH, "South") == (20, 150)
    assert fact(frame, "top_20_share", "2023-10")["state"] == "no data", "the year is not covered"


# 2024 has 366 days: of a year that ends with it the 1st of January is no part. c got all back, g has returns alone.
YEAR = """
order_id customer_id ordered_at amount kind
1        a           2024-01-01 500    sale
2        a           2024-01-02 40     sale
3        b           2024-06-01 30     sale
4        b           2024-07-01 -10    return
5        c           2024-05-01 25     sale
6        c           2024-05-02 -25    return
7        d           2024-03-01 20     sale
8        e           2024-03-01 10     sale
9        f           2024-12-31 10     sale
10       g           2024-12-31 -5     return
11       h           2024-12-30 10     sale
"""


def test_returns_count_and_equal_customers_are_ranked_by_id():
    made = book({"orders": YEAR}, as_of="2024-12-31", kpis=["top_20_share", "revenue_gini"])
    # Above zero: a 40, b 20, d 20, e f h 10 each; the top 20 % of 6 are two: a and, before d, b.
    found = fact(made.facts(), "top_20_share", "2024-12")
    assert (found["numerator"], found["denominator"], found["n"]) == (60, 110, 6)
    rows = made.rows("top_20_share", "2024-12").set_index("customer_id")["numerator"]
    assert rows.to_dict() == {"a": 40, "b": 20, "d": 0, "e": 0, "f": 0, "h": 0}
    # Weights 2 i - 7: (-5 - 3 - 1) * 10 + (1 + 3) * 20 + 5 * 40 = 190 of 6 * 110.
    assert parts(made.facts(), "revenue_gini", "2024-12") == (190, 660)
    made.close()


# 90 days from 2023-12-01 end on the leap day. As of 2024-04-10 those created by 2024-01-11 have had theirs.
CONTACTS = """
customer_id created_at
c1          2023-12-01
c2          2023-12-01T23:00
c3          2023-12-31T18:00
c4          2023-12-15
c5          2023-12-10
c6          2024-01-11
c7          2024-01-12
c8          -
"""
FIRSTS = """
order_id customer_id ordered_at       amount kind
1        c1          2024-02-29T23:59 10     sale
2        c2          2024-03-01       10     sale
3        c3          2023-12-31T09:00 10     sale
3r       c3          2024-01-05       -10    return
4        c4          2024-01-02       -10    return
5        c5          2023-12-05       10     sale
6        c6          2024-04-10       10     sale
6        c6          2024-04-10       10     sale
7        c7          2024-01-13       10     sale
8        c8          2024-01-13       10     sale
"""


def test_conversion_of_contacts_within_90_days():
    tables = {"customers": CONTACTS, "orders": FIRSTS}
    frame = facts(tables, as_of="2024-04-10", history=5, kpis=["prospect_conversion"], settings={"min_n": 1})
    # c1 on the 90th day, c3 on the day itself; c2 on the 91st, c4 never, c5 bought before it was known.
    assert parts(frame, "prospect_conversion", "2023-12") == (2, 5)
    january = fact(frame, "prospect_conversion", "2024-01")
    assert (january["numerator"], january["denominator"]) == (1, 1)
    assert january["reason"] == "1 known for less than 90 days and left out"
    february = fact(frame, "prospect_conversion", FEBRUARY)
    assert (february["state"], february["reason"]) == ("undefined", "nothing to divide by")


def test_conversion_days_are_a_parameter():
    tables = {"customers": CONTACTS, "orders": FIRSTS}
    settings = {"conversion_days": 91, "min_n": 1}
    frame = facts(tables, as_of="2024-04-10", history=5, kpis=["prospect_conversion"], settings=settings)
    # A day more: c2 is in time, and c6 has not had its days yet.
    assert parts(frame, "prospect_conversion", "2023-12") == (3, 5)
    assert fact(frame, "prospect_conversion", "2024-01")["denominator"] == 0


def test_contacts_without_a_day_are_told():
    frame = facts({"orders": ORDERS, "customers": CUSTOMERS}, as_of="2024-04-10", kpis=["prospect_conversion"])
    assert fact(frame, "prospect_conversion", APRIL)["reason"] == "column customers.created_at is not delivered"
