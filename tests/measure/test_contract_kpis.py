"""Contract KPIs on ten stretches that are worked out by hand."""

import math

import pytest

from tests.books import book, fact, facts

# 2024 is a leap year: 365 days before 2024-12-31 is 2024-01-01, before 2024-02-29 2023-03-01,
# before 2025-01-31 2024-02-01, before the as-of day 2025-02-10 2024-02-11.
CONTRACTS = """
subscription_id customer_id started_at ended_at   monthly_amount plan
s0              z           2023-01-01 2023-02-01 999            basic
s1              a           2023-06-01 2024-06-01 10.10          basic
s1              a           2024-06-01 -          15.10          plus
s2              b           2023-06-01 2024-12-31 20             basic
s3              c           2023-06-01 -          30             plus
s4              c           2023-06-01 2024-03-01 5              basic
s5              d           2024-01-02 -          7              basic
s6              e           2023-06-01 2024-01-01 50             plus
s7              f           2023-06-01 -          0              basic
s8              g           2024-04-01 2024-05-01 70             plus
"""
CUSTOMERS = """
customer_id region
a           North
b           South
c           South
d           North
e           North
f           North
g           North
z           North
"""
FEBRUARY, NOVEMBER, DECEMBER, JANUARY, RUNNING = "2024-02", "2024-11", "2024-12", "2025-01", "2025-02"
RETENTION = ("net_revenue_retention", "gross_revenue_retention", "logo_retention")


def made(**params):
    given = {"as_of": "2025-02-10", "history": 24, "slices": ["region", "plan"], "settings": {"min_n": 1}}
    return {"subscriptions": CONTRACTS, "customers": CUSTOMERS}, {**given, **params}


@pytest.fixture(scope="module")
def frame():
    tables, params = made()
    return facts(tables, **params)


def parts(frame, kpi, period, slice_="", member=""):
    found = fact(frame, kpi, period, slice_, member)
    return found["numerator"], found["denominator"]


def test_recurring_revenue_is_what_runs_at_the_end(frame):
    # On 2024-11-30: a 15.10, b 20, c 30, d 7, f 0. On 2024-12-31 b runs no more: ended_at is the day after the last.
    assert fact(frame, "recurring_revenue", NOVEMBER)["value"] == 72.10
    assert fact(frame, "recurring_revenue", DECEMBER)["value"] == 52.10
    # On 2024-02-29: a 10.10, b 20, c 30 + 5 (until 2024-03-01, exclusive), d 7, f 0.
    assert fact(frame, "recurring_revenue", FEBRUARY)["value"] == 72.10
    # On the as-of day, in a month that is not over.
    running = fact(frame, "recurring_revenue", RUNNING)
    assert (running["value"], running["complete"]) == (52.10, False)


def test_a_month_in_which_nothing_runs_is_0(frame):
    # s0 ended on 2023-02-01, the next ones start on 2023-06-01.
    assert fact(frame, "recurring_revenue", "2023-04")["value"] == 0
    assert fact(frame, "recurring_revenue", "2023-06")["value"] == 10.10 + 20 + 30 + 5 + 50


def test_a_price_change_is_one_contract_at_a_time(frame):
    # a's stretch at 10.10 ends on the day on which that at 15.10 starts: May 10.10, June 15.10, never both.
    assert fact(frame, "recurring_revenue", "2024-05", "region", "North")["value"] == 10.10 + 7
    assert fact(frame, "recurring_revenue", "2024-06", "region", "North")["value"] == 15.10 + 7


def test_recurring_revenue_by_plan(frame):
    assert fact(frame, "recurring_revenue", DECEMBER, "plan", "plus")["value"] == 15.10 + 30
    assert fact(frame, "recurring_revenue", DECEMBER, "plan", "basic")["value"] == 7
    assert set(frame[frame["slice"] == "plan"]["kpi"]) == {"recurring_revenue"}, "a customer has no one plan"


def test_retention_over_a_leap_year(frame):
    # December 2024 starts on 2024-01-01: a 10.10, b 20, c 35; e ended on that day, d starts a day later, f is at 0.
    # At its end: a 15.10, b -, c 30 (two contracts, one of them ended). In cents of the sum 65.10:
    assert parts(frame, "net_revenue_retention", DECEMBER) == (45.10, 65.10)
    assert fact(frame, "net_revenue_retention", DECEMBER)["value"] == pytest.approx(0.692780337941628)  # 451 / 651
    # Gross: a counts up to 10.10.
    assert parts(frame, "gross_revenue_retention", DECEMBER) == (40.10, 65.10)
    # a and c of a, b, c.
    assert parts(frame, "logo_retention", DECEMBER) == (2, 3)


def test_retention_up_to_the_leap_day(frame):
    # 2023-03-01 to 2024-02-29: nobody had a contract at the start (s0 ended in February 2023).
    for kpi in RETENTION:
        found = fact(frame, kpi, FEBRUARY)
        assert math.isnan(found["value"])
        assert (found["state"], found["reason"]) == ("undefined", "nothing to divide by")


def test_a_customer_who_comes_in_between_counts_at_neither(frame):
    # January 2025 starts on 2024-02-01: a 10.10, b 20, c 35, d 7. g was there in April 2024 only.
    assert parts(frame, "net_revenue_retention", JANUARY) == (52.10, 72.10)
    assert parts(frame, "gross_revenue_retention", JANUARY) == (10.10 + 30 + 7, 72.10)
    assert parts(frame, "logo_retention", JANUARY) == (3, 4)


def test_a_running_month_is_as_of_the_day(frame):
    # 2024-02-11 to 2025-02-10, as in January.
    found = fact(frame, "net_revenue_retention", RUNNING)
    assert (found["numerator"], found["denominator"], found["complete"]) == (52.10, 72.10, False)


def test_retention_by_region(frame):
    assert parts(frame, "net_revenue_retention", DECEMBER, "region", "North") == (15.10, 10.10)
    assert parts(frame, "net_revenue_retention", DECEMBER, "region", "South") == (30, 55)


@pytest.mark.parametrize("kpi", RETENTION)
def test_a_year_that_is_not_covered_is_no_data(frame, kpi):
    # Contracts start on 2023-01-01: December 2023 reads 2022-12-31, January 2024 reads 2023-01-31.
    short, covered = fact(frame, kpi, "2023-12"), fact(frame, kpi, "2024-01")
    assert (short["state"], short["complete"]) == ("no data", False)
    assert "look-back is not covered: it needs subscriptions from 2022-12-31" in short["reason"]
    # On 2023-01-31 s0 ran, its last day: of 999 nothing is left.
    assert (covered["numerator"], covered["denominator"], covered["complete"]) == (0, 999 if "rev" in kpi else 1, True)


def test_the_window_may_be_the_period():
    tables, params = made(settings={"nrr_window": "period", "min_n": 1})
    frame = facts(tables, **params)
    # December: on 2024-11-30 a 15.10, b 20, c 30, d 7; on 2024-12-31 without b. March loses c's second contract.
    assert parts(frame, "net_revenue_retention", DECEMBER) == (52.10, 72.10)
    assert parts(frame, "logo_retention", DECEMBER) == (3, 4)
    assert parts(frame, "net_revenue_retention", "2024-03") == (67.10, 72.10)
    # June's price change: gross retention keeps a at 10.10 of 67.10.
    assert parts(frame, "net_revenue_retention", "2024-06") == (72.10, 67.10)
    assert parts(frame, "gross_revenue_retention", "2024-06") == (67.10, 67.10)
    assert fact(frame, "net_revenue_retention", "2023-05")["state"] == "undefined", "nothing on the day before"
    # Only the day before must be covered: that of January 2023 is not.
    assert parts(frame, "net_revenue_retention", "2023-02") == (0, 999)
    assert fact(frame, "net_revenue_retention", "2023-01")["state"] == "no data"


def test_a_contract_that_ends_later_runs_as_of_an_earlier_day():
    # As of 2024-12-30 nobody knows that b will end, which is the day after.
    tables, params = made(as_of="2024-12-30", history=1, slices=[])
    frame = facts(tables, **params)
    assert fact(frame, "recurring_revenue", DECEMBER)["value"] == 72.10
    # 365 days before is 2023-12-31, on which e still ran: a 10.10, b 20, c 35, e 50.
    assert parts(frame, "net_revenue_retention", DECEMBER) == (15.10 + 20 + 30, 115.10)


def test_the_rows_behind_them():
    tables, params = made()
    opened = book(tables, **params)
    try:
        assert set(opened.rows("recurring_revenue", DECEMBER)["subscription_id"]) == {"s1", "s3", "s5", "s7"}
        assert set(opened.rows("net_revenue_retention", DECEMBER)["customer_id"]) == {"a", "b", "c"}
    finally:
        opened.close()


@pytest.mark.parametrize(("window", "compared"), [("year", False), ("period", True)])
def test_years_that_overlap_are_not_compared_with_each_other(window, compared):
    tables, params = made(as_of="2025-01-31", settings={"nrr_window": window, "min_n": 1}, slices=[], kpis=[*RETENTION])
    opened = book(tables, **params)
    try:
        card = opened.scorecard().set_index("kpi").loc["net_revenue_retention"]
        said = opened.kpis[0].says(opened.settings)
    finally:
        opened.close()
    # 52.10 / 72.10 in December and in January of the year; of the month 52.10 / 52.10 in January.
    assert (said.en, said.zh) == (("over the period", "按周期") if compared else ("over 365 days", "按 365 天"))
    told = card["change_reason"]
    assert told == ("" if compared else "a trailing-year figure is compared with a year before only")
    assert math.isfinite(card["change"]) == compared
    assert (card["signal_reason"] == told) != compared
