"""Intervals of forecasts, from the uncertainty of the parameters: by the delta method, on the log scale.

They tell how sure the *expectation* is. It is no range of what one customer will do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from cpm_core.customers.models.arrays import Floats, added
from cpm_core.customers.models.fit import Fit
from cpm_core.customers.models.history import History

STEP = 1e-4
LEAST = 1e-300
"""Who is there with less than this probability is as good as gone: it has no slope that could be told."""

Forecast = Callable[[Floats], tuple[Floats, Floats]]
"""Parameters to the probability of being alive and, if so, a figure ahead, of each history."""


@dataclass(frozen=True)
class Band:
    """A figure of each customer, and of all together, with its interval."""

    value: Floats
    low: Floats
    high: Floats
    total: float
    total_low: float
    total_high: float


@dataclass(frozen=True)
class Each:
    """What a forecast of orders is multiplied by for each customer: the value of an order."""

    value: Floats
    slopes: Floats
    """Derivatives of its logarithm by those of the parameters behind it (a row each)."""
    log_covariance: Floats


def band(fit: Fit, history: History, forecast: Forecast, confidence: float, each: Each | None = None) -> Band:
    """The interval of a forecast of each customer and of all; nobody's is above that of being there for sure.

    Args:
        fit: Of the model that forecasts.
        history: Customers.
        forecast: Of histories.
        confidence: Of the interval, 0.95 or so.
        each: What the forecast is multiplied by; left out, 1.
    """
    z = float(ndtri(0.5 + confidence / 2))
    worth = each or Each(np.ones(history.customers), np.zeros((0, history.customers)), np.zeros((0, 0)))
    there, ahead = forecast(fit.values)
    slopes, slopes_ahead = _slopes(forecast, fit.values)
    own = _variance(worth.slopes, worth.log_covariance)
    value, most = (history.spread(figure) * worth.value for figure in (there * ahead, ahead))
    reach = _reach(z, history.spread(_variance(slopes, fit.log_covariance)) + own)
    most *= _reach(z, history.spread(_variance(slopes_ahead, fit.log_covariance)) + own)
    total = float(value.sum())
    by_orders = slopes @ (there * ahead * added(history.inverse, worth.value))
    by_worth = worth.slopes @ value
    spread = by_orders @ fit.log_covariance @ by_orders + by_worth @ worth.log_covariance @ by_worth
    total_reach = float(np.exp(z * np.sqrt(spread) / total)) if total > 0 else 1.0
    high = np.minimum(value * reach, most)
    return Band(value, value / reach, high, total, total / total_reach, total * total_reach)


def _variance(slopes: Floats, covariance: Floats) -> Floats:
    """Of the logarithm, of each column."""
    return np.asarray(np.einsum("ih,ij,jh->h", slopes, covariance, slopes, optimize=True), np.float64)


def _reach(z: float, variance: Floats) -> Floats:
    return np.asarray(np.exp(np.minimum(z * np.sqrt(variance), 600.0)), np.float64)


def _slopes(forecast: Forecast, values: Floats) -> tuple[Floats, Floats]:
    """Derivatives by the logarithm of each parameter (a row each): of ln(alive * ahead), and of ln(ahead)."""
    both, alone = [], []
    for step in np.eye(len(values)) * STEP:
        after, before = forecast(values * np.exp(step)), forecast(values * np.exp(-step))
        alive, ahead = (np.log(np.maximum(a, LEAST) / np.maximum(b, LEAST)) for a, b in zip(after, before, strict=True))
        both.append((alive + ahead) / (2 * STEP))
        alone.append(ahead / (2 * STEP))
    return np.stack(both), np.stack(alone)
