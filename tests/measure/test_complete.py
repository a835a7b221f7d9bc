"""When a period can be judged, and why not."""

from dataclasses import replace
from datetime import date

import pytest

from cpm_core.api import Total, kpi
from cpm_core.measure.complete import completeness
from cpm_core.model.periods import parse_label
from cpm_core.model.settings import Settings
from cpm_core.tables.prepared import TableStats

SETTINGS = Settings(as_of=date(2024, 3, 31))
NOVEMBER, MARCH, APRIL = (parse_label(label, "month") for label in ("2023-11", "2024-03", "2024-04"))


@kpi(title={"en": "Any", "zh": "任意"}, unit="count", better="higher", table="orders", at="ordered_at")
def any_kpi(orders):
    """A KPI that is never measured here."""
    return Total(orders.amount)


def stats(first="2023-11-20", last="2024-03-31", gap=0, until=None):
    days = [date.fromisoformat(day) if day else None for day in (first, last, until)]
    return TableStats("orders", ("given",), 1, 1, {}, 0, 0, (), days[0], days[1], gap, days[2])


def judged(period, table, lookback="none", **settings):
    found = completeness(replace(any_kpi, lookback=lookback), period, [table], replace(SETTINGS, **settings))
    return found.reason.en if found.reason else None, found.measurable


def test_a_covered_period_is_complete():
    assert judged(MARCH, stats()) == (None, True)


def test_a_running_period_is_not():
    assert judged(MARCH, stats(), as_of=date(2024, 3, 30)) == ("the period is not over on 2024-03-30", True)


@pytest.mark.parametrize(
    ("last", "gap", "until", "complete"),
    [
        ("2024-03-30", 0, None, False),  # rows came every day, and of the last there are none
        ("2024-03-30", 1, None, True),
        ("2024-03-24", 7, None, True),  # rows come once a week
        ("2024-03-23", 7, None, False),
        ("2024-03-20", 0, "2024-03-31", True),  # the source says so
        ("2024-03-31", 9, "2024-03-30", False),
    ],
)
def test_delivered_through_the_last_day(last, gap, until, complete):
    reason, measurable = judged(MARCH, stats(last=last, gap=gap, until=until))
    assert (reason is None, measurable) == (complete, True)
    if not complete:
        assert reason.startswith("orders is delivered until 2024-03-")


def test_a_period_before_the_first_row_is_not_measurable():
    before = parse_label("2023-10", "month")
    assert judged(before, stats()) == ("orders starts on 2023-11-20", False)


@pytest.mark.parametrize(
    ("first", "gap", "complete"), [("2023-11-01", 0, True), ("2023-11-03", 2, True), ("2023-11-03", 1, False)]
)
def test_a_period_in_which_the_data_start(first, gap, complete):
    reason, measurable = judged(NOVEMBER, stats(first=first, gap=gap))
    assert (reason is None, measurable) == (complete, True)


@pytest.mark.parametrize(
    ("lookback", "first_day_needed"),
    [
        ("activity", "2023-12-02"),  # 90 days that end with 2024-02-29
        ("trailing_year", "2023-04-02"),  # 365 days that end with 2024-03-31
        ("year", "2023-03-02"),  # 365 days before 2024-03-01
    ],
)
def test_look_backs(lookback, first_day_needed):
    day = date.fromisoformat(first_day_needed)
    assert judged(MARCH, stats(first=first_day_needed), lookback) == (None, True)
    late = stats(first=str(day.replace(day=day.day + 1)))
    reason, measurable = judged(MARCH, late, lookback)
    assert (reason.startswith(f"its look-back is not covered: it needs orders from {day}"), measurable) == (True, False)


def test_since_is_where_history_starts():
    assert judged(MARCH, stats(), "activity", since=date(2023, 12, 2)) == (None, True)
    assert judged(MARCH, stats(), "activity", since=date(2023, 12, 3))[1] is False


def test_a_year_is_too_short_where_customers_stay_active_for_longer():
    # 2024-03-01 less 730 days is 2022-03-02, as February 2024 has 29 days.
    assert judged(MARCH, stats(first="2022-03-02"), "year", activity_days=730) == (None, True)
    assert judged(MARCH, stats(first="2022-03-03"), "year", activity_days=730)[1] is False


def test_a_period_that_since_cuts_is_not_complete_however_rare_rows_are():
    # Costs booked once a month: the gap from the 1st to the 20th of November is usual, but its first days are cut off.
    monthly = stats(first="2023-11-20", gap=31)
    assert judged(NOVEMBER, monthly) == (None, True)
    since = date(2023, 11, 15)
    assert judged(NOVEMBER, monthly, since=since) == ("orders starts on 2023-11-20, within the period", True)
    assert judged(NOVEMBER, monthly, since=date(2023, 11, 1)) == (None, True)


def test_the_trailing_year_of_a_running_period_ends_today():
    needed = date(2024, 4, 10).replace(year=2023, day=12)
    assert judged(APRIL, stats(first=str(needed)), "trailing_year", as_of=date(2024, 4, 10))[1] is True
    assert judged(APRIL, stats(first="2023-04-13"), "trailing_year", as_of=date(2024, 4, 10))[1] is False


def test_a_table_without_times_does_not_hinder():
    assert judged(MARCH, stats(first=None, last=None)) == (None, True)
