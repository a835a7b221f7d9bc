"""Loyalty KPIs on twelve ledger entries that are worked out by hand."""

import pytest

from tests.books import book, fact, facts

# The trailing year of 2024-12-31 begins on 2024-01-02 (2024 is a leap year), that of 2025-01-31 on 2024-02-02,
# that of the as-of day 2025-02-10 on 2024-02-12.
POINTS = """
entry_id customer_id occurred_at      points  kind
1        a           2023-06-30       1000    earn
2        a           2024-01-01       300     earn
3        a           2024-01-02       200.25  earn
4        a           2024-02-01T23:30 -150    redeem
5        a           2024-12-31T23:59 -50.25  redeem
6        b           2024-02-29       100     earn
7        b           2024-03-01       -40     expire
8        b           2024-03-02       -100    redeem
9        c           2024-12-05       10      adjust
10       c           2025-01-15       90      earn
11       a           2025-02-10       -100    redeem
12       d           2025-02-11       5000    earn
"""
CUSTOMERS = """
customer_id region
a           North
b           South
c           South
d           -
"""
DECEMBER, JANUARY, RUNNING = "2024-12", "2025-01", "2025-02"
VALUED = {"point_value": 0.01, "min_n": 1}


def given(**params):
    made = {"as_of": "2025-02-10", "history": 24, "slices": ["region"], "settings": VALUED, **params}
    return {"points": POINTS, "customers": CUSTOMERS}, made


@pytest.fixture(scope="module")
def frame():
    tables, params = given()
    return facts(tables, **params)


def parts(frame, kpi, period, member=""):
    found = fact(frame, kpi, period, "region" if member else "", member)
    return found["numerator"], found["denominator"]


def value(frame, kpi, period, member=""):
    return fact(frame, kpi, period, "region" if member else "", member)["value"]


def test_points_redeemed_over_a_leap_year(frame):
    # Redeemed 150 + 50.25 of a and 100 of b; earned 200.25 of a (the 300 of 2024-01-01 are a day too old), 100 of b.
    assert parts(frame, "points_redemption_rate", DECEMBER) == (300.25, 300.25)
    assert value(frame, "points_redemption_rate", DECEMBER) == 1
    # A month later the 200.25 and the 150 have gone: 50.25 + 100 of 100 + 90.
    assert parts(frame, "points_redemption_rate", JANUARY) == (150.25, 190)
    assert value(frame, "points_redemption_rate", JANUARY) == pytest.approx(0.790789473684211)  # 15025 / 19000


def test_a_running_month_ends_on_the_as_of_day(frame):
    # The 100 of a on the day itself count, the 5000 of d a day later do not exist.
    found = fact(frame, "points_redemption_rate", RUNNING)
    assert (found["numerator"], found["denominator"], found["complete"]) == (250.25, 190, False)
    assert value(frame, "points_liability", RUNNING) == 13  # a 1200, c 100; b is below zero


def test_what_is_owed_counts_nobody_below_zero(frame):
    # a 1000 + 300 + 200.25 - 150 - 50.25 = 1300, b 100 - 40 - 100 = -40, c 10: 1310 points at a cent.
    assert value(frame, "points_liability", DECEMBER) == 13.1
    # c earned 90 more.
    assert value(frame, "points_liability", JANUARY) == 14
    assert fact(frame, "points_liability", DECEMBER)["n"] == 2


def test_a_balance_stays_in_months_without_entries(frame):
    # a 1000 from June 2023 on; nothing happens until January 2024.
    assert [value(frame, "points_liability", p) for p in ("2023-06", "2023-07", "2023-11")] == [10, 10, 10]
    # On 2024-02-29 a 1350.25, b 100; on 2024-03-31 b is at -40.
    assert value(frame, "points_liability", "2024-02") == pytest.approx(14.5025, abs=1e-12)
    assert value(frame, "points_liability", "2024-03") == pytest.approx(13.5025, abs=1e-12)


def test_members_by_region(frame):
    assert parts(frame, "points_redemption_rate", DECEMBER, "North") == (200.25, 200.25)
    assert parts(frame, "points_redemption_rate", DECEMBER, "South") == (100, 100)
    assert value(frame, "points_liability", DECEMBER, "North") == 13
    assert value(frame, "points_liability", DECEMBER, "South") == 0.1
    assert "(none)" not in set(frame["member"]), "d earns after the as-of day"


def test_a_year_that_is_not_covered_is_no_data(frame):
    # Entries start on 2023-06-30: May 2024 reads from 2023-06-02, June from 2023-07-02.
    short = fact(frame, "points_redemption_rate", "2024-05")
    assert (short["state"], short["complete"]) == ("no data", False)
    assert "look-back is not covered" in short["reason"]
    assert parts(frame, "points_redemption_rate", "2024-06") == (250, 600.25)
    assert fact(frame, "points_redemption_rate", "2024-06")["complete"]


def test_what_a_point_is_worth_must_be_said():
    tables, params = given(settings={}, kpis=["points_liability"], history=1)
    found = fact(facts(tables, **params), "points_liability", RUNNING)
    assert (found["state"], found["reason"]) == ("no data", "the params do not set settings.point_value")


def test_breakage_is_told_and_so_is_its_absence(frame):
    words = fact(frame, "points_liability", DECEMBER)["reason"]
    assert words == "before breakage: on 1,310 points, as if every one of them were redeemed"
    tables, params = given(settings={**VALUED, "breakage": 0.15}, history=3, locale="zh")
    less = fact(facts(tables, **params), "points_liability", DECEMBER)
    # 1310 x 0.01 x 0.85, to the last digit of its decimals.
    assert less["value"] == 11.135
    assert less["reason"] == "按 1,310 积分计，已扣除预计不会兑换的 15.0%"


def test_the_rows_behind_it():
    tables, params = given()
    opened = book(tables, **params)
    try:
        rows = opened.rows("points_liability", DECEMBER)
        assert dict(zip(rows["customer_id"], rows["numerator"], strict=True)) == {"a": 13, "c": 0.1}
    finally:
        opened.close()


def test_money_is_exact():
    # As floats, ten thousand times a cent of a point at 0.07 is no 7.
    rows = "\n".join(f"{i} m{i % 7} 2024-01-05 0.01 earn" for i in range(10_000))
    tables = {"points": f"entry_id customer_id occurred_at points kind\n{rows}"}
    frame = facts(tables, as_of="2024-01-31", settings={"point_value": 0.07})
    assert fact(frame, "points_liability", "2024-01")["value"] == 7
