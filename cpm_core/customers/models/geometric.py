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

from cpm_core.customers.models.arrays import Floats, Levels, added
from cpm_core.customers.models.history import History

NEAR = 1e-5
"""Nearer than this to a pole of the closed form, its limit is found by integration."""
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
        xs, rest, odds, share = self._parts(values, history)
        x, y, at = xs.values, xs.values + self.first_chance, xs.at
        weight, gone = history.weight, history.weight * (1 - share)
        before, after = 1 / (alpha + history.t_x), 1 / (alpha + history.T)
        total = float(weight @ (self._counts(values, x)[at] + rest + odds))
        ratio = np.log(after / before)
        # The sums over customers who have one x, since gamma functions are needed once for each x only.
        many, left = added(at, weight), added(at, gone)
        both = psi(a + b) - psi(a + b + y)
        chance = np.where(y > 0, b + y - 1, 1.0)
        by_r = many @ (psi(r + x) - psi(r)) + weight @ (np.log(alpha * before) + share * ratio)
        late = share * (before - after) - before
        by_alpha = weight.sum() * r / alpha + weight @ ((r + history.x) * late)
        by_a = many @ both + left.sum() / a
        by_b = many @ (both + psi(b + y) - psi(b)) - left @ (1 / chance)
        return total, np.array([by_r, by_alpha, by_a, by_b])

    def log_likelihood(self, values: Floats, history: History) -> Floats:
        """Of each history; the form of Fader & Hardie (2019), which neither over- nor underflows."""
        xs, rest, odds, _ = self._parts(values, history)
        return np.asarray(self._counts(values, xs.values)[xs.at] + rest + odds, np.float64)

    def _counts(self, values: Floats, x: Floats) -> Floats:
        """What depends on the number of orders alone: D1 of the note."""
        r, _, a, b = values
        y = x + self.first_chance
        orders = gammaln(r + x) - gammaln(r)
        return np.asarray(orders + gammaln(a + b) - gammaln(a + b + y) + gammaln(b + y) - gammaln(b), np.float64)

    def _parts(self, values: Floats, history: History) -> tuple[Levels, Floats, Floats, Floats]:
        """The different x; D2; ln(C3 + C4); and C3 / (C3 + C4), the probability of being alive."""
        r, alpha, a, b = values
        xs, starts, ends = history.levels
        begun = np.log(alpha + starts.values)[starts.at]
        stays = (r + history.x) * (begun - np.log(alpha + ends.values)[ends.at])
        leaves = self._leaves(a, b, xs.values)[xs.at]
        rest = r * np.log(alpha) - (r + history.x) * begun
        odds = np.logaddexp(stays, leaves)
        return xs, rest, odds, np.exp(stays - odds)

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


BG_NBD = Geometric("bg_nbd", 0)
MBG_NBD = Geometric("mbg_nbd", 1)
