"""Old sources are told by the longest gap of their own past."""

from datetime import date, timedelta

import pytest

from cpm_core.builtin.checks._options import Freshness
from cpm_core.builtin.checks.freshness import judge
from tests.builtin.checks.given import AS_OF, stats

DAILY = (10,) * 300
CLOSED = (*((10,) * 150), *((0,) * 11), *((10,) * 139))
"""Twelve days from one with rows to the next, once."""


def said(daily, days=None, **known):
    return judge(stats(daily, **known), Freshness(days=days))


@pytest.mark.parametrize(
    ("daily", "age", "told"),
    [
        (DAILY, 7, False),  # a week is never too much
        (DAILY, 8, True),
        (CLOSED, 24, False),  # twice the longest gap
        (CLOSED, 25, True),
    ],
    ids=["a_week", "more", "twice_the_gap", "more_than_twice"],
)
def test_twice_the_longest_gap_but_a_week_at_least(daily, age, told):
    assert (said([*daily, *([0] * age)]) is not None) == told


def test_what_is_said():
    words = said([*DAILY, *([0] * 20)])
    assert words.en == ("source shop has nothing after 2024-12-11, 20 days before the as-of day; at most 7 are usual")
    assert words.zh == "来源 shop 在 2024-12-11 之后没有数据，距截止日 20 天；通常最多 7 天"


def test_a_source_that_says_how_far_it_reaches_is_believed():
    assert said([*DAILY, *([0] * 20)], loaded_until=AS_OF) is None
    assert said([*DAILY, *([0] * 20)], loaded_until=date(2025, 6, 1)) is None
    assert said(DAILY, loaded_until=AS_OF - timedelta(days=20)) is not None


def test_how_much_history_it_takes():
    twelve = [1, *([0] * 6)] * 12  # twelve days with rows, a week apart: 77 days from the first to the last
    assert said([*twelve, *([0] * 30)]) is None
    thirteen = [1, *([0] * 6)] * 13  # 84 days
    assert said([*thirteen, *([0] * 30)]) is not None
    eleven = [1, *([0] * 8)] * 11  # 90 days, of which eleven have rows
    assert said([*eleven, *([0] * 90)]) is None


def test_an_archive_beside_a_newer_source_is_none_to_wait_for():
    old = [*DAILY, *([0] * 400)]
    assert said({"old": tuple(old), "new": (*((0,) * 100), *((5,) * 300))}) is None
    assert said({"old": tuple(old)}) is not None
    late = (*DAILY, *((0,) * 40))
    assert "late" in said({"late": late, "new": DAILY}).en


def test_the_days_are_an_option_and_need_no_history():
    assert said([5, 0, 0, 0], days=2) is not None
    assert said([5, 0, 0, 0], days=3) is None
    assert said([*DAILY, *([0] * 20)], days=30) is None


def test_tables_that_last_are_not_waited_for():
    assert said([*DAILY, *([0] * 90)], event=False) is None
    assert said({}) is None
