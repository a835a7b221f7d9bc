"""Models of how often customers order, how long they stay and what they spend: numbers alone, NumPy and SciPy.

Fit (`fit_bgnbd`, `fit_mbgnbd`, `fit_paretonbd` to a `History`; `fit_gamma_gamma`; `fit_sbg`), see that the `Fit` is
`ok`, then predict. Importing this imports SciPy.
"""

from cpm_core.customers.models.bands import Band
from cpm_core.customers.models.contracts import discounted_renewals, fit_sbg, fit_sbg_survivors, survival
from cpm_core.customers.models.fit import TITLES, Fit
from cpm_core.customers.models.history import History
from cpm_core.customers.models.months import MONTH
from cpm_core.customers.models.orders import (
    expected_new,
    expected_orders,
    fit_bgnbd,
    fit_mbgnbd,
    fit_paretonbd,
    probability_alive,
)
from cpm_core.customers.models.spending import expected_value, fit_gamma_gamma
from cpm_core.customers.models.worth import (
    discounted_orders,
    discounted_value,
    orders_interval,
    value_interval,
)

__all__ = [
    "MONTH",
    "TITLES",
    "Band",
    "Fit",
    "History",
    "discounted_orders",
    "discounted_renewals",
    "discounted_value",
    "expected_new",
    "expected_orders",
    "expected_value",
    "fit_bgnbd",
    "fit_gamma_gamma",
    "fit_mbgnbd",
    "fit_paretonbd",
    "fit_sbg",
    "fit_sbg_survivors",
    "orders_interval",
    "probability_alive",
    "survival",
    "value_interval",
]
