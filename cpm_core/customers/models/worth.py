"""What is to come of customers, in orders and in money of today, with intervals.

An interval tells how sure the *expectation* is, from the uncertainty of the parameters: by the delta method, on
the log scale. It is no range of what one customer will do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from cpm_core.customers.models.arrays import Floats, Given, added
from cpm_core.customers.models.fit import Fit
from cpm_core.customers.models.history import History
from cpm_core.customers.models.months import MONTH, discounts
from cpm_core.customers.models.orders import alive, if_alive, stretches
from cpm_core.customers.models.spending import expected_value, value_slopes

STEP = 1e-4

Forecast = Callable[[Floats], Floats]
"""Parameters to a figure of each history."""


@dataclass(frozen=True)
class Band:
    """A figure of each customer, and of all together, with its interval."""

    value: Floats
    low: Floats
    high: Floats
    total: float
    total_low: float
    total_high: float


def discounted_orders(
    fit: Fit, history: History, months: int = 12, discount_rate: float = 0.10, month: float = MONTH
) -> Floats:
    """Orders expected of each customer over the months ahead, each month's worth what it is today.

    The sum over m = 1 … months of (E[Y(m)] - E[Y(m - 1)]) * (1 + discount_rate)^(-m/12).

    Args:
        fit: Of one of the models of orders.
        history: Customers.
        months: The horizon.
        discount_rate: Of a year.
        month: How long a month is in the unit of the history's times.

    Raises:
        ModelError: Nothing may be predicted by this fit, or the horizon is not above zero.
    """
    forecast = _discounted(fit.require(), history, discounts(months, discount_rate), month)
    return history.spread(forecast(fit.values))


def discounted_value(
    fit: Fit,
    spending: Fit,
    history: History,
    mean_value: Given,
    *,
    x: Given | None = None,
    months: int = 12,
    discount_rate: float = 0.10,
    month: float = MONTH,
) -> Floats:
    """`discounted_orders` times the value expected of an order: the KPI book's value of each customer.

    Args:
        fit: Of one of the models of orders.
        spending: Of `fit_gamma_gamma`.
        history: Customers.
        mean_value: Mean value of each customer's repeat orders; not read where there are none.
        x: Orders behind these means, by customer; left out, the history's.
        months: The horizon.
        discount_rate: Of a year.
        month: How long a month is in the unit of the history's times.

    Raises:
        ModelError: Nothing may be predicted by one of the fits, or the horizon is not above zero.
    """
    orders = discounted_orders(fit, history, months, discount_rate, month)
    return orders * expected_value(spending, history.spread(history.x) if x is None else x, mean_value)


def orders_interval(fit: Fit, history: History, t: float, confidence: float = 0.95) -> Band:
    """`expected_orders` within one stretch, with intervals.

    Raises:
        ModelError: Nothing may be predicted by this fit, or the stretch is not above zero.
    """
    (ahead,) = stretches(t)

    def forecast(values: Floats) -> Floats:
        return alive(fit, values, history) * if_alive(fit, values, history, ahead)

    fit.require()
    return _band(fit, history, forecast, confidence)


def value_interval(
    fit: Fit,
    spending: Fit,
    history: History,
    mean_value: Given,
    *,
    x: Given | None = None,
    months: int = 12,
    discount_rate: float = 0.10,
    month: float = MONTH,
    confidence: float = 0.95,
) -> Band:
    """`discounted_value`, with intervals; the two fits' errors are independent, as the models are.

    Raises:
        ModelError: Nothing may be predicted by one of the fits, or the horizon is not above zero.
    """
    forecast = _discounted(fit.require(), history, discounts(months, discount_rate), month)
    count = history.spread(history.x) if x is None else x
    value, slopes = expected_value(spending, count, mean_value), value_slopes(spending, count, mean_value)
    return _band(fit, history, forecast, confidence, (value, slopes, spending.log_covariance))


def _discounted(fit: Fit, history: History, factors: Floats, month: float) -> Forecast:
    # By summation by parts, each horizon counts with what its factor exceeds the next one's by.
    share = factors - np.append(factors[1:], 0.0)

    def forecast(values: Floats) -> Floats:
        ahead = sum(part * if_alive(fit, values, history, (m + 1) * month) for m, part in enumerate(share))
        return np.asarray(alive(fit, values, history) * ahead, np.float64)

    return forecast


def _band(
    fit: Fit,
    history: History,
    forecast: Forecast,
    confidence: float,
    each: tuple[Floats, Floats, Floats] | None = None,
) -> Band:
    """The interval of a forecast of histories, times a value of each customer if there is one."""
    orders = forecast(fit.values)
    slopes = _slopes(forecast, fit.values)
    by_history = np.einsum("ih,ij,jh->h", slopes, fit.log_covariance, slopes)
    value, variance = history.spread(orders), history.spread(by_history)
    if each is None:
        weights, of_total = history.weight, 0.0
    else:
        worth, worth_slopes, covariance = each
        value = value * worth
        variance = variance + np.einsum("ic,ij,jc->c", worth_slopes, covariance, worth_slopes)
        weights = added(history.inverse, worth)
        steep = worth_slopes @ value
        of_total = float(steep @ covariance @ steep)
    total = float(value.sum())
    steep = slopes @ (orders * weights)
    of_total += float(steep @ fit.log_covariance @ steep)
    z = float(ndtri(0.5 + confidence / 2))
    reach, total_reach = np.exp(z * np.sqrt(variance)), float(np.exp(z * np.sqrt(of_total) / total))
    return Band(value, value / reach, value * reach, total, total / total_reach, total * total_reach)


def _slopes(forecast: Forecast, values: Floats) -> Floats:
    """Derivatives of the logarithm of a forecast by the logarithm of each parameter (a row each)."""
    steps = np.eye(len(values)) * STEP
    return np.stack(
        [np.log(forecast(values * np.exp(step)) / forecast(values * np.exp(-step))) / (2 * STEP) for step in steps]
    )
