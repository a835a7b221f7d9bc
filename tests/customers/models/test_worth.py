"""Values over a horizon, and how sure they are."""

import numpy as np
import pytest
from scipy.special import beta as beta_function

from cpm_core.customers.models import (
    MONTH,
    Fit,
    History,
    discounted_orders,
    discounted_renewals,
    discounted_value,
    expected_orders,
    expected_value,
    fit_bgnbd,
    fit_gamma_gamma,
    fit_sbg,
    fit_sbg_survivors,
    orders_interval,
    probability_alive,
    survival,
    value_interval,
)
from tests.customers.models import cdnow


@pytest.fixture(scope="module")
def fitted():
    """BG/NBD and Gamma–Gamma of CDNOW by day, the history, and means."""
    orders = cdnow.from_events()
    history = cdnow.history(orders)
    return fit_bgnbd(history), fit_gamma_gamma(*cdnow.repeat_means()), history, orders["mean"].to_numpy()


@pytest.mark.parametrize("months", [1, 12, 36])
def test_the_sum_over_months(fitted, months):
    """The KPI book's: the sum of (E[Y(m)] - E[Y(m - 1)]) * E[value] * 1.1^(-m/12), month by month."""
    fit, spending, history, mean = fitted
    worth, before = np.zeros(history.customers), np.zeros(history.customers)
    for m in range(1, months + 1):
        until = expected_orders(fit, history, m * 30.4375)
        worth += (until - before) * 1.1 ** (-m / 12)
        before = until
    assert discounted_orders(fit, history, months) == pytest.approx(worth, rel=1e-10)
    value = expected_value(spending, history.spread(history.x), mean)
    assert discounted_value(fit, spending, history, mean, months=months) == pytest.approx(worth * value, rel=1e-10)
    plain = discounted_orders(fit, history, months, 0.0)
    assert plain == pytest.approx(before, rel=1e-10)


def test_a_month_in_weeks(fitted):
    fit, _, history, _ = fitted
    weeks = cdnow.from_events().assign(t_x=lambda rows: rows["t_x"] / 7, T=lambda rows: rows["T"] / 7)
    by_week = fit_bgnbd(cdnow.history(weeks))
    ours = discounted_orders(by_week, cdnow.history(weeks), month=MONTH / 7)
    assert ours == pytest.approx(discounted_orders(fit, history), rel=1e-7)


def test_value_lies_between_the_own_mean_and_everybodys(fitted):
    """p (v + x z) / (p x + q - 1), at p 6.25 q 3.75 v 15.4: none 6.25 * 15.4 / 2.75 = 35; two of 50
    6.25 * 115.4 / 15.25 = 47.2951."""
    fit = Fit("gamma_gamma", ("p", "q", "v"), np.array([6.25, 3.75, 15.4]), np.zeros((3, 3)), 0.0, 1)
    assert expected_value(fit, [0, 2], [np.nan, 50]) == pytest.approx([35, 47.2950819672], rel=1e-10)


def drawn(fit, rng, size=300):
    """Parameters as uncertain as the fit says."""
    return np.exp(rng.multivariate_normal(np.log(fit.values), fit.log_covariance, size))


def at(fit, values):
    return Fit(fit.model, fit.names, values, fit.log_covariance, fit.log_likelihood, fit.n)


def test_intervals_are_as_wide_as_drawn_parameters_make_them(fitted):
    """Against the spread of forecasts under parameters drawn from their distribution; some are not linear enough for
    more than a few percent."""
    fit, spending, history, mean = fitted
    rng = np.random.default_rng(4)
    orders, values, totals = [], [], []
    for first, second in zip(drawn(fit, rng), drawn(spending, rng), strict=True):
        orders.append(expected_orders(at(fit, first), history, 365))
        value = discounted_value(at(fit, first), at(spending, second), history, mean, months=1)
        totals.append(value.sum())
        values.append(value[:50])
    band = orders_interval(fit, history, 365)
    assert band.value == pytest.approx(expected_orders(fit, history, 365), rel=1e-12)
    width = np.log(band.high / band.low)[:50] / (2 * 1.959964)
    assert width == pytest.approx(np.log(orders).std(axis=0)[:50], rel=0.2)
    total = np.log(band.total_high / band.total_low) / (2 * 1.959964)
    assert total == pytest.approx(np.log(np.sum(orders, axis=1)).std(), rel=0.1)
    worth = value_interval(fit, spending, history, mean, months=1)
    assert worth.total == pytest.approx(worth.value.sum())
    width = np.log(worth.high / worth.low)[:50] / (2 * 1.959964)
    assert width == pytest.approx(np.log(values).std(axis=0), rel=0.2)
    total = np.log(worth.total_high / worth.total_low) / (2 * 1.959964)
    assert total == pytest.approx(np.log(totals).std(), rel=0.1)


def test_intervals_reach_further_where_more_is_asked(fitted):
    fit, spending, history, mean = fitted
    narrow, wide = (value_interval(fit, spending, history, mean, confidence=level) for level in (0.8, 0.99))
    assert (narrow.value == wide.value).all()
    assert (wide.low < narrow.low).all()
    assert (narrow.high < wide.high).all()
    assert wide.total_low < narrow.total_low < narrow.total < narrow.total_high < wide.total_high


def test_the_interval_of_who_is_surely_gone(fitted):
    """Two orders of five hundred in a week, then nothing for three years: alive with less than 1e-300."""
    fit, spending, _, _ = fitted
    history = History.of([500, 500, 2], [7, 700, 30], [1000, 710, 90])
    band = value_interval(fit, spending, history, [20, 20, 20])
    assert band.value[0] < 1e-200
    assert np.isfinite(band.high).all()
    assert np.isfinite([band.total, band.total_low, band.total_high]).all()
    # Nobody is expected to bring more than if they were there for sure, and that is known to a few percent.
    there = discounted_orders(fit, history) / probability_alive(fit, history).clip(1e-300)
    assert (band.high <= there * expected_value(spending, [500, 500, 2], 20) * 2).all()


def test_nobody_is_worth_nothing(fitted):
    fit, spending, _, _ = fitted
    band = value_interval(fit, spending, History.of([], [], []), [])
    assert (len(band.value), band.total, band.total_low, band.total_high) == (0, 0, 0, 0)


def test_contracts_worth():
    """Of alpha 2, beta 3: S(t) = B(2, 3 + t) / B(2, 3), kept after n by S(n + t) / S(n)."""
    fit = Fit("sbg", ("alpha", "beta"), np.array([2.0, 3.0]), np.zeros((2, 2)), 0.0, 1)

    def kept(t):
        return beta_function(2, 3 + t) / beta_function(2, 3)

    assert kept(1) == pytest.approx(3 / 5)
    assert survival(fit, [0, 4], [1, 2]) == pytest.approx([3 / 5, kept(6) / kept(4)], rel=1e-12)
    by_hand = [sum(kept(n + m) / kept(n) * 1.1 ** (-m / 12) for m in range(1, 13)) for n in (0, 4, 0)]
    assert discounted_renewals(fit, [0, 4, 0]) == pytest.approx(by_hand, rel=1e-12)


def test_contracts_by_row_are_the_cohort():
    """Of 10, two are lost at the first renewal, one at the second and three at the third; four still run."""
    cohort = fit_sbg_survivors(10, [8, 7, 4])
    rows = fit_sbg([0, 0, 1, 2, 2, 2, 3, 3, 3, 3], [True] * 6 + [False] * 4)
    assert rows.state == cohort.state
    assert rows.log_likelihood == pytest.approx(cohort.log_likelihood, nan_ok=True)
    a, b = (0.668, 3.806)
    fit = fit_sbg_survivors(1000, [869, 743, 653, 593, 551, 517, 491])
    # ln L by the recursion of the paper: P(1) = a / (a + b), P(t) = P(t - 1) (b + t - 2) / (a + b + t - 1).
    chance, left, likelihood = a / (a + b), 1.0, 0.0
    for t, lost in enumerate((131, 126, 90, 60, 42, 34, 26), start=1):
        chance = chance if t == 1 else chance * (b + t - 2) / (a + b + t - 1)
        left -= chance
        likelihood += lost * np.log(chance)
    assert fit.log_likelihood == pytest.approx(likelihood + 491 * np.log(left), abs=1e-3)
