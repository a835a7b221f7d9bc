"""The models of orders where customers do not differ in how readily they leave.

Where the likelihood of BG/NBD rises as a and b run to infinity together, the data show no difference between
customers in the probability of leaving after an order; a / (a + b) is told all the same, and with it all that lies
ahead. The limit is a model of three parameters: r and alpha of the rate of orders, and `odds`, the odds p / (1 - p)
of leaving after an order. That of Pareto/NBD, as s and beta run to infinity, has the mean `lifetime` beta / s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln

from cpm_core.customers.models.arrays import Floats
from cpm_core.customers.models.history import History
from cpm_core.customers.models.pareto import PARETO_NBD
from cpm_core.customers.models.summed import summed

S = 1e5
"""Of Pareto/NBD, in place of infinity: rates of leaving then vary by a third of a percent between customers."""


@dataclass(frozen=True)
class AlikeGeometric:
    """BG/NBD or MBG/NBD with one probability of leaving for all."""

    id: str
    first_chance: int
    """1 if a customer may leave after the first order."""
    names: tuple[str, ...] = ("r", "alpha", "odds")

    def start(self, unit: float) -> Floats:
        """Where a fit begins, where ``unit`` is a typical time."""
        return np.array([1.0, unit, 0.1])

    def score(self, values: Floats, history: History) -> tuple[float, Floats]:
        """The log-likelihood of all customers, and its gradient."""
        r, alpha, odds = values
        x = history.counts.values
        sums = summed(r, alpha, self._leaves(odds, x), history)
        not_taken = sums.many @ (x + self.first_chance)
        by_odds = sums.left.sum() / odds - not_taken / (1 + odds)
        return float(sums.total - not_taken * np.log1p(odds)), np.array([sums.by_r, sums.by_alpha, by_odds])

    def log_likelihood(self, values: Floats, history: History) -> Floats:
        """Of each history."""
        r, alpha, odds = values
        x, k = history.x, r + history.x
        begun = np.log(alpha + history.t_x)
        stays = k * (begun - np.log(alpha + history.T))
        counts = gammaln(k) - gammaln(r) - (x + self.first_chance) * np.log1p(odds)
        either = np.logaddexp(stays, self._leaves(odds, x))
        return np.asarray(counts + r * np.log(alpha) - k * begun + either, np.float64)

    def _leaves(self, odds: float, x: Floats) -> Floats:
        """Logarithm of the odds; minus infinity where there was no chance to leave."""
        return np.where(x + self.first_chance > 0, np.log(odds), -np.inf)

    def alive(self, values: Floats, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """The probability that a customer of such a history has not left."""
        r, alpha, odds = values
        stays = (r + x) * np.log((alpha + t_x) / (alpha + T))
        return np.asarray(expit(stays - self._leaves(odds, x)), np.float64)

    def orders_if_alive(self, values: Floats, x: Floats, T: Floats, t: float) -> Floats:
        """Orders expected within ``t`` after T of a customer who has not left by T.

        At the rate l it is (1 - exp(-l p t)) / p; l is Gamma(r + x, alpha + T).
        """
        r, alpha, odds = values
        p = odds / (1 + odds)
        return np.asarray(-np.expm1(-(r + x) * np.log1p(p * t / (alpha + T))) / p, np.float64)


@dataclass(frozen=True)
class AlikePareto:
    """Pareto/NBD with one mean lifetime for all."""

    id: str = "pareto_nbd_alike"
    names: tuple[str, ...] = ("r", "alpha", "lifetime")

    def start(self, unit: float) -> Floats:
        """Where a fit begins, where ``unit`` is a typical time."""
        return np.array([1.0, unit, unit])

    def score(self, values: Floats, history: History) -> tuple[float, Floats]:
        """The log-likelihood of all customers, and its gradient."""
        total, (by_r, by_alpha, _, by_beta) = PARETO_NBD.score(_whole(values), history)
        return total, np.array([by_r, by_alpha, by_beta * S])

    def log_likelihood(self, values: Floats, history: History) -> Floats:
        """Of each history."""
        return PARETO_NBD.log_likelihood(_whole(values), history)

    def alive(self, values: Floats, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """The probability that a customer of such a history has not left."""
        return PARETO_NBD.alive(_whole(values), x, t_x, T)

    def orders_if_alive(self, values: Floats, x: Floats, T: Floats, t: float) -> Floats:
        """Orders expected within ``t`` after T of a customer who has not left by T."""
        return PARETO_NBD.orders_if_alive(_whole(values), x, T, t)


def _whole(values: Floats) -> Floats:
    r, alpha, lifetime = values
    return np.array([r, alpha, S, S * lifetime])


BG_ALIKE = AlikeGeometric("bg_nbd_alike", 0)
MBG_ALIKE = AlikeGeometric("mbg_nbd_alike", 1)
PARETO_ALIKE = AlikePareto()
