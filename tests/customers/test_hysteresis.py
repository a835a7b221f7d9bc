"""Who keeps a tier: worked out by hand, and on random walks."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpm_core.api import AtLeast, TopShare
from cpm_core.customers.hysteresis import BY_CUT, FULL, KEPT, NOTHING, replayed
from tests.customers.test_cuts import KEY, ORDINARY, VIP, of

LIMITS = AtLeast({"VIP": 100, "key": 50})
NO_CAPACITY = {}


def path(rows, cut=LIMITS, margin=0.1, capacity=NO_CAPACITY):
    """The standing at the end of each day, each found by replaying all days before it."""
    days = [of(*row) for row in rows]
    return [replayed(days[: count + 1], cut, margin, capacity) for count in range(len(days))]


def test_down_only_past_the_margin_and_up_at_the_limit():
    # One customer. Kept at 90, which is a tenth below; at 89 it is key, whose own margin ends at 45.
    values = [99, 100, 95, 90, 89, 99, 50, 45, 44, 49, 50]
    found = path([[value] for value in values])
    assert [one.tier[0] for one in found] == [KEY, *[VIP] * 3, *[KEY] * 4, ORDINARY, ORDINARY, KEY]
    whys = [BY_CUT, BY_CUT, KEPT, KEPT, BY_CUT, BY_CUT, BY_CUT, KEPT, BY_CUT, BY_CUT, BY_CUT]
    assert [one.why[0] for one in found] == whys


def test_who_falls_out_of_the_highest_may_stay_in_the_next():
    # 46 is no key customer by the cut, but within the margin of its limit, and held more than that.
    first, second = path([[120, 50], [46, 50]])
    assert (first.tier.tolist(), second.tier.tolist()) == ([VIP, KEY], [KEY, KEY])
    assert second.why.tolist() == [KEPT, BY_CUT]


def test_without_a_margin_the_limit_alone_decides():
    assert [one.tier[0] for one in path([[100], [99], [100], [49]], margin=0)] == [VIP, KEY, VIP, ORDINARY]


def test_nothing_keeps_who_has_no_positive_value():
    found = path([[100, 100, 100], [0, None, -5]], margin=0.99)[-1]
    assert found.tier.tolist() == [ORDINARY] * 3
    assert found.why.tolist() == [NOTHING] * 3


def test_the_margin_is_exact():
    # A tenth off 100.1 is 90.09; in ten-thousandths 900,900 is kept, and one less is not.
    cut, held = AtLeast({"VIP": 100.1, "key": 50}), of(1_001_000, 1_001_000, scale=4)
    found = replayed([held, of(900_900, 900_899, scale=4)], cut, 0.1, NO_CAPACITY)
    assert found.tier.tolist() == [VIP, KEY]


def test_a_moving_limit_is_that_of_the_day():
    # Two of ten are VIP. In the second period two others overtake a, who has 95 of their 100 and stays; b has 80.
    rest = [5] * 6
    first, second = path([[70, 60, 1, 1, *rest], [95, 80, 100, 110, *rest]], TopShare({"VIP": 0.2, "key": 0.3}))
    assert first.tier.tolist()[:4] == [VIP, VIP, ORDINARY, ORDINARY]
    assert second.starts[0] == 100
    assert second.tier.tolist()[:4] == [VIP, ORDINARY, VIP, VIP]
    # By the cut a is the third of the ten, so key; b is the fourth, and too far below key's 95.
    assert second.why.tolist()[:4] == [KEPT, BY_CUT, BY_CUT, BY_CUT]


def test_a_full_tier_sends_the_least_on_and_ties_go_by_order():
    found = replayed([of(120, 150, 120, 120, 60)], LIMITS, 0.1, {"VIP": 2})
    assert found.tier.tolist() == [VIP, VIP, KEY, KEY, KEY]
    assert found.why.tolist() == [BY_CUT, BY_CUT, FULL, FULL, BY_CUT]
    assert (found.starts[0], found.entries[0]) == (100, 120)


def test_members_of_a_full_tier_yield_only_past_the_margin():
    # a has the one seat at 120, which counts as 120 / .9 = 133.33 against newcomers.
    days = [[120, 110], [120, 133], [120, 134]]
    found = path(days, capacity={"VIP": 1})
    assert [one.tier.tolist() for one in found] == [[VIP, KEY], [VIP, KEY], [KEY, VIP]]
    assert found[1].entries[0] == pytest.approx(120 / 0.9)


def test_a_full_tier_below_takes_who_has_no_seat_above():
    found = replayed([of(130, 120, 60, 55)], LIMITS, 0.1, {"VIP": 1, "key": 2})
    assert found.tier.tolist() == [VIP, KEY, KEY, ORDINARY]
    assert found.why.tolist() == [BY_CUT, FULL, BY_CUT, FULL]


WALKS = st.lists(st.integers(-15, 15), min_size=1, max_size=60).map(lambda steps: (90 + np.cumsum(steps)).tolist())
FLOORS = {VIP: (100, 90), KEY: (50, 45)}
"""Where a tier starts, and down to where it is kept: a tenth less."""


@given(WALKS)
def test_on_a_walk_a_tier_is_left_only_past_its_margin_and_entered_only_at_its_limit(walk):
    tiers = [one.tier[0] for one in path([[value] for value in walk])]
    for before, after, value in zip(tiers, tiers[1:], walk[1:], strict=False):
        left = [tier for tier in (VIP, KEY) if before <= tier < after]
        entered = [tier for tier in (VIP, KEY) if after <= tier < before]
        assert all(value < FLOORS[tier][1] for tier in left)
        assert all(value >= FLOORS[tier][0] for tier in entered)


@given(st.integers(20, 200), st.lists(st.floats(-0.045, 0.045), min_size=2, max_size=40))
def test_a_value_that_swings_by_less_than_the_margin_never_flips_back(level, swings):
    # Within 4.5 % either way the greatest is under 1.045 / 0.955 = 1.094 times the least, and 1 / .9 is 1.11.
    tiers = [
        one.tier[0]
        for one in path(
            [[round(level * 100 * (1 + swing))] for swing in swings], AtLeast({"VIP": 10_000, "key": 5_000})
        )
    ]
    changes = [after - before for before, after in itertools.pairwise(tiers) if after != before]
    assert all(change < 0 for change in changes), "up at most"
    assert len(changes) <= 1


@given(st.lists(st.lists(st.integers(0, 40), min_size=12, max_size=12), min_size=2, max_size=8), st.integers(0, 5))
def test_moving_limits_and_capacities_hold_for_everybody(days, seats):
    capacity = {"VIP": seats} if seats else {}
    found = path(days, TopShare({"VIP": 0.25, "key": 0.5}), 0.2, capacity)
    for before, after in itertools.pairwise(found):
        numbers = after.worth.numbers
        assert not seats or (after.tier == VIP).sum() <= seats
        for tier in (VIP, KEY):
            left = (before.tier <= tier) & (after.tier > tier) & (numbers > 0) & (after.why != FULL)
            entered = (before.tier > tier) & (after.tier <= tier)
            start = after.starts[tier]
            assert start is None or (numbers[left] * 10 < start * 8).all()
            assert (numbers[entered] >= start).all() if entered.any() else True


def test_a_standing_needs_a_day():
    with pytest.raises(ValueError, match="a day at least"):
        replayed([], LIMITS, 0.1, NO_CAPACITY)
