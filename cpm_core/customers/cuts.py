"""Where tiers are cut, and who is in which, from one array of values.

Values are whole numbers wherever the rule's are (money in ten-thousandths), so that nothing is lost; the arrays are
in the order of customer_id, which breaks ties.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from cpm_core.model.rules import TIERS, AtLeast, Cut, ShareOfValue, TopShare

Numbers: TypeAlias = np.ndarray[Any, Any]
LOWEST = len(TIERS) - 1
_SAFE = 2**62
"""Sums below this are sums of 64 bits."""


@dataclass(frozen=True, eq=False)
class Values:
    """What a rule gives each customer, in the order of customer_id."""

    numbers: Numbers
    """int64, the value × 10^``scale``, or float64 with a ``scale`` of 0; 0 where there is none."""
    known: Numbers
    """Where there is one."""
    scale: int = 0

    @property
    def positive(self) -> Numbers:
        """Who can be in a tier above the lowest."""
        found: Numbers = self.known & (self.numbers > 0)
        return found

    def plain(self) -> Numbers:
        """As float64, NaN where there is none."""
        return np.where(self.known, self.numbers / 10**self.scale, np.nan)


@dataclass(frozen=True, eq=False)
class PureCut:
    """Tiers by the values alone."""

    tier: Numbers
    """int8, an index into `TIERS`."""
    starts: tuple[Any, ...]
    """The least value of each tier but the lowest and those above it, as the numbers are; None: nobody is there."""
    of: int
    """Customers with a positive value."""


def exact(number: float) -> Fraction:
    """A number as it was written: 0.07 is seven hundredths, which no float is."""
    return Fraction(str(number))


def pure(values: Values, cut: Cut) -> PureCut:
    """Sort every customer by the values of one day.

    Who has no positive value is in the lowest tier. Of customers level at a tier's limit those with the smaller
    customer_id go first, where the number of customers is what is limited.
    """
    candidates = np.flatnonzero(values.positive)
    numbers = values.numbers[candidates]
    tier = np.full(len(values.numbers), LOWEST, dtype=np.int8)
    if isinstance(cut, AtLeast):
        starts = tuple(_limit(cut.limits[name], values) for name in TIERS[:-1])
        inside = [numbers >= start for start in starts]
    else:
        counts = _counts(numbers, cut)
        inside = [_first(numbers, count) for count in counts]
        starts = tuple(numbers[one].min().item() if count else None for one, count in zip(inside, counts, strict=True))
    for index in reversed(range(LOWEST)):  # the highest last, as it lies within the others
        tier[candidates[inside[index]]] = index
    return PureCut(tier, starts, len(candidates))


def _limit(limit: float, values: Values) -> Any:
    if values.numbers.dtype.kind == "f":
        return limit
    return math.ceil(exact(limit) * 10**values.scale)


def _counts(numbers: Numbers, cut: TopShare | ShareOfValue) -> Sequence[int]:
    shares = [exact(cut.shares[name]) for name in TIERS[:-1]]
    if isinstance(cut, TopShare):
        return [math.ceil(share * len(numbers)) for share in shares]
    if not len(numbers):
        return [0 for _ in shares]
    downwards = -np.sort(-numbers)
    if downwards.dtype.kind == "f":
        sums = np.cumsum(downwards)
        return [min(int(np.searchsorted(sums, float(share) * sums[-1])) + 1, len(sums)) for share in shares]
    if float(downwards.sum(dtype=np.float64)) > _SAFE:
        downwards = downwards.astype(object)  # Python's own integers do not overflow
    sums = np.cumsum(downwards)
    return [int(np.searchsorted(sums, math.ceil(share * int(sums[-1])))) + 1 for share in shares]


def _first(numbers: Numbers, count: int) -> Numbers:
    """Which are the ``count`` largest; of equals the first."""
    if count == 0:
        return np.zeros(len(numbers), dtype=bool)
    # The smallest that is in, without sorting all of them.
    least = np.partition(numbers, len(numbers) - count)[len(numbers) - count]
    inside: Numbers = numbers > least
    level = np.flatnonzero(numbers == least)
    inside[level[: count - int(inside.sum())]] = True
    return inside


def ranks(values: Values) -> Numbers:
    """1 for the greatest positive value, ties in order; 0 for who has none."""
    candidates = np.flatnonzero(values.positive)
    order = candidates[np.argsort(-values.numbers[candidates], kind="stable")]
    found = np.zeros(len(values.numbers), dtype=np.int64)
    found[order] = np.arange(1, len(order) + 1)
    return found
