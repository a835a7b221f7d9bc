"""The months of a horizon, and what money in them is worth today."""

from __future__ import annotations

import numpy as np

from cpm_core.customers.models.arrays import Floats
from cpm_core.model.errors import ModelError

MONTH = 30.4375
"""Days: a twelfth of 365.25."""


def discounts(months: int, discount_rate: float) -> Floats:
    """(1 + discount_rate)^(-m/12) for the months m = 1 … months; the rate is a year's.

    Raises:
        ModelError: The horizon is no whole number of months above zero, or the rate is -1 or below.
    """
    if months != int(months) or months <= 0:
        raise ModelError(f"a horizon of {months} months has nothing in it", fix="Ask for 1 month or more")
    if not discount_rate > -1:
        raise ModelError(f"a discount rate of {discount_rate} a year", fix="Give a share of 1 a year, such as 0.10")
    return np.asarray((1 + discount_rate) ** (-np.arange(1, int(months) + 1) / 12), np.float64)
