"""The mean of orders to come over chances to leave that are Beta(a, b)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_expit

from cpm_core.customers.models.arrays import Floats, Ints

DEPTH = 38.0
"""Beyond e^-38 of its highest a density adds nothing."""
WIDTH = 8.0
"""Standard deviations that are reached over, besides."""


@dataclass(frozen=True)
class Chances:
    """Places p and weights for one a and several b, a row each.

    The function h(p) = (1 - (1 + p v)^-k) / p is a straight line between its ends at 0 and 1, whose mean is known,
    and a rest that is zero at both ends: times the density, it is smooth in the log odds of p and falls off at least
    as e^-|log odds|, however small a and b are, so that equal steps (the trapezoid rule) are exact to rounding.
    """

    p: Floats
    weight: Floats
    at_zero: Floats
    at_one: Floats

    @classmethod
    def of(cls, a: float, b: Floats) -> Chances:
        """Places where Beta(a + 1, b + 1), the density times p (1 - p), is not nothing."""
        spread = np.sqrt(1 / (a + 1) + 1 / (b + 1))
        low, high = WIDTH * spread + DEPTH / (a + 1), WIDTH * spread + DEPTH / (b + 1)
        places = int(np.ceil(((low + high) / np.minimum(0.36, spread / 2)).max(initial=2.0)))
        odds = np.log((a + 1) / (b + 1))[:, None] + np.linspace(-low, high, places, axis=1)
        log_p, log_q = log_expit(odds), log_expit(-odds)
        log_density = (a + 1) * log_p + (b + 1)[:, None] * log_q
        density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
        p, q, mean = np.exp(log_p), np.exp(log_q), a / (a + b)
        share = mean * b / (a + b + 1) / density.sum(axis=1)
        weight = share[:, None] * density / (p * q)
        return cls(p, weight, 1 - mean - (weight * q).sum(axis=1), mean - (weight * p).sum(axis=1))

    def mean(self, at: Ints, k: Floats, v: Floats) -> Floats:
        """The mean of h with its k and v, each for the b at one place."""
        p = self.p[at]
        h = -np.expm1(-k[:, None] * np.log1p(p * v[:, None])) / p
        ends = k * v * self.at_zero[at] - np.expm1(-k * np.log1p(v)) * self.at_one[at]
        return np.asarray(np.einsum("ij,ij->i", self.weight[at], h) + ends, np.float64)
