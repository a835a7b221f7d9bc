"""BG/NBD (Fader, Hardie & Lee 2005) and MBG/NBD (Batislam, Denizel & Filiztekin 2007).

While a customer stays they order at random at a rate that is Gamma(r, alpha) over customers; after each order
they leave with a probability that is Beta(a, b) over customers. In MBG/NBD they may leave after the first order
too: y, the number of chances to leave that were met before the last order was made for good, is x in BG/NBD
and x + 1 in MBG/NBD, and all formulas of the one are those of the other in y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, hyp2f1, psi

from cpm_core.customers.models.arrays import Floats, added
from cpm_core.customers.models.history import History

NEAR = 1e-5
"""Nearer than this to a pole of the closed form, its limit is found by integration."""
BLOCK = 16_384
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
        """The log-likelihood of all customers, and its gradient.

        In the stable form of Fader & Hardie (2019), ln L = D1 + D2 + ln(C3 + C4), what depends on x, or on x and T,
        alone is summed over those; only ln(1 + C4 / C3) is needed of each history.
        """
        r, alpha, a, b = values
        pairs, xs = history.pairs, history.counts
        log_end, k = np.log(alpha + pairs.T), r + pairs.x
        ended = self._leaves(a, b, xs.values)[xs.at] + k * log_end
        whole, by_pair, by_log, by_late = _leaving(r, alpha, ended, history)
        many, left, stays = added(xs.at, pairs.weight), added(xs.at, by_pair), pairs.weight - by_pair
        total = many @ self._counts(values, xs.values) + pairs.weight @ (r * np.log(alpha) - k * log_end) + whole
        y = xs.values + self.first_chance
        both = psi(a + b) - psi(a + b + y)
        by_r = many @ (psi(r + xs.values) - psi(r) + np.log(alpha)) - stays @ log_end - by_log
        by_alpha = many.sum() * r / alpha - stays @ (k / (alpha + pairs.T)) - by_late
        by_a = many @ both + left.sum() / a
        by_b = many @ (both + psi(b + y) - psi(b)) - left @ (1 / np.where(y > 0, b + y - 1, 1.0))
        return float(total), np.array([by_r, by_alpha, by_a, by_b])

    def log_likelihood(self, values: Floats, history: History) -> Floats:
        """Of each history."""
        r, alpha, a, b = values
        x, begun = history.x, np.log(alpha + history.t_x)
        stays = (r + x) * (begun - np.log(alpha + history.T))
        either = np.logaddexp(stays, self._leaves(a, b, x))
        return np.asarray(self._counts(values, x) + r * np.log(alpha) - (r + x) * begun + either, np.float64)

    def _counts(self, values: Floats, x: Floats) -> Floats:
        """D1: what depends on the number of orders alone."""
        r, _, a, b = values
        y = x + self.first_chance
        orders = gammaln(r + x) - gammaln(r)
        return np.asarray(orders + gammaln(a + b) - gammaln(a + b + y) + gammaln(b + y) - gammaln(b), np.float64)

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
        _, alpha, a, b = values
        c = a + b + x + self.first_chance - 1
        near = np.abs(c) < NEAR if abs(a - 1) >= NEAR else np.ones(len(x), np.bool_)
        found = np.empty(len(x))
        found[near] = self._integral(values, x[near], T[near], t)
        x, T, c = x[~near], T[~near], c[~near]
        # By Euler's transformation of the published 2F1: all of its arguments stay small, however large x is.
        with np.errstate(over="ignore"):
            inner = hyp2f1(c - values[0] - x, a - 1, c, t / (alpha + T + t))
        found[~near] = c / (a - 1) * (1 - np.exp((a - 1) * -np.log1p(t / (alpha + T))) * inner)
        return found

    def _integral(self, values: Floats, x: Floats, T: Floats, t: float) -> Floats:
        """The same as the integral of the rate of orders over the time ahead, which has no poles."""
        r, alpha, a, b = values
        c = (a + b + x + self.first_chance)[:, None]
        reach = np.log1p(t / (alpha + T))[:, None]
        w = reach * (NODES + 1) / 2
        rate = (r + x)[:, None] * np.exp((1 - a) * w) * hyp2f1(c - 1 - r - x[:, None], a, c, -np.expm1(-w))
        return np.asarray((rate * reach / 2) @ WEIGHTS, np.float64)


def _leaving(r: float, alpha: float, ended: Floats, history: History) -> tuple[float, Floats, float, float]:
    """Sums over histories, a block at a time so that all stays in the processor's cache.

    Of ln(1 + C4 / C3); and of the probability of having left: by pair, times ln(alpha + t_x), and times
    (r + x) / (alpha + t_x). ``ended`` is ln C4 + (r + x) ln(alpha + T), of each pair.
    """
    pairs, last = history.pairs, history.lasts
    log_last, per_last = np.log(alpha + last.values), 1 / (alpha + last.values)
    whole, by_pair, by_log, by_late = 0.0, np.zeros(len(pairs.x)), 0.0, 0.0
    for first in range(0, len(history.x), BLOCK):
        rows = slice(first, first + BLOCK)
        at, weight, k = pairs.at[rows], history.weight[rows], r + history.x[rows]
        log = log_last[last.at[rows]]
        odds = ended[at] - k * log
        falls = np.exp(-np.abs(odds))
        whole += weight @ (np.maximum(odds, 0.0) + np.log(1 + falls))
        gone = weight * np.where(odds > 0, 1.0, falls) / (1 + falls)
        by_pair[at[0] : at[-1] + 1] += added(at - at[0], gone)
        by_log += gone @ log
        by_late += gone @ (k * per_last[last.at[rows]])
    return whole, by_pair, by_log, by_late


BG_NBD = Geometric("bg_nbd", 0)
MBG_NBD = Geometric("mbg_nbd", 1)
