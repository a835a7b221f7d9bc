"""A change and its parts: worked by hand, published, and held by algebra on random members."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpm_core.scorecard.split import contributions, mix_and_rate, shapley

GOLDEN = Path(__file__).parent.parent / "golden"
MONEY = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 2))
COUNTS = st.integers(0, 10_000).map(float)


def sides(amounts):
    """A row before and a row after, a column a member."""
    return st.lists(st.tuples(amounts, amounts), min_size=1, max_size=30).map(lambda both: np.array(both).T)


def adds_up(split):
    size = max(np.abs(split.parts).sum(), abs(split.before), abs(split.after), 1.0)
    return abs(split.parts.sum() - (split.after - split.before)) <= 1e-9 * size


# Contributions


def test_contributions_are_the_members_changes():
    # 100 + 50 = 150, 80 + 90 = 170: -20 and +40 of +20.
    split = contributions(np.array([[100.0, 50.0], [80.0, 90.0]]))
    assert (split.before, split.after) == (150, 170)
    assert split.parts.tolist() == [-20, 40]
    # Had both changed alike: their shares of 320 are 180 and 140, so 11.25 and 8.75 of +20.
    assert split.uneven == pytest.approx([-31.25, 31.25])
    assert split.mix is None


@given(sides(MONEY))
def test_contributions_add_up(amounts):
    split = contributions(amounts)
    assert adds_up(split)
    assert np.isfinite(split.weights).all()


# Mix and rate


def test_simpsons_paradox_worked_by_hand():
    # Store: 9 orders of 100 each, then 4 of 110. Market: 1 of 20, then 6 of 30.
    # 920 / 10 = 92 before, 620 / 10 = 62 after: the mean falls by 30 while each order is 10 dearer.
    split = mix_and_rate(np.array([[900.0, 20.0], [440.0, 180.0]]), np.array([[9.0, 1.0], [4.0, 6.0]]))
    assert (split.before, split.after) == (92, 62)
    # Weights .9 and .1 become .4 and .6; R_bar = 77, r_bar = 105 and 25:
    # mix: -.5 x (105 - 77) = -14 and .5 x (25 - 77) = -26, -40 together.
    assert split.mix == pytest.approx([-14, -26])
    # rate: .65 x 10 = 6.5 and .35 x 10 = 3.5, 10 together.
    assert split.rate == pytest.approx([6.5, 3.5])
    assert split.parts == pytest.approx([-7.5, -22.5])
    assert split.parts.sum() == pytest.approx(-30)


def test_an_absent_member_is_all_mix():
    # A stays at 4 of 10; B comes with 9 of 10. .4 becomes 13 / 20 = .65; R_bar = .525.
    # A: weight 1 to .5, mix -.5 x (.4 - .525) = .0625; B: 0 to .5 at its .9, mix .5 x (.9 - .525) = .1875.
    split = mix_and_rate(np.array([[4.0, 0.0], [4.0, 9.0]]), np.array([[10.0, 0.0], [10.0, 10.0]]))
    assert split.mix == pytest.approx([0.0625, 0.1875])
    assert split.rate == pytest.approx([0, 0])
    assert np.isnan(split.figures[0, 1])


def test_a_member_that_leaves_is_all_mix():
    # The same the other way round.
    split = mix_and_rate(np.array([[4.0, 9.0], [4.0, 0.0]]), np.array([[10.0, 10.0], [10.0, 0.0]]))
    assert split.mix == pytest.approx([-0.0625, -0.1875])
    assert split.rate == pytest.approx([0, 0])


def test_a_numerator_without_a_denominator_is_counted_as_rate():
    # Returns of 5 in a channel without sales: 10 / 100 becomes 15 / 100; nothing of the mix has moved.
    split = mix_and_rate(np.array([[10.0, 0.0], [10.0, 5.0]]), np.array([[100.0, 0.0], [100.0, 0.0]]))
    assert split.parts == pytest.approx([0, 0.05])
    assert split.rate == pytest.approx([0, 0.05])


def test_members_that_change_alike_are_even():
    # Both rise by .1 at unchanged weights of .25 and .75.
    split = mix_and_rate(np.array([[2.0, 15.0], [3.0, 18.0]]), np.array([[10.0, 30.0], [10.0, 30.0]]))
    assert split.parts == pytest.approx([0.025, 0.075])
    assert split.uneven == pytest.approx([0, 0], abs=1e-15)


def test_without_a_denominator_there_is_nothing_to_split():
    with pytest.raises(ZeroDivisionError):
        mix_and_rate(np.array([[1.0], [1.0]]), np.array([[0.0], [2.0]]))


@given(st.lists(st.tuples(MONEY, MONEY, COUNTS, COUNTS), min_size=1, max_size=30))
def test_mix_and_rate_add_up_whatever_is_absent(members):
    above, below = np.array([one[:2] for one in members]).T, np.array([one[2:] for one in members]).T
    if (below.sum(axis=1) == 0).any():
        return
    split = mix_and_rate(above, below)
    assert adds_up(split)
    # Each is what the definition says of the whole, computed apart.
    assert split.before == pytest.approx(above[0].sum() / below[0].sum(), rel=1e-9, abs=1e-9)
    assert split.after == pytest.approx(above[1].sum() / below[1].sum(), rel=1e-9, abs=1e-9)
    assert split.mix + split.rate == pytest.approx(split.parts)


@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=2, max_size=20), st.floats(0, 1))
def test_alike_rates_have_no_mix(weights, rate):
    # Whatever the weights do, members of one rate have nothing to mix.
    below = np.array(weights).T
    if (below.sum(axis=1) == 0).any():
        return
    split = mix_and_rate(rate * below, below)
    assert split.mix == pytest.approx(np.zeros(below.shape[1]), abs=1e-12)


# Factors


def test_shapley_of_the_golden_product():
    golden = pd.read_csv(GOLDEN / "shapley.csv", comment="#")
    parts = shapley(golden["before"], golden["after"])
    assert parts == pytest.approx(golden["part"].to_numpy(), abs=5e-4)


def test_shapley_of_three_factors_by_hand():
    # 1 x 2 x 3 = 6 becomes 2 x 2 x 5 = 20. The middle one did not move. Of the others, as with two
    # factors, times 2: (2 - 1) x (3 + 5) / 2 x 2 = 8 and (5 - 3) x (1 + 2) / 2 x 2 = 6; together 14.
    assert shapley([1, 2, 3], [2, 2, 5]) == pytest.approx([8, 0, 6])


FACTOR = st.floats(0, 1e4, allow_nan=False)


@given(st.lists(st.tuples(FACTOR, FACTOR), min_size=1, max_size=5))
def test_shapley_values_add_up(factors):
    before, after = zip(*factors, strict=True)
    parts = shapley(before, after)
    whole = np.prod(after) - np.prod(before)
    assert abs(parts.sum() - whole) <= 1e-9 * max(np.abs(parts).sum(), np.prod(before), np.prod(after), 1.0)


@given(st.lists(st.tuples(FACTOR, FACTOR), min_size=2, max_size=4))
def test_what_did_not_move_has_no_part(factors):
    before, after = (list(side) for side in zip(*factors, strict=True))
    after[0] = before[0]
    assert shapley(before, after)[0] == 0
