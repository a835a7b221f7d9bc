"""Kaplan-Meier against published values, SciPy and hand-worked medians."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cpm_core.measure.survival import kaplan_meier, quantile, quantile_interval

GOLDEN = Path(__file__).parent.parent / "golden"


def curve_of(events, censored=()):
    """The curve of single times."""
    times = sorted({*events, *censored})
    counts = [np.array([float(list(some).count(t)) for t in times]) for some in (events, censored)]
    return kaplan_meier(np.array(times, dtype=float), *counts)


def survival_at(curve, time):
    before = np.flatnonzero(curve.times <= time)
    return 1.0 if not len(before) else float(curve.survival[before[-1]])


@pytest.fixture(scope="module")
def remission():
    rows = pd.read_csv(GOLDEN / "kaplan_meier_6mp.csv", comment="#")
    wide = rows.pivot_table(index="weeks", columns="relapse", values="patients", aggfunc="sum", fill_value=0)
    return kaplan_meier(wide.index.to_numpy(float), wide[1].to_numpy(float), wide[0].to_numpy(float))


@pytest.mark.parametrize(("week", "share"), [(5, 1), (6, 0.8571), (10, 0.7529), (23, 0.4482), (35, 0.4482)])
def test_published_survival(remission, week, share):
    assert round(survival_at(remission, week), 4) == share


def test_published_median_and_counts(remission):
    assert (remission.n, remission.events, remission.longest) == (21, 9, 35)
    assert quantile(remission, 0.5) == 23


def test_brookmeyer_crowley_worked_by_hand(remission):
    # On the log-log scale, with log(-log .5) = -.3665 and Greenwood's sum G:
    # t 10: S .7529 G .016375: (-1.2594 + .3665) / (.12797 / .28382) = -1.980, outside 1.960;
    # t 13: S .6902 G .023951: ( -.9922 + .3665) / (.15476 / .37077) = -1.499, inside: the lower limit.
    # t 23: S .4482: no time is beyond the upper side.
    low, high = quantile_interval(remission, 0.5, 0.95)
    assert low == 13
    assert math.isnan(high)


def test_brookmeyer_crowley_has_an_upper_limit_where_the_data_reach():
    curve = curve_of(range(1, 31), censored=[31])
    low, high = quantile_interval(curve, 0.5, 0.95)
    assert low < quantile(curve, 0.5) < high
    z = stats.norm.ppf(0.975)
    # Every time between the limits is not rejected, the upper limit is the first that is.
    for t, s, g in zip(curve.times, curve.survival, curve.greenwood, strict=True):
        distance = (math.log(-math.log(s)) - math.log(math.log(2))) * -math.log(s) / math.sqrt(g)
        assert (abs(distance) <= z) == (low <= t < high), t


def test_order_statistics_without_censoring():
    # Of 21 rows the limits are the 6th and the 16th (binomial .5: P(X <= 5) = .0133, P(X <= 6) = .0392).
    assert quantile_interval(curve_of(range(1, 22)), 0.5, 0.95) == (6, 16)
    # Six rows are the least: smallest and largest, 1 - 2 / 64 = .969.
    assert quantile_interval(curve_of([1, 2, 3, 5, 8, 13]), 0.5, 0.95) == (1, 13)
    assert all(map(math.isnan, quantile_interval(curve_of([1, 2, 3, 5, 8]), 0.5, 0.95)))


@pytest.mark.parametrize(
    ("events", "censored", "median"),
    [
        ([1, 2, 3], [], 2),
        ([1, 2, 3, 4], [], 2.5),  # the usual median of an even number
        ([5, 5, 5], [], 5),
        ([1, 2], [2], 2),  # S(1) 2/3; at 2 the censored row is still at risk: S(2) 1/3
        ([3], [1, 2], 3),  # two left before anything happened: S(3) 0
        ([1], [2, 3], math.nan),  # stays at 2/3
        ([], [1, 2], math.nan),
    ],
)
def test_medians_worked_by_hand(events, censored, median):
    assert quantile(curve_of(events, censored), 0.5) == pytest.approx(median, nan_ok=True)


@given(
    events=st.lists(st.integers(0, 12), min_size=1, max_size=30),
    censored=st.lists(st.integers(0, 12), max_size=30),
)
def test_equals_scipy(events, censored):
    curve = curve_of(events, censored)
    expected = stats.ecdf(stats.CensoredData(uncensored=events, right=censored)).sf
    for time in range(13):
        assert survival_at(curve, time) == pytest.approx(float(expected.evaluate(time)), abs=1e-12)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40))
def test_without_censoring_the_median_is_the_usual_one(times):
    assert quantile(curve_of(times), 0.5) == np.median(times)
