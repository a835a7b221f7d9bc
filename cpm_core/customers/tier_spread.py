"""How a tier rule's value is spread over customers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cpm_core.model.rules import TIERS

if TYPE_CHECKING:
    import pandas as pd

WIDE = 100
"""Where the greatest value is this many times the least, classes are shares of a power of ten."""
A_POWER, CLASSES = 8, 30
"""Classes in each power of ten; classes where values are not that wide apart."""
FEW = 0.005
"""The share of the smallest values that may lie far off: they share the first class."""


@dataclass(frozen=True, eq=False)
class TierSpread:
    """Customers with a positive value, in classes.

    Attributes:
        classes: `low`, `high` (exclusive but for the last), `tier`, `customers`; empty classes are left out.
        logarithmic: Whether classes are equally wide as powers of ten.
        customers: How many have a positive value.
        median: Half of them have less.
    """

    classes: pd.DataFrame
    logarithmic: bool
    customers: int
    median: float


def spread(customers: pd.DataFrame) -> TierSpread:
    """Count customers by class of value, and by tier.

    Args:
        customers: With `value` and `tier`, as ``book.customers()`` gives them.
    """
    import pandas as pd

    mine = customers[customers["value"] > 0]
    values = mine["value"].to_numpy(dtype=np.float64)
    if not len(values):
        return TierSpread(pd.DataFrame(columns=["low", "high", "tier", "customers"]), False, 0, math.nan)
    edges, logarithmic = _edges(values)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    tier = mine["tier"].map(TIERS.index).to_numpy()
    counts = np.bincount(place * len(TIERS) + tier, minlength=(len(edges) - 1) * len(TIERS))
    rows = pd.DataFrame(
        {
            "low": np.repeat(edges[:-1], len(TIERS)),
            "high": np.repeat(edges[1:], len(TIERS)),
            "tier": list(TIERS) * (len(edges) - 1),
            "customers": counts,
        }
    )
    classes = rows[rows["customers"] > 0].reset_index(drop=True)
    return TierSpread(classes, logarithmic, len(values), float(np.median(values)))


def _edges(
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], bool]:
    least, most = float(np.quantile(values, FEW, method="lower")), float(values.max())
    if most - least < CLASSES and not (values % 1).any():
        return np.arange(least - 0.5, most + 1), False  # a class for each whole number
    if most < WIDE * least:
        return np.linspace(least, most if most > least else least + 1, CLASSES + 1), False
    first, last = math.floor(math.log10(least) * A_POWER), math.floor(math.log10(most) * A_POWER) + 1
    return 10.0 ** (np.arange(first, last + 1) / A_POWER), True
