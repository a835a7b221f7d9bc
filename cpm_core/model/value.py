"""How the value of customers is worked out: which model, over which months, at which rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ValueModel = Literal["bgnbd", "mbgnbd", "paretonbd"]
ValueOf = Literal["orders", "contracts"]


@dataclass(frozen=True)
class Value:
    """The conventions of customer value; see docs/customers.md."""

    model: ValueModel = "bgnbd"
    """The model of how often customers buy and when they stop."""
    of: ValueOf | None = None
    """What is valued; None: orders where they are delivered, else contracts."""
    horizon_months: int = 12
    """Months of 30.4375 days over which `customer_lifetime_value` looks ahead."""
    discount_rate: float = 0.10
    """A year's discount of what comes later."""
    hold_out_days: int | None = None
    """Days at the end of the history that the backtest holds out; None: a quarter of it, at most a year."""
