"""BG/NBD (Fader, Hardie & Lee 2005) and MBG/NBD (Batislam, Denizel & Filiztekin 2007).

While a customer stays they order at random at a rate that is Gamma(r, alpha) over customers; after each order
they leave with a probability that is Beta(a, b) over customers. In MBG/NBD they may leave after the first order
too: y, the number of chances to leave that were met before the last order was made for good, is x in BG/NBD
and x + 1 in MBG/NBD, and all formulas of the one are those of the other in y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, psi

from cpm_core.customers.models.arrays import Floats, Levels
from cpm_core.customers.models.chances import Chances
from cpm_core.customers.models.history import History
from cpm_core.customers.models.summed import summed

BLOCK = 2_048
"""Histories at a time, so that memory stays bounded."""


@dataclass(frozen=True)
class Geometric:
    """One of the two models: customers who leave after an order."""

    id: str
    first_chance: int
    """1 if a customer may leave after the first order."""
    names: tuple[str, ...] = ("r", "alpha", "a", "b")

    def start(self, unit: float) -> Floats:
        """Where a fit begins, where ``unit`` is a typical time."""
        return np.array([1.0, unit, 1.0, 1.0])

    def score(self, values: Floats, history: History) -> tuple[float, Floats]:
        """The log-likelihood of all customers, and its gradient."""
        r, alpha, a, b = values
        x = history.counts.values
        y = x + self.first_chance
        sums = summed(r, alpha, self._leaves(a, b, x), history)
        both = psi(a + b) - psi(a + b + y)
        by_a = sums.many @ both + sums.left.sum() / a
        by_b = sums.many @ (both + psi(b + y) - psi(b)) - sums.left @ (1 / np.where(y > 0, b + y - 1, 1.0))
        total = sums.total + sums.many @ self._not_taken(a, b, x)
        return float(total), np.array([sums.by_r, sums.by_alpha, by_a, by_b])

    def log_likelihood(self, values: Floats, history: History) -> Floats:
        """Of each history."""
        r, alpha, a, b = values
        x, begun = history.x, np.log(alpha + history.t_x)
        stays = (r + x) * (begun - np.log(alpha + history.T))
        either = np.logaddexp(stays, self._leaves(a, b, x)) + self._not_taken(a, b, x)
        return np.asarray(gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * begun + either, np.float64)

    def _not_taken(self, a: float, b: float, x: Floats) -> Floats:
        """Ln B(a, b + y) / B(a, b): that no chance to leave was taken."""
        y = x + self.first_chance
        return np.asarray(gammaln(a + b) - gammaln(a + b + y) + gammaln(b + y) - gammaln(b), np.float64)

    def _leaves(self, a: float, b: float, x: Floats) -> Floats:
        """The logarithm of C4: minus infinity where there was no chance to leave."""
        y = x + self.first_chance
        with np.errstate(divide="ignore"):
            return np.log(np.where(y > 0, a / np.where(y > 0, b + y - 1, 1.0), 0.0))

    def alive(self, values: Floats, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """The probability that a customer of such a history has not left."""
        r, alpha, a, b = values
        stays = (r + x) * np.log((alpha + t_x) / (alpha + T))
        return np.asarray(expit(stays - self._leaves(a, b, x)), np.float64)

    def orders_if_alive(self, values: Floats, x: Floats, T: Floats, t: float) -> Floats:
        """Orders expected within ``t`` after T of a customer who has not left by T.

        At a rate l and a chance p to leave it is (1 - e^(-l p t)) / p; l is Gamma(r + x, alpha + T), so that the mean
        of h(p) = (1 - (1 + p t / (alpha + T))^-(r + x)) / p is left, over p, which is Beta(a, b + y). The published 2F1
        is that mean, but `hyp2f1` is infinite or wrong for customers of many orders, and has poles at a = 1.
        """
        r, alpha, a, b = values
        xs, k, ahead, found = Levels.of(x), r + x, t / (alpha + T), np.empty(len(x))
        chances = Chances.of(a, b + xs.values + self.first_chance)
        for first in range(0, len(x), BLOCK):
            rows = slice(first, first + BLOCK)
            found[rows] = chances.mean(xs.at[rows], k[rows], ahead[rows])
        return found


BG_NBD = Geometric("bg_nbd", 0)
MBG_NBD = Geometric("mbg_nbd", 1)
