"""Pareto/NBD (Schmittlein, Morrison & Colombo 1987; Fader & Hardie 2005, "A note on deriving the Pareto/NBD model").

While a customer stays they order at random at a rate that is Gamma(r, alpha) over customers; they leave at a
random time whose rate is Gamma(s, beta) over customers. The difference of two 2F1 that is usually printed is

    s * integral over tau from t_x to T of (alpha + tau)^-(r + x) * (beta + tau)^-(s + 1),

which is positive, and smooth in all parameters: it is found here by Gauss-Legendre quadrature, and its
derivatives at the same places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import exprel, gammaln, psi

from cpm_core.customers.models.arrays import Floats
from cpm_core.customers.models.history import History

NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
PLACES, SHARES = (NODES + 1) / 2, WEIGHTS / 2
DEPTH = 38.0
"""Where the integrand is e^-38 of its start, what follows is lost in rounding."""
BLOCK = 512
"""Histories at a time, so that all stays in the processor's cache."""


@dataclass(frozen=True)
class Pareto:
    """The model of customers who leave at any time."""

    id: str = "pareto_nbd"
    names: tuple[str, ...] = ("r", "alpha", "s", "beta")

    def start(self, unit: float) -> Floats:
        """Where a fit begins, where ``unit`` is a typical time."""
        return np.array([1.0, unit, 1.0, unit])

    def score(self, values: Floats, history: History) -> tuple[float, Floats]:
        """The log-likelihood of all customers, and its gradient."""
        total, gradient = 0.0, np.zeros(4)
        for first in range(0, len(history.x), BLOCK):
            rows = slice(first, first + BLOCK)
            x, t_x, T = history.x[rows], history.t_x[rows], history.T[rows]
            found, by = _likelihood(values, x, t_x, T)
            total += float(history.weight[rows] @ found)
            gradient += by @ history.weight[rows]
        return total, gradient

    def log_likelihood(self, values: Floats, history: History) -> Floats:
        """Of each history."""
        return _likelihood(values, history.x, history.t_x, history.T)[0]

    def alive(self, values: Floats, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """The probability that a customer of such a history has not left."""
        found = np.empty(len(x))
        for first in range(0, len(x), BLOCK):
            rows = slice(first, first + BLOCK)
            stays = _stays(values, x[rows], t_x[rows], T[rows])
            found[rows] = np.exp(stays - np.logaddexp(stays, _Leaves.of(values, x[rows], t_x[rows], T[rows]).log))
        return found

    def orders_if_alive(self, values: Floats, x: Floats, T: Floats, t: float) -> Floats:
        """Orders expected within ``t`` after T of a customer who has not left by T."""
        r, alpha, s, beta = values
        reach = np.log1p(t / (beta + T))
        return np.asarray((r + x) * (beta + T) / (alpha + T) * reach * exprel((1 - s) * reach), np.float64)


def _stays(values: Floats, x: Floats, t_x: Floats, T: Floats) -> Floats:
    """The logarithm of the part of the likelihood that the customer is there at T; relative to the place t_x."""
    r, alpha, s, beta = values
    return np.asarray(-(r + x) * np.log((alpha + T) / (alpha + t_x)) - s * np.log((beta + T) / (beta + t_x)))


def _likelihood(values: Floats, x: Floats, t_x: Floats, T: Floats) -> tuple[Floats, Floats]:
    """Log-likelihood of each history, and its four derivatives (4 rows)."""
    r, alpha, s, beta = values
    k, stays, leaves = r + x, _stays(values, x, t_x, T), _Leaves.of(values, x, t_x, T)
    both = np.logaddexp(stays, leaves.log)
    alive = np.exp(stays - both)
    gone = 1 - alive
    log_alpha, log_beta = np.log((alpha + t_x) / alpha), np.log((beta + t_x) / beta)
    found = gammaln(k) - gammaln(r) - x * np.log(alpha) - k * log_alpha - s * log_beta + both
    by_r = psi(k) - psi(r) + np.log(alpha) - alive * np.log(alpha + T) - gone * leaves.log_alpha
    by_alpha = r / alpha - k * (alive / (alpha + T) + gone * leaves.per_alpha)
    by_s = np.log(beta) - alive * np.log(beta + T) + gone * (1 / s - leaves.log_beta)
    by_beta = s / beta - alive * s / (beta + T) - gone * (s + 1) * leaves.per_beta
    return found, np.stack([by_r, by_alpha, by_s, by_beta])


@dataclass(frozen=True)
class _Leaves:
    """ln of the integral, relative to (alpha + t_x)^-(r + x) (beta + t_x)^-s; and means under its integrand."""

    log: Floats
    log_alpha: Floats
    """Of ln(alpha + tau)."""
    per_alpha: Floats
    """Of 1 / (alpha + tau)."""
    log_beta: Floats
    per_beta: Floats

    @classmethod
    def of(cls, values: Floats, x: Floats, t_x: Floats, T: Floats) -> _Leaves:
        """Integrate over w = ln(m + tau), where m is the smaller of alpha and beta.

        There the integrand falls at a pace that is least at the start, which tells where nothing of it is left.
        """
        r, alpha, s, beta = values
        least = min(alpha, beta)
        base = (least + t_x)[:, None]
        pace = (r + x) * (least + t_x) / (alpha + t_x) + (s + 1) * (least + t_x) / (beta + t_x) - 1
        with np.errstate(divide="ignore"):
            reach = np.minimum(np.log((least + T) / (least + t_x)), np.where(pace > 0, DEPTH / pace, np.inf))
        w = reach[:, None] * PLACES
        tau = base * np.exp(w)
        in_alpha, in_beta = tau + (alpha - least), tau + (beta - least)
        log_alpha, log_beta = np.log(in_alpha), np.log(in_beta)
        fall = w - (r + x)[:, None] * (log_alpha - np.log(alpha + t_x)[:, None])
        fall -= (s + 1) * (log_beta - np.log(beta + t_x)[:, None])
        density = np.exp(fall) * SHARES
        whole = density.sum(axis=1)
        density /= whole[:, None]
        with np.errstate(divide="ignore"):
            log = np.log(s * reach * whole * (least + t_x) / (beta + t_x))

        def mean(of: Floats) -> Floats:
            return np.asarray(np.einsum("ij,ij->i", density, of), np.float64)

        return cls(log, mean(log_alpha), mean(1 / in_alpha), mean(log_beta), mean(1 / in_beta))


PARETO_NBD = Pareto()
