"""Who keeps a tier: a customer leaves one only past a margin, and a tier takes no more than its capacity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cpm_core.customers.cuts import LOWEST, Numbers, PureCut, Values, exact, pure
from cpm_core.model.rules import TIERS, Cut

NOTHING, BY_CUT, KEPT, FULL = range(4)
"""Why a customer is in a tier: no positive value; the cut; held it, and is within the margin; a higher one is full."""


@dataclass(frozen=True, eq=False)
class Standing:
    """Every customer's tier on a day, in the order of customer_id, and what it comes from."""

    worth: Values
    tier: Numbers
    """int8, an index into `TIERS`."""
    why: Numbers
    """int8: NOTHING, BY_CUT, KEPT or FULL."""
    starts: tuple[Any, ...]
    """Where each tier but the lowest starts by the cut alone, as the numbers are; None: nowhere."""
    entries: tuple[Any, ...]
    """The value that brings a newcomer in; above ``starts`` where the tier is full."""
    of: int
    """Customers with a positive value."""


def replayed(days: Iterable[Values], cut: Cut, margin: float, capacity: Mapping[str, int]) -> Standing:
    """The standing on the last of some days, the first of which is by the cut alone.

    Args:
        days: The values at the end of each, oldest first; at least one.
        cut: Where tiers are cut.
        margin: The share below a tier's limit down to which who held it stays.
        capacity: The most customers of a tier, by its name.
    """
    found: Standing | None = None
    for values in days:
        found = step(values, pure(values, cut), None if found is None else found.tier, margin, capacity)
    if found is None:
        raise ValueError("a standing needs a day at least")
    return found


def step(values: Values, cut: PureCut, held: Numbers | None, margin: float, capacity: Mapping[str, int]) -> Standing:
    """From one period's end to the next.

    Up: who is in a higher tier by the cut is in it. Down: who held a tier keeps it while the value is at least the
    tier's limit × (1 − margin), and positive. So a value that swings by less than the margin moves nobody twice.

    Args:
        values: The values of the day.
        cut: Tiers by these values alone.
        held: The tiers of the period before; None: nobody held any.
        margin: See above.
        capacity: A full tier keeps its members against newcomers within the margin: newcomers count by their value,
            members by value / (1 − margin). The rest go to the next tier.
    """
    positive = values.positive
    tier = cut.tier.copy()
    if held is not None and margin:
        keep = 1 - exact(margin)
        for index in reversed(range(LOWEST)):
            if cut.starts[index] is not None:
                enough = values.numbers >= _times(cut.starts[index], keep)
                tier[positive & (held <= index) & (tier > index) & enough] = index
    why = np.where(positive, np.where(tier < cut.tier, KEPT, BY_CUT), NOTHING).astype(np.int8)
    entries = list(cut.starts)
    for index, name in enumerate(TIERS[:-1]):
        if name in capacity:
            full = _over(values, np.flatnonzero(tier == index), held, index, margin, capacity[name])
            if full is not None:
                over, entries[index] = full
                tier[over], why[over] = index + 1, FULL
    return Standing(values, tier, why, cut.starts, tuple(entries), cut.of)


def _times(start: Any, share: Any) -> Any:
    """The least number that is at least ``start`` × ``share``."""
    if isinstance(start, float):
        return start * float(share)
    exactly = start * share
    return -(-exactly.numerator // exactly.denominator)


def _over(
    values: Values, members: Numbers, held: Numbers | None, index: int, margin: float, seats: int
) -> tuple[Numbers, float] | None:
    """Who of a tier has no seat, and what a newcomer needs for one; None if all have one."""
    if len(members) <= seats:
        return None
    numbers = values.numbers[members]
    claim = numbers.astype(np.float64)
    if held is not None:
        claim = np.where(held[members] <= index, claim / (1 - margin), claim)
    order = np.lexsort((-numbers, -claim))  # stable: of equals the smaller customer_id goes first
    return members[order[seats:]], float(claim[order[seats - 1]])
