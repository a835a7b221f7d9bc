"""Customers who behave as the models say, drawn order by order."""

from collections.abc import Callable

import numpy as np

from cpm_core.customers.models import (
    Fit,
    History,
    fit_bgnbd,
    fit_gamma_gamma,
    fit_mbgnbd,
    fit_paretonbd,
    fit_sbg,
)

CUSTOMERS = {"pareto_nbd": 1200}
"""Of a population; each of Pareto/NBD costs an integral. Others: 4,000."""
TRUTH = {
    "bg_nbd": (0.6, 6.0, 0.8, 2.4),
    "mbg_nbd": (0.8, 6.0, 0.7, 2.2),
    "pareto_nbd": (1.5, 6.0, 0.9, 20.0),
    "gamma_gamma": (6.0, 4.0, 15.0),
    "sbg": (0.7, 2.5),
}


def population(model: str, rng: np.random.Generator) -> Fit:
    """A fit to customers who are drawn from the model's truth."""
    return FITS[model](rng, TRUTH[model], CUSTOMERS.get(model, 4000))


def orders(rng, rate, T, stays: Callable[[np.ndarray], np.ndarray], until) -> History:
    """Orders at ``rate`` until T, until a time of leaving, or until ``stays`` says no after an order."""
    x, t_x, now = np.zeros(len(rate)), np.zeros(len(rate)), np.zeros(len(rate))
    active = np.flatnonzero(stays(np.arange(len(rate))) if until is None else until > 0)
    while len(active):
        now[active] += rng.exponential(1 / rate[active])
        end = T[active] if until is None else np.minimum(T, until)[active]
        active = active[now[active] < end]
        x[active] += 1
        t_x[active] = now[active]
        if until is None:
            active = active[stays(active)]
    return History.of(x, t_x, T)


def _geometric(fit, first_chance):
    def drawn(rng, truth, customers):
        r, alpha, a, b = truth
        rate, leaves = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
        begun = not first_chance

        def stays(who):
            nonlocal begun
            if begun:  # BG/NBD: nobody leaves after the first order
                begun = False
                return np.ones(len(who), bool)
            return rng.random(len(who)) >= leaves[who]

        return fit(orders(rng, rate, rng.uniform(50, 100, customers), stays, None))

    return drawn


def _pareto(rng, truth, customers):
    r, alpha, s, beta = truth
    rate = rng.gamma(r, 1 / alpha, customers)
    until = rng.exponential(1 / rng.gamma(s, 1 / beta, customers))
    return fit_paretonbd(orders(rng, rate, rng.uniform(50, 100, customers), None, until))


def _spending(rng, truth, customers):
    p, q, v = truth
    x = 1 + rng.poisson(2, customers)
    return fit_gamma_gamma(x, rng.gamma(p * x) / (x * rng.gamma(q, 1 / v, customers)))


def _contracts(rng, truth, customers):
    lost = rng.geometric(rng.beta(*truth, customers)) - 1
    seen = rng.integers(1, 13, customers)
    return fit_sbg(np.minimum(lost, seen), lost < seen)


FITS = {
    "bg_nbd": _geometric(fit_bgnbd, first_chance=False),
    "mbg_nbd": _geometric(fit_mbgnbd, first_chance=True),
    "pareto_nbd": _pareto,
    "gamma_gamma": _spending,
    "sbg": _contracts,
}
