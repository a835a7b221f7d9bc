"""BG/NBD (Fader, Hardie & Lee 2005) and MBG/NBD (Batislam, Denizel & Filiztekin 2007).

While a customer stays they order at random at a rate that is Gamma(r, alpha) over customers; after each order
they leave with a probability that is Beta(a, b) over customers. In MBG/NBD they may leave after the first order
too: y, the number of chances to leave that were met before the last order was made for good, is x in BG/NBD
and x + 1 in MBG/NBD, and all formulas of the one are those of the other in y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, hyp2f1, log_expit, psi

from cpm_core.customers.models.arrays import Floats
from cpm_core.customers.models.history import History
from cpm_core.customers.models.summed import summed

NEAR = 1e-5
"""Nearer than this to a pole of the closed form, its limit is found by integration."""
STEEP = 300.0
"""Past e^300 the parts of the closed form would over- and underflow."""
DEPTH = 38.0
"""Beyond e^-38 of its highest a density adds nothing."""
PLACES = 128
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)


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
        """Orders expected within ``t`` after T of a customer who has not left by T."""
        r, alpha, a, b = values
        k, chances, reach = r + x, b + x + self.first_chance, np.log1p(t / (alpha + T))
        far = (a - 1) * reach > STEEP
        pole = ~far & ((np.abs(a + chances - 1) < NEAR) | (abs(a - 1) < NEAR))
        found = np.empty(len(x))
        for rows, of in ((far, _by_chance), (pole, _by_time), (~(far | pole), _closed)):
            found[rows] = of(k[rows], a, chances[rows], reach[rows])
        return found


def _closed(k: Floats, a: float, b: Floats, reach: Floats) -> Floats:
    """The published form; by Euler's transformation the arguments of 2F1 stay small, however large x is.

    ``reach`` is ln((alpha + T + t) / (alpha + T)); ``b`` counts the chances to leave that were not taken.
    """
    c = a + b - 1
    inner = hyp2f1(c - k, a - 1, c, -np.expm1(-reach))
    return np.asarray(c / (a - 1) * (1 - np.exp((1 - a) * reach) * inner), np.float64)


def _by_time(k: Floats, a: float, b: Floats, reach: Floats) -> Floats:
    """The same as the integral of the rate of orders over the time ahead, which has no poles."""
    w = reach[:, None] * (NODES + 1) / 2
    c = (a + b)[:, None]
    rate = np.exp((1 - a) * w) * hyp2f1(c - 1 - k[:, None], a, c, -np.expm1(-w))
    return np.asarray(k * reach / 2 * (rate @ WEIGHTS), np.float64)


def _by_chance(k: Floats, a: float, b: Floats, reach: Floats) -> Floats:
    """The same as the mean over the chance p to leave, which is Beta(a, b): where a is so large that 2F1 overflows.

    In the log odds of p its density is smooth and falls at least exponentially, so that equal steps are enough.
    """
    wide = 9 * np.sqrt(1 / a + 1 / b)
    low, high = -wide - DEPTH / a, wide + DEPTH / b
    odds = np.log(a / b)[:, None] + np.linspace(low, high, PLACES, axis=1)
    log_density = a * log_expit(odds) + b[:, None] * log_expit(-odds)
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    p = expit(odds)
    orders = -np.expm1(-k[:, None] * np.log1p(p * np.expm1(reach)[:, None])) / p
    return np.asarray((density * orders).sum(axis=1) / density.sum(axis=1), np.float64)


BG_NBD = Geometric("bg_nbd", 0)
MBG_NBD = Geometric("mbg_nbd", 1)
