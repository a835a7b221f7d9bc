"""Shifted-beta-geometric: how long contracts are renewed (Fader & Hardie 2007, "How to project customer retention").

At each renewal a customer leaves with a probability that is their own, and Beta(alpha, beta) over customers.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, psi

from cpm_core.customers.models.arrays import Bools, Floats, Given, added
from cpm_core.customers.models.fit import Fit, nothing
from cpm_core.customers.models.maximum import maximise
from cpm_core.customers.models.months import discounts
from cpm_core.model.errors import ModelError
from cpm_core.model.text import Text

NAME, NAMES = "sbg", ("alpha", "beta")

_NOBODY = Text(en="there are no contracts", zh="没有合同")
_NO_CHURN = Text(en="no contract has ended yet", zh="尚无合同终止")
_ALL_FIRST = Text(en="no contract has been renewed", zh="尚无合同续约")


def fit_sbg(renewals: Given, churned: Given, weight: Given | None = None) -> Fit:
    """Maximum likelihood of alpha and beta.

    Args:
        renewals: How often each contract has been renewed.
        churned: Whether it ended at the renewal after these; else it still runs.
        weight: How many contracts each row stands for; left out, one.

    Raises:
        ModelError: Arrays of different length, or what is no number of renewals.
    """
    times, gone = np.asarray(renewals, np.float64), np.asarray(churned, np.bool_)
    many = np.ones(times.shape) if weight is None else np.asarray(weight, np.float64)
    _check(times, gone, many)
    whole = times.astype(np.int64)
    lost, kept = added(whole, many * gone), added(whole, many * ~gone)
    n = int(many.sum())
    renewed = float(many[times > 0].sum())
    if not n or not lost.sum() or not renewed:
        return nothing(NAME, NAMES, n, _NOBODY if not n else _NO_CHURN if not lost.sum() else _ALL_FIRST)
    return maximise(NAME, NAMES, lambda values: _score(values, lost, kept), np.array([1.0, 1.0]), n)


def fit_sbg_survivors(start: float, survivors: Given) -> Fit:
    """The same of one cohort, from how many of ``start`` are left after each renewal.

    Raises:
        ModelError: The numbers rise, or are below zero.
    """
    left = np.concatenate([[float(start)], np.asarray(survivors, np.float64)])
    if len(left) < 2 or not np.all(np.isfinite(left)) or np.any(np.diff(left) > 0) or left[-1] < 0:
        raise ModelError(
            f"{', '.join(f'{value:g}' for value in left)} are not survivors of a cohort",
            fix="Give how many are left after each renewal, never more than before",
        )
    ages = np.arange(len(left))
    lost = np.append(-np.diff(left), left[-1])
    churned = ages < len(left) - 1
    return fit_sbg(ages, churned, lost)


def survival(fit: Fit, renewals: Given, periods: Given) -> Floats:
    """Probability that contracts which were renewed so often are renewed at each of the next ``periods`` too.

    Raises:
        ModelError: Nothing may be predicted by this fit.
    """
    return _survival(fit.require().values, np.asarray(renewals, np.float64), np.asarray(periods, np.float64))


def discounted_renewals(fit: Fit, renewals: Given, months: int = 12, discount_rate: float = 0.10) -> Floats:
    """Present value of one unit of money a month over the months ahead, for monthly contracts that run now.

    Month m counts with the probability that the contract runs in it, times (1 + discount_rate)^(-m/12).

    Raises:
        ModelError: Nothing may be predicted by this fit, or the horizon is not above zero.
    """
    return _discounted(fit.require().values, np.asarray(renewals, np.float64), discounts(months, discount_rate))


def _discounted(values: Floats, renewals: Floats, factors: Floats) -> Floats:
    ahead = np.arange(1.0, len(factors) + 1)
    found, at = np.unique(renewals, return_inverse=True)
    return np.asarray((_survival(values, found[:, None], ahead) @ factors)[at], np.float64)


def _survival(values: Floats, renewals: Floats, periods: Floats) -> Floats:
    alpha, beta = values
    return np.asarray(np.exp(betaln(alpha, beta + renewals + periods) - betaln(alpha, beta + renewals)), np.float64)


def _score(values: Floats, lost: Floats, kept: Floats) -> tuple[float, Floats]:
    """P(lost after t renewals) = B(alpha + 1, beta + t) / B(alpha, beta); P(kept t) = B(alpha, beta + t) / B(…)."""
    alpha, beta = values
    t, whole = np.arange(len(lost)), lost.sum() + kept.sum()
    total = lost @ betaln(alpha + 1, beta + t) + kept @ betaln(alpha, beta + t) - whole * betaln(alpha, beta)
    ends, runs = psi(alpha + beta + t + 1), psi(alpha + beta + t)
    by_alpha = lost @ (psi(alpha + 1) - ends) + kept @ (psi(alpha) - runs) - whole * (psi(alpha) - psi(alpha + beta))
    by_beta = lost @ (psi(beta + t) - ends) + kept @ (psi(beta + t) - runs) - whole * (psi(beta) - psi(alpha + beta))
    return float(total), np.array([by_alpha, by_beta])


def _check(times: Floats, gone: Bools, many: Floats) -> None:
    if times.ndim != 1 or times.shape != gone.shape or times.shape != many.shape:
        raise ModelError(f"renewals, ends and weights are arrays of shapes {times.shape}, {gone.shape}, {many.shape}")
    bad = ~np.isfinite(times) | (times < 0) | (times != np.floor(times)) | ~np.isfinite(many) | (many < 0)
    if bad.any():
        raise ModelError(f"{int(bad.sum()):,} of {len(times):,} contracts have no whole number of renewals from 0 up")
