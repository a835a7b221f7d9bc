"""Where tiers are cut: worked out by hand, and against a plain reckoning in fractions."""

from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpm_core.api import AtLeast, ShareOfValue, TopShare
from cpm_core.customers.cuts import Values, pure, ranks

VIP, KEY, ORDINARY = range(3)


def of(*numbers, scale=0):
    """Values as whole numbers; None for none."""
    known = np.array([one is not None for one in numbers], dtype=bool)
    return Values(np.array([one or 0 for one in numbers], dtype=np.int64), known, scale)


def shares(vip, key):
    return {"VIP": vip, "key": key}


@pytest.mark.parametrize(
    ("count", "share", "inside"),
    # 100 x .07 is 7.000000000000001 in floats, and 1,000 x .29 is 290.0 less a bit: seven and 290 all the same.
    [(100, 0.05, 5), (100, 0.07, 7), (1000, 0.29, 290), (101, 0.05, 6), (1, 0.05, 1), (4277, 0.05, 214), (10, 1.0, 10)],
)
def test_a_share_of_customers_ends_at_the_next_whole_one(count, share, inside):
    found = pure(of(*range(1, count + 1)), TopShare(shares(share, 1.0)))
    assert (found.tier == VIP).sum() == inside
    assert found.starts == (count - inside + 1, 1)
    assert found.of == count


def test_ties_at_a_limit_go_by_order():
    # Of six with a value the first ceil(.3 x 6) = 2 are VIP: 9, and of three with 5 the first.
    found = pure(of(5, 9, 5, 5, None, 1, 2, -3, 0), TopShare(shares(0.3, 0.5)))
    assert found.tier.tolist() == [VIP, VIP, KEY, *[ORDINARY] * 6]
    assert found.starts == (5, 5)
    assert ranks(of(5, 9, 5, 5, None, 1, 2, -3, 0)).tolist() == [2, 1, 3, 4, 0, 6, 5, 0, 0]


def test_the_fewest_that_bring_a_share_of_the_sum():
    # 50, 30, 15, 5 add up to 100: the first brings exactly half, three are needed for 81.
    found = pure(of(5, 50, 15, 30, -40), ShareOfValue(shares(0.5, 0.81)))
    assert found.tier.tolist() == [ORDINARY, VIP, KEY, KEY, ORDINARY]
    assert found.starts == (50, 15)


def test_sums_beyond_64_bits_are_exact():
    # Each is 2^62, and three of four bring three quarters to the last digit.
    found = pure(of(*[2**62] * 4), ShareOfValue(shares(0.5, 0.75)))
    assert found.tier.tolist() == [VIP, VIP, KEY, ORDINARY]


def test_a_limit_is_as_it_was_written():
    # Money in ten-thousandths. As floats 1000.1 x 10000 is 10001000.000000002, which 1,000.10 would not reach.
    found = pure(of(10_001_000, 10_000_999, 11_000, 10_999, scale=4), AtLeast({"VIP": 1000.1, "key": 1.1}))
    assert found.tier.tolist() == [VIP, KEY, KEY, ORDINARY]
    assert found.starts == (10_001_000, 11_000)


@pytest.mark.parametrize("cut", [TopShare(shares(0.1, 0.2)), ShareOfValue(shares(0.1, 0.2))])
def test_where_nobody_has_a_positive_value_no_tier_starts(cut):
    found = pure(of(None, 0, -1), cut)
    assert (found.tier.tolist(), found.starts, found.of) == ([ORDINARY] * 3, (None, None), 0)


def test_floats_are_cut_as_they_are():
    values = Values(np.array([0.5, 0.25, 0.25, 0.0]), np.array([True] * 4))
    assert pure(values, ShareOfValue(shares(0.5, 0.75))).tier.tolist() == [VIP, KEY, ORDINARY, ORDINARY]
    assert pure(values, AtLeast({"VIP": 0.5, "key": 0.25})).tier.tolist() == [VIP, KEY, KEY, ORDINARY]


NUMBERS = st.lists(st.one_of(st.none(), st.integers(-5, 30)), max_size=40)
PERCENT = st.tuples(st.integers(1, 100), st.integers(1, 100)).map(sorted)


@given(NUMBERS, PERCENT)
def test_as_by_sorting_in_fractions(numbers, percent):
    positive = sorted((i for i, one in enumerate(numbers) if one and one > 0), key=lambda i: (-numbers[i], i))
    total = sum(numbers[i] for i in positive)
    by_count, by_value = (dict.fromkeys(range(len(numbers)), ORDINARY) for _ in range(2))
    for tier in (KEY, VIP):
        share = Fraction(percent[tier], 100)
        by_count |= dict.fromkeys(positive[: ceil(share * len(positive))], tier)
        needed, sum_ = 0, 0
        while sum_ < share * total:
            sum_ += numbers[positive[needed]]
            needed += 1
        by_value |= dict.fromkeys(positive[:needed], tier)
    cut = shares(*(one / 100 for one in percent))
    assert pure(of(*numbers), TopShare(cut)).tier.tolist() == list(by_count.values())
    assert pure(of(*numbers), ShareOfValue(cut)).tier.tolist() == list(by_value.values())
