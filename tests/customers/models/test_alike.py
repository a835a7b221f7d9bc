"""The models of customers who do not differ in how readily they leave: as the limits of those who do."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from cpm_core.customers.models import History
from cpm_core.customers.models.alike import BG_ALIKE, MBG_ALIKE, PARETO_ALIKE
from cpm_core.customers.models.geometric import BG_NBD, MBG_NBD
from cpm_core.customers.models.orders import fit_alike, fit_bgnbd
from cpm_core.customers.models.pareto import PARETO_NBD

HISTORY = History.of([0, 0, 1, 2, 9, 40], [0, 0, 30, 200, 300, 364], [365, 10, 365, 250, 500, 365])
FAR = 1e7
"""In place of infinity."""


@pytest.mark.parametrize(
    ("alike", "whole", "values", "limit"),
    [
        (BG_ALIKE, BG_NBD, (0.8, 40.0, 0.05), (0.8, 40.0, 0.05 * FAR, FAR)),
        (MBG_ALIKE, MBG_NBD, (0.8, 40.0, 0.05), (0.8, 40.0, 0.05 * FAR, FAR)),
        (PARETO_ALIKE, PARETO_NBD, (0.8, 40.0, 900.0), (0.8, 40.0, FAR, 900.0 * FAR)),
    ],
)
def test_is_the_limit_of_the_whole_model(alike, whole, values, limit):
    few, many = np.array(values), np.array(limit)
    both = [model.log_likelihood(at, HISTORY) for model, at in ((alike, few), (whole, many))]
    assert both[0] == pytest.approx(both[1], abs=2e-4)
    there = [m.alive(at, HISTORY.x, HISTORY.t_x, HISTORY.T) for m, at in ((alike, few), (whole, many))]
    assert there[0] == pytest.approx(there[1], abs=2e-4)


@pytest.mark.parametrize("alike", [BG_ALIKE, MBG_ALIKE, PARETO_ALIKE])
def test_the_slope_is_that_of_the_likelihood(alike):
    at, step = alike.start(300.0) * 1.3, 1e-5
    total, slope = alike.score(at, HISTORY)
    assert total == pytest.approx(HISTORY.weight @ alike.log_likelihood(at, HISTORY))
    for place, by in enumerate(np.eye(3) * step):
        ends = [alike.score(at * np.exp(sign * by), HISTORY)[0] for sign in (1, -1)]
        assert slope[place] * at[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-4)


def test_orders_ahead_are_an_integral_over_rates():
    """At rate l and probability p of leaving: (1 - exp(-l p t)) / p; l is Gamma(r + x, alpha + T)."""
    r, alpha, odds, x, T, t = 0.8, 40.0, 0.05, 3.0, 200.0, 365.25
    p, law = odds / (1 + odds), gamma(r + x, scale=1 / (alpha + T))
    whole = quad(lambda rate: (1 - np.exp(-rate * p * t)) / p * law.pdf(rate), 0, np.inf)[0]
    found = BG_ALIKE.orders_if_alive(np.array([r, alpha, odds]), np.array([x]), np.array([T]), t)
    assert found == pytest.approx(whole, rel=1e-8)


def test_customers_who_leave_alike_are_found_out():
    """4,000 customers, Gamma(0.8, 40) orders a day over 730 days, who leave after an order with probability .04."""
    draw = np.random.default_rng(5)
    rates, x, t_x = draw.gamma(0.8, 1 / 40, 4000), np.zeros(4000), np.zeros(4000)
    for who, rate in enumerate(rates):
        now = draw.exponential(1 / rate)
        while now < 730:
            x[who], t_x[who] = x[who] + 1, now
            if draw.random() < 0.04:
                break
            now += draw.exponential(1 / rate)
    history = History.of(x, t_x, np.full(4000, 730.0))
    fit = fit_alike("bg_nbd", history)
    low, high = fit.limits(0.999)
    assert (low < [0.8, 40.0, 0.04 / 0.96]).all()
    assert (high > [0.8, 40.0, 0.04 / 0.96]).all()
    whole = fit_bgnbd(history)
    # The whole model finds nothing that it adds: it is not identified, or hardly more likely.
    assert not whole.ok or whole.log_likelihood - fit.log_likelihood < 4
