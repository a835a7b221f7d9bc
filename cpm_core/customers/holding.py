"""Who is held back from a plan at random, so that its effect can be measured later."""

from __future__ import annotations

import hashlib
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def held_back(strata: pd.Series, share: float, seed: int) -> pd.Series:
    """Whether each customer is held back: a share of all, and of each stratum, within one customer.

    Who it is depends on the seed and the customer's id alone: the order of rows does not count, and when others
    join, only customers at the edge of the share change sides.

    Args:
        strata: The action of each customer, by customer_id; strata in the order of a categorical.
        share: 0 to 1.
        seed: Another seed holds others back.
    """
    import numpy as np
    import pandas as pd

    exact, cumulated, earlier = Decimal(str(share)), 0, 0
    held = np.zeros(len(strata), dtype=bool)
    ids = strata.index.to_list()
    places = [(_place(seed, one), one) for one in ids] if share else ids
    for stratum in strata.groupby(strata, observed=True).indices.values():
        cumulated += len(stratum)
        # Rounded sums of the strata so far, so that the parts add up to the rounded share of the whole.
        upto = int((cumulated * exact).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        held[sorted(stratum, key=places.__getitem__)[: upto - earlier]] = True
        earlier = upto
    return pd.Series(held, index=strata.index)


def _place(seed: int, customer_id: str) -> bytes:
    return hashlib.sha256(f"{seed}\x1f{customer_id}".encode()).digest()
