"""Gamma–Gamma: what a customer's orders are worth on average (Fader & Hardie 2013, "The Gamma-Gamma model")."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, psi

from cpm_core.customers.models.arrays import Floats, Given, Levels, added
from cpm_core.customers.models.fit import Fit, nothing
from cpm_core.customers.models.maximum import maximise
from cpm_core.customers.models.orders import FEWEST
from cpm_core.model.errors import ModelError
from cpm_core.model.text import Text

NAME, NAMES = "gamma_gamma", ("p", "q", "v")

_FEW = Text(
    en="only {n} customers have repeat orders of a known value, and at least {least} are needed",
    zh="只有 {n} 位客户的复购订单金额已知，至少需要 {least} 位",
)
_NO_MEAN = Text(
    en="customers' averages are spread so widely that they have no mean (q is {q:.2f}, and must be above 1)",
    zh="客户平均金额的分布过宽，均值不存在（q 为 {q:.2f}，须大于 1）",
)


def fit_gamma_gamma(x: Given, mean_value: Given, weight: Given | None = None) -> Fit:
    """Maximum likelihood of p, q, v; v in the unit of the values.

    Args:
        x: Repeat orders of each customer whose mean is known; those with none are left out.
        mean_value: Mean value of these orders.
        weight: How many customers each row stands for; left out, one.

    Raises:
        ModelError: Arrays of different length, what is no number, or values that are not above zero.
    """
    count, mean, times = _checked(x, mean_value, weight)
    n = int(times.sum())
    if n < FEWEST:
        return nothing(NAME, NAMES, n, _FEW.format(n=n, least=FEWEST))
    levels = Levels.of(count)
    many = added(levels.at, times)
    unit = float(times @ mean / times.sum())

    def score(values: Floats) -> tuple[float, Floats]:
        return _score(values, (count, mean, times), (levels.values, many))

    fit = maximise(NAME, NAMES, score, np.array([2.0, 3.0, unit]), n)
    if fit.ok and fit.parameter("q") <= 1:
        return nothing(NAME, NAMES, n, _NO_MEAN.format(q=fit.parameter("q")), "failed")
    return fit


def expected_value(fit: Fit, x: Given, mean_value: Given) -> Floats:
    """The value expected of each customer's next order: between their own mean and everybody's.

    Args:
        fit: Of `fit_gamma_gamma`.
        x: Orders behind each mean; 0 for those without, who get everybody's mean.
        mean_value: Mean value of these orders; not read where x is 0.

    Raises:
        ModelError: Nothing may be predicted by this fit.
    """
    p, q, v = fit.require().values
    count = np.asarray(x, np.float64)
    return np.asarray(p * (v + _sum(count, mean_value)) / (p * count + q - 1), np.float64)


def value_slopes(fit: Fit, x: Given, mean_value: Given) -> Floats:
    """Derivatives of the logarithm of `expected_value` by the logarithms of p, q and v (3 rows)."""
    p, q, v = fit.values
    count = np.asarray(x, np.float64)
    below = p * count + q - 1
    return np.stack([(q - 1) / below, -q / below, v / (v + _sum(count, mean_value))])


def _sum(count: Floats, mean_value: Given) -> Floats:
    return np.where(count > 0, count * np.where(count > 0, np.asarray(mean_value, np.float64), 0.0), 0.0)


def _score(values: Floats, rows: tuple[Floats, Floats, Floats], levels: tuple[Floats, Floats]) -> tuple[float, Floats]:
    """Log-likelihood and gradient; gamma functions once for each number of orders."""
    (p, q, v), (count, mean, times), (x, many) = values, rows, levels
    within, power = v + count * mean, p * count + q
    log_within, log_mean = np.log(within), np.log(mean)
    of_x = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v) + p * x * np.log(x)
    total = float(many @ of_x + times @ ((p * count - 1) * log_mean - power * log_within))
    by_p = many @ (x * (psi(p * x + q) - psi(p * x) + np.log(x))) + times @ (count * (log_mean - log_within))
    by_q = many @ (psi(p * x + q) - psi(q) + np.log(v)) - times @ log_within
    by_v = many.sum() * q / v - times @ (power / within)
    return total, np.array([by_p, by_q, by_v])


def _checked(x: Given, mean_value: Given, weight: Given | None) -> tuple[Floats, Floats, Floats]:
    """The customers with repeat orders, in an order that does not depend on how they came."""
    count, mean = np.asarray(x, np.float64), np.asarray(mean_value, np.float64)
    times = np.ones(count.shape) if weight is None else np.asarray(weight, np.float64)
    if count.ndim != 1 or count.shape != mean.shape or count.shape != times.shape:
        raise ModelError(f"orders, means and weights are arrays of shapes {count.shape}, {mean.shape}, {times.shape}")
    bad = ~np.isfinite(count) | (count < 0) | ~np.isfinite(times) | (times < 0)
    if bad.any():
        raise ModelError(f"{int(bad.sum()):,} of {len(count):,} customers have no number of orders from 0 up")
    again = (count > 0) & (times > 0)
    unknown = again & ~np.isfinite(mean)
    if unknown.any():
        raise ModelError(
            f"{int(unknown.sum()):,} of {int(again.sum()):,} repeat customers have a mean that is no number"
        )
    below = again & (np.nan_to_num(mean) <= 0)
    if below.any():
        raise ModelError(
            f"{int(below.sum()):,} of {int(again.sum()):,} repeat customers have a mean order value of zero or below",
            fix="Gamma–Gamma knows values above zero only: leave those customers out, and say so",
        )
    order = np.lexsort((times[again], mean[again], count[again]))
    return count[again][order], mean[again][order], times[again][order]
