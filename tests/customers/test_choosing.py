"""The optimum of a plan, against every subset that there is."""

from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpm_core.customers.choosing import Line, choose


def line(gains, cost, hours):
    return Line(np.array(sorted(gains, reverse=True), dtype=float), Decimal(cost), Decimal(hours))


def gain(lines, counts):
    return sum(float(one.gains[:count].sum()) for one, count in zip(lines, counts, strict=True))


def used(lines, counts, what):
    return sum((getattr(one, what) * count for one, count in zip(lines, counts, strict=True)), Decimal(0))


def best_of_all_subsets(lines, budget, hours):
    """The greatest gain over every subset of candidates (not only the first ones of each line)."""
    candidates = [(value, one.cost, one.hours) for one in lines for value in one.gains]
    best = 0.0
    for taken in product((False, True), repeat=len(candidates)):
        chosen = [one for one, there in zip(candidates, taken, strict=True) if there]
        if sum((c for _, c, _ in chosen), Decimal(0)) > budget or sum((h for _, _, h in chosen), Decimal(0)) > hours:
            continue
        best = max(best, sum(value for value, _, _ in chosen))
    return best


def test_a_case_worked_by_hand_where_the_best_ratio_is_wrong():
    # Budget 10. By gain over cost 7/3 comes first; 7 are left, enough for one of 5: 7 + 8 = 15 for 8 of the money.
    # The two of 5 take all 10 and give 8 + 7.9 = 15.9.
    lines = [line([8, 7.9], "5", "0"), line([7], "3", "0")]
    assert choose(lines, Decimal(10), None) == [2, 0]
    assert choose(lines, Decimal("9.9999"), None) == [1, 1]


def test_hours_bind_as_money_does():
    # Three hours: one visit of 2 h (10) and one call of 1 h (4) give 14; three calls give 4 + 3 + 2 = 9.
    lines = [line([10, 9], "1", "2"), line([4, 3, 2], "0", "1")]
    assert choose(lines, Decimal(100), Decimal(3)) == [1, 1]
    assert choose(lines, None, Decimal(4)) == [2, 0]  # 19 is more than 10 + 4 + 3
    assert choose(lines, Decimal(1), None) == [1, 3]


def test_without_limits_all_are_taken_and_with_none_to_spend_only_what_is_free():
    lines = [line([3, 2], "1", "1"), line([1], "0", "0")]
    assert choose(lines, None, None) == [2, 1]
    assert choose(lines, Decimal(0), Decimal(0)) == [0, 1]
    assert choose([line([], "1", "1")], Decimal(5), None) == [0]


def test_tenths_add_up_exactly():
    # Three tenths are 0.3, although 0.1 + 0.1 + 0.1 > 0.3 in binary fractions.
    assert choose([line([3, 2, 1], "0.1", "0")], Decimal("0.3"), None) == [3]
    assert choose([line([3, 2, 1], "0.1", "0")], Decimal("0.2999"), None) == [2]


LINES = st.lists(
    st.tuples(
        st.lists(st.integers(1, 50), max_size=4),
        st.sampled_from(["0", "0.5", "1.25", "3", "7"]),
        st.sampled_from(["0", "0.25", "1", "2.5"]),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60)
@given(LINES, st.decimals(0, 20, places=2), st.decimals(0, 8, places=2))
def test_no_subset_is_better_and_nothing_is_exceeded(given_lines, budget, hours):
    lines = [line(*one) for one in given_lines]
    counts = choose(lines, budget, hours)
    assert used(lines, counts, "cost") <= budget
    assert used(lines, counts, "hours") <= hours
    assert gain(lines, counts) == pytest.approx(best_of_all_subsets(lines, budget, hours), rel=1e-9)


def test_many_candidates_are_as_few_whole_numbers_as_there_are_actions():
    # 30,000 candidates under two limits, against the bound of the linear programme by its dual: at any prices of
    # money and hours, the gain is at most what the limits are worth plus what each candidate gives beyond its price.
    rng = np.random.default_rng(5)
    lines = [line(rng.gamma(2, 20, 10_000), cost, hours) for cost, hours in (("3", "0.5"), ("11", "0.1"), ("2", "1"))]
    budget, hours = Decimal(30_000), Decimal(4_000)
    counts = choose(lines, budget, hours)
    assert used(lines, counts, "cost") <= budget
    assert used(lines, counts, "hours") <= hours

    def bound(money, time):
        beyond = (np.clip(x.gains - money * float(x.cost) - time * float(x.hours), 0, None).sum() for x in lines)
        return money * float(budget) + time * float(hours) + sum(beyond)

    from scipy.optimize import minimize

    least = minimize(lambda prices: bound(*np.abs(prices)), [1.0, 1.0], method="Nelder-Mead").fun
    assert gain(lines, counts) <= least
    assert gain(lines, counts) >= least - 2 * max(one.gains[0] for one in lines)
