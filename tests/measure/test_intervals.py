"""Intervals against published examples and against SciPy."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cpm_core.measure import intervals

GOLDEN = Path(__file__).parent.parent / "golden"
CONFIDENCE = 0.95


def as_arrays(*values):
    return [np.array([value], dtype="float64") for value in values]


def one(interval):
    return float(interval[0][0]), float(interval[1][0])


def test_wilson_of_published_examples():
    table = pd.read_csv(GOLDEN / "wilson.csv", comment="#")
    low, high = intervals.wilson(table["successes"].to_numpy(float), table["n"].to_numpy(float), CONFIDENCE)
    assert low.round(4).tolist() == table["low"].tolist()
    assert high.round(4).tolist() == table["high"].tolist()


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (3, 7), (50, 100), (999, 1000)])
def test_wilson_equals_scipy(successes, n, confidence):
    expected = stats.binomtest(successes, n).proportion_ci(confidence, method="wilson")
    assert one(intervals.wilson(*as_arrays(successes, n), confidence)) == pytest.approx(tuple(expected))


@pytest.mark.parametrize("sample", [[1.0, 2.0], [3.5, 4.0, 4.5, 9.0, -2.0], [5.0, 5.0, 5.0]])
def test_student_equals_scipy(sample):
    found = one(intervals.student(*as_arrays(np.mean(sample), np.var(sample, ddof=1), len(sample)), CONFIDENCE))
    error = np.std(sample, ddof=1) / math.sqrt(len(sample))
    if error:
        expected = stats.t.interval(CONFIDENCE, len(sample) - 1, loc=np.mean(sample), scale=error)
        assert found == pytest.approx(expected)
    else:
        assert found == (5, 5)


def test_one_row_has_no_interval_of_its_mean():
    assert all(map(math.isnan, one(intervals.student(*as_arrays(3, 0, 1), CONFIDENCE))))
    row = intervals.Sums(*as_arrays(3, 1, 9, 1, 3))
    assert all(map(math.isnan, one(intervals.ratio_of_sums(row, *as_arrays(1), CONFIDENCE))))


def test_delta_method_is_the_spread_of_residuals():
    num, den = np.array([3.0, 0.0, 5.0, 1.0, 2.5]), np.array([2.0, 1.0, 4.0, 0.0, 3.0])
    ratio, n = num.sum() / den.sum(), len(num)
    # The residuals of a ratio of sums have mean 0; the ratio's error is that of their sum.
    error = math.sqrt(n * np.var(num - ratio * den, ddof=1)) / den.sum()
    expected = stats.t.interval(CONFIDENCE, n - 1, loc=ratio, scale=error)
    sums = intervals.Sums(*as_arrays(num.sum(), den.sum(), (num**2).sum(), (den**2).sum(), (num * den).sum()))
    assert one(intervals.ratio_of_sums(sums, *as_arrays(n), CONFIDENCE)) == pytest.approx(expected)
    assert math.sqrt(float(intervals.ratio_variance(sums, *as_arrays(n))[0])) == pytest.approx(error)


def test_a_ratio_over_ones_is_a_mean():
    sample = np.array([3.0, 4.0, 8.0, 1.0])
    sums = intervals.Sums(*as_arrays(sample.sum(), 4, (sample**2).sum(), 4, sample.sum()))
    expected = intervals.student(*as_arrays(sample.mean(), sample.var(ddof=1), 4), CONFIDENCE)
    assert one(intervals.ratio_of_sums(sums, *as_arrays(4), CONFIDENCE)) == pytest.approx(one(expected))


@pytest.mark.parametrize(("promoters", "passives", "detractors"), [(3, 2, 2), (10, 0, 0), (0, 0, 4), (120, 60, 20)])
def test_adjusted_wald_is_the_spread_with_three_answers_more(promoters, passives, detractors):
    weights = [promoters + 0.75, passives + 1.5, detractors + 0.75]
    mean = np.average([100, 0, -100], weights=weights)
    variance = np.average((np.array([100, 0, -100]) - mean) ** 2, weights=weights)
    half = stats.norm.ppf(0.975) * math.sqrt(variance / sum(weights))
    n = promoters + passives + detractors
    found = one(intervals.adjusted_wald(*as_arrays(promoters, detractors, n), CONFIDENCE))
    assert found == pytest.approx((max(mean - half, -100), min(mean + half, 100)))


def test_design_effect_of_two_customers():
    # Answers 1 1 1 1 and 0 0 0 0: share .5; residuals by customer 2 and -2.
    # 2 / (2 - 1) x (4 + 4) / (8 x .25) = 8: eight answers tell no more than one.
    assert intervals.design_effect(*as_arrays(2, 8, 8, 0.25)) == 8


def test_design_effect_of_customers_with_one_answer_each_is_1():
    # 1 0 1 0: residuals .5 -.5 .5 -.5; 4/3 x 1 / (4 x .25) = 4/3, the sample variance's n / (n - 1).
    assert float(intervals.design_effect(*as_arrays(4, 1, 4, 0.25))[0]) == pytest.approx(4 / 3)
    assert float(intervals.design_effect(*as_arrays(4, 1, 4, 1 / 3))[0]) == pytest.approx(1)


@pytest.mark.parametrize(("clusters", "between", "n", "variance"), [(1, 0, 8, 0.25), (3, 0.1, 8, 0.25), (3, 0, 8, 0)])
def test_design_effect_is_at_least_1(clusters, between, n, variance):
    assert intervals.design_effect(*as_arrays(clusters, between, n, variance)) == 1


def test_nothing_is_nan_and_no_warning():
    nothing = as_arrays(0, 0)
    assert all(map(math.isnan, one(intervals.wilson(*nothing, CONFIDENCE))))
    assert all(map(math.isnan, one(intervals.adjusted_wald(*as_arrays(0, 0, 0), CONFIDENCE))))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.93])
def test_wilson_covers_the_truth(share):
    random = np.random.default_rng(1)
    n = np.full(4000, 60.0)
    low, high = intervals.wilson(random.binomial(60, share, 4000).astype(float), n, CONFIDENCE)
    assert ((low <= share) & (share <= high)).mean() == pytest.approx(0.95, abs=0.03)


def test_delta_method_covers_the_truth():
    random = np.random.default_rng(2)
    den = random.gamma(4, 1, (3000, 80))
    num = den * 2 + random.normal(0, 1, den.shape)
    sums = intervals.Sums(num.sum(1), den.sum(1), (num**2).sum(1), (den**2).sum(1), (num * den).sum(1))
    low, high = intervals.ratio_of_sums(sums, np.full(3000, 80.0), CONFIDENCE)
    assert ((low <= 2) & (high >= 2)).mean() == pytest.approx(0.95, abs=0.015)
