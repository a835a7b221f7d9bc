"""What is to come of customers, in orders and in money of today, with intervals."""

from __future__ import annotations

import numpy as np

from cpm_core.customers.models.arrays import Floats, Given
from cpm_core.customers.models.bands import Band, Each, Forecast, band
from cpm_core.customers.models.fit import Fit
from cpm_core.customers.models.history import History
from cpm_core.customers.models.months import MONTH, discounts
from cpm_core.customers.models.orders import alive, if_alive, stretches
from cpm_core.customers.models.spending import expected_value, value_slopes


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
    there, ahead = forecast(fit.values)
    return history.spread(there * ahead)


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

    def forecast(values: Floats) -> tuple[Floats, Floats]:
        return alive(fit, values, history), if_alive(fit, values, history, ahead)

    return band(fit.require(), history, forecast, confidence)


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
    return band(fit, history, forecast, confidence, Each(value, slopes, spending.log_covariance))


def _discounted(fit: Fit, history: History, factors: Floats, month: float) -> Forecast:
    # By summation by parts, each horizon counts with what its factor exceeds the next one's by.
    share = factors - np.append(factors[1:], 0.0)

    def forecast(values: Floats) -> tuple[Floats, Floats]:
        ahead = np.zeros(len(history.x))
        for m, part in enumerate(share, start=1):
            ahead += part * if_alive(fit, values, history, m * month)
        return alive(fit, values, history), ahead

    return forecast
