"""Refused rows and columns that are no longer filled."""

from cpm_core.builtin.checks import nulls, reject_share
from cpm_core.builtin.checks._options import Nulls, RejectShare
from tests.builtin.checks.given import stats


def refused(kept, at_most=0.25, **reasons):
    return reject_share.judge(stats(kept=kept, rejected=reasons), RejectShare(at_most=at_most))


def test_many_refused_rows_are_told_with_the_first_reason():
    words = refused(60, missing=10, sign=30)
    assert words.en == "40 of 100 rows were rejected (40%), most as 'sign'; at most 25% are expected"
    assert words.zh == "100 行中有 40 行被拒绝（40%），主要原因为“sign”；预期最多 25%"


def test_a_quarter_is_not_too_many_and_the_share_is_an_option():
    assert refused(75, missing=25) is None
    assert refused(74, missing=26) is not None
    assert refused(90, at_most=0.05, missing=10) is not None


def test_rows_that_come_twice_lose_nothing_and_few_rows_say_nothing():
    assert refused(50, duplicate=500) is None
    assert refused(9, missing=10) is None
    assert refused(10, missing=10) is not None


def emptied(empty, rows=(200, 1000), at_most=0.2):
    return nulls.judge(stats(empty=empty, rows=rows), Nulls(at_most=at_most))


def test_a_column_that_is_no_longer_filled_is_told():
    words = emptied({"channel": (150, 100), "team": (0, 0)})
    assert words.en == "channel is empty in 75% of the rows of the last 28 days, and in 10% of those before"
    assert words.zh == "字段 channel 在最近 28 天的行中有 75% 为空，此前为 10%"


def test_one_that_was_always_empty_or_is_fuller_now_is_not():
    assert emptied({"a": (200, 1000), "b": (0, 1000), "c": (40, 0)}) is None
    assert emptied({"c": (41, 0)}) is not None
    assert emptied({"c": (40, 0)}, at_most=0.1) is not None


def test_a_hundred_rows_on_either_side_are_the_fewest():
    assert emptied({"a": (99, 0)}, rows=(99, 1000)) is None
    assert emptied({"a": (100, 0)}, rows=(100, 99)) is None
    assert emptied({"a": (100, 0)}, rows=(100, 100)) is not None
