"""Two-sample tests against published examples and SciPy."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cpm_core.measure import intervals
from cpm_core.scorecard.changes import Sample, benjamini_hochberg, change

GOLDEN = Path(__file__).parent.parent / "golden"
PUBLISHED = pd.read_csv(GOLDEN / "newcombe.csv", comment="#")


def share(successes, n, confidence=0.95):
    low, high = intervals.wilson(np.array([float(successes)]), np.array([float(n)]), confidence)
    return Sample(successes / n, n, float(low[0]), float(high[0]), share=True, error=math.nan)


def mean(values):
    error = float(np.std(values, ddof=1) / math.sqrt(len(values)))
    return Sample(float(np.mean(values)), len(values), math.nan, math.nan, share=False, error=error)


@pytest.mark.parametrize("row", list(PUBLISHED.itertuples(index=False)), ids=str)
def test_newcombe_of_published_examples(row):
    found = change(share(row.a, row.m), share(row.b, row.n), 0.95)
    assert found.difference == pytest.approx(row.a / row.m - row.b / row.n)
    assert (round(found.low, 4), round(found.high, 4)) == (row.low, row.high)


@given(a=st.integers(0, 40), b=st.integers(0, 60), confidence=st.sampled_from([0.8, 0.95, 0.99]))
def test_a_share_has_changed_where_its_interval_excludes_0(a, b, confidence):
    found = change(share(a, 40, confidence), share(b, 60, confidence), confidence)
    assert found.low <= found.difference <= found.high
    if min(abs(found.low), abs(found.high)) > 1e-9:
        assert (found.p < 1 - confidence) == (not found.low < 0 < found.high)


def test_a_change_mirrors():
    up, down = change(share(30, 40), share(20, 40), 0.95), change(share(20, 40), share(30, 40), 0.95)
    assert (up.low, up.high, up.p) == pytest.approx((-down.high, -down.low, down.p))


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ([3.0, 4.0, 5.0, 9.0], [1.0, 2.0, 2.0, 3.0, 8.0]),
        ([100.0, -100.0, 0.0, 100.0, 100.0], [0.0, -100.0, -100.0, 100.0]),
        ([1.0, 1.0, 1.5], [2.0, 3.0, 2.5]),
    ],
)
def test_welch_equals_scipy(now, then):
    found = change(mean(now), mean(then), 0.95)
    expected = stats.ttest_ind(now, then, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert (found.low, found.high, found.p) == pytest.approx((interval.low, interval.high, expected.pvalue))


def test_means_without_spread():
    same, other = mean([2.0, 2.0]), mean([3.0, 3.0])
    assert change(same, same, 0.95).p == 1
    assert change(same, other, 0.95).p == 0


def test_one_row_tells_nothing_of_its_spread():
    # Clustering may leave no more than one effective row.
    alone = Sample(3.0, 1.0, math.nan, math.nan, share=False, error=0.5)
    found = change(alone, mean([1.0, 2.0]), 0.95)
    assert (found.difference, math.isnan(found.p)) == (1.5, True)


def test_amounts_are_compared_without_a_test():
    total = Sample(120.0, 4, math.nan, math.nan, share=False, error=math.nan)
    found = change(total, Sample(100.0, 4, math.nan, math.nan, share=False, error=math.nan), 0.95)
    assert found.difference == 20
    assert all(map(math.isnan, (found.low, found.high, found.p)))


def test_benjamini_hochberg_of_the_papers_example():
    table = pd.read_csv(GOLDEN / "benjamini_hochberg.csv", comment="#")
    assert benjamini_hochberg(table["p"].tolist()) == table["rejected"].astype(bool).tolist()
    shuffled = table.sample(frac=1, random_state=3)
    assert benjamini_hochberg(shuffled["p"].tolist()) == shuffled["rejected"].astype(bool).tolist()


@given(st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=30))
def test_benjamini_hochberg_equals_scipy(p_values):
    found = benjamini_hochberg(p_values)
    known = [p for p in p_values if not math.isnan(p)]
    expected = iter(stats.false_discovery_control(known) <= 0.05 if known else [])
    for p, rejected in zip(p_values, found, strict=True):
        assert rejected == (False if math.isnan(p) else bool(next(expected)))


def test_nothing_to_test():
    assert benjamini_hochberg([]) == []
    assert benjamini_hochberg([math.nan]) == [False]
