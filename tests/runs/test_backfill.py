from __future__ import annotations

import pytest

from cpm_core.model.errors import UsageError
from cpm_core.runs.backfill import as_of, periods_between


def days(said, name, year_starts=1):
    return [as_of(one).value for one in periods_between(said, name, year_starts)]


@pytest.mark.parametrize(
    ("said", "name", "year_starts", "expected"),
    [
        # 2012 is a leap year: 31, 29 and 31 days.
        ("2012-01..2012-03", "month", 1, ["2012-01-31", "2012-02-29", "2012-03-31"]),
        ("2011-12..2012-01", "month", 1, ["2011-12-31", "2012-01-31"]),
        ("2011-02", "month", 1, ["2011-02-28"]),
        (" 2011-02 .. 2011-02 ", "month", 1, ["2011-02-28"]),
        # The last ISO week of 2020 is the 53rd, and ends on Sunday 3 January 2021.
        ("2020-W53..2021-W01", "week", 1, ["2021-01-03", "2021-01-10"]),
        ("2012-02-28..2012-03-01", "day", 1, ["2012-02-28", "2012-02-29", "2012-03-01"]),
        ("2011-Q4..2012-Q1", "quarter", 1, ["2011-12-31", "2012-03-31"]),
        # A year that starts in April is named after the year in which it starts.
        ("2011-Q4..2012-Q1", "quarter", 4, ["2012-03-31", "2012-06-30"]),
        ("2010..2011", "year", 1, ["2010-12-31", "2011-12-31"]),
        ("2010..2011", "year", 4, ["2011-03-31", "2012-03-31"]),
    ],
)
def test_each_period_is_as_of_its_last_day_and_the_oldest_comes_first(said, name, year_starts, expected):
    assert days(said, name, year_starts) == expected


def test_who_said_so_is_told():
    assert as_of(periods_between("2012-02", "month")[0]).origin == "--backfill 2012-02"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("2011-13", "'2011-13' is no month"),
        ("2011-01-01..2011-02", "'2011-01-01' is no month"),
        ("2011-01..", "'' is no month"),
        ("2011-03..2011-01", "2011-01 is before 2011-03"),
        ("1900-01..2011-01", "more than 1,000 periods"),
    ],
)
def test_labels_that_are_none_are_told_with_the_option(said, words):
    with pytest.raises(UsageError) as caught:
        periods_between(said, "month")
    (problem,) = caught.value.problems
    assert words in problem.what
    assert problem.where == "--backfill"
    assert problem.fix
