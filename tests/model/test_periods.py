"""Periods by the calendar, and that the engine cuts them as the model does."""

from datetime import date, datetime, timedelta

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpm_core.model.errors import UsageError
from cpm_core.model.periods import before, parse_label, period_of, periods_until, start_of, year_before

NAMES = ("day", "week", "month", "quarter", "year")


@pytest.mark.parametrize(
    ("day", "name", "year_starts", "label", "start", "end"),
    [
        ("2011-11-30", "day", 1, "2011-11-30", "2011-11-30", "2011-12-01"),
        ("2011-11-30", "week", 1, "2011-W48", "2011-11-28", "2011-12-05"),
        ("2012-01-01", "week", 1, "2011-W52", "2011-12-26", "2012-01-02"),
        ("2020-12-31", "week", 1, "2020-W53", "2020-12-28", "2021-01-04"),
        ("2024-02-29", "month", 1, "2024-02", "2024-02-01", "2024-03-01"),
        ("2011-11-30", "quarter", 1, "2011-Q4", "2011-10-01", "2012-01-01"),
        ("2011-11-30", "quarter", 4, "2011-Q3", "2011-10-01", "2012-01-01"),
        ("2012-03-31", "quarter", 4, "2011-Q4", "2012-01-01", "2012-04-01"),
        ("2011-11-30", "quarter", 2, "2011-Q4", "2011-11-01", "2012-02-01"),
        ("2012-01-15", "year", 1, "2012", "2012-01-01", "2013-01-01"),
        ("2012-03-31", "year", 4, "2011", "2011-04-01", "2012-04-01"),
    ],
)
def test_period_of_a_day(day, name, year_starts, label, start, end):
    found = period_of(date.fromisoformat(day), name, year_starts)
    assert (found.label, str(found.start), str(found.end)) == (label, start, end)


@given(
    day=st.dates(date(1995, 1, 1), date(2050, 12, 31)),
    name=st.sampled_from(NAMES),
    year_starts=st.integers(1, 12),
)
def test_labels_are_read_back_and_periods_touch(day, name, year_starts):
    found = period_of(day, name, year_starts)
    assert found.start <= day < found.end
    assert parse_label(found.label, name, year_starts) == found
    assert before(found, name, 1, year_starts).end == found.start
    assert period_of(found.end, name, year_starts).start == found.end


@pytest.mark.parametrize(
    ("day", "name", "ago"),
    [
        ("2024-02-29", "month", "2023-02"),
        ("2024-12-31", "week", "2024-W01"),
        ("2024-03-05", "day", "2023-03-07"),  # 364 days: a Tuesday both
        ("2024-03-05", "quarter", "2023-Q1"),
        ("2024-03-05", "year", "2023"),
    ],
)
def test_the_same_period_a_year_before(day, name, ago):
    assert year_before(period_of(date.fromisoformat(day), name), name).label == ago


def test_periods_until():
    assert [one.label for one in periods_until(date(2024, 1, 15), "month", 3)] == ["2023-11", "2023-12", "2024-01"]


@pytest.mark.parametrize("label", ["2011-13", "2011-1", "2011-W48", "november", ""])
def test_labels_that_are_none(label):
    with pytest.raises(UsageError, match="is no month") as caught:
        parse_label(label, "month")
    assert "2011-11" in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("year_starts", [1, 2, 4, 12])
def test_the_engine_cuts_as_the_calendar(name, year_starts):
    days = [date(2019, 12, 20) + timedelta(days=7 * i + i % 7) for i in range(120)]
    moments = [datetime(day.year, day.month, day.day, 23, 59, 59) for day in days]
    table = ibis.memtable({"at": moments, "i": list(range(len(moments)))})
    found = table.select("i", start=start_of(table.at, name, year_starts)).order_by("i").to_pandas()
    expected = [period_of(day, name, year_starts).start for day in days]
    assert [one.date() for one in found["start"].astype("datetime64[s]")] == expected
