"""How a change falls into parts that add up to it: contributions, mix and rate, factors of a product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Split:
    """The parts of a change, one an entry of the members given; all in the figure's unit.

    Attributes:
        before, after: The figure of the whole.
        figures: Each member's figure, a row before and a row after; NaN where it has none.
        weights: Each member's share of the whole's amount, rows or denominator, in the same form.
        base: Each member's share over both periods: what it would bring of a change that is alike for all.
        mix: What a change of weight brought; None where nothing is weighed.
        rate: What a change of the member's own figure brought; None where nothing is weighed.
        parts: What each member brought; their sum is ``after - before``.
    """

    before: float
    after: float
    figures: Array
    weights: Array
    base: Array
    mix: Array | None
    rate: Array | None
    parts: Array

    @property
    def change(self) -> float:
        """The change of the whole."""
        return self.after - self.before

    @property
    def uneven(self) -> Array:
        """What each member brought beyond its share, had all members changed alike and kept their weights."""
        moved = self.parts.sum() if self.rate is None else self.rate.sum()
        uneven: Array = self.parts - self.base * moved
        return uneven


def contributions(amounts: Array) -> Split:
    """The change of a sum by its terms: ``amounts`` has a row before and a row after."""
    totals = amounts.sum(axis=1)
    both = totals.sum()
    shares = amounts.sum(axis=0) / both if both else np.zeros(amounts.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.where(totals[:, None] != 0, amounts / totals[:, None], shares)
    return Split(float(totals[0]), float(totals[1]), amounts, weights, shares, None, None, amounts[1] - amounts[0])


def mix_and_rate(numerators: Array, denominators: Array) -> Split:
    """The change of a ratio of sums by the members of both sums, at midpoints.

    With w a member's share of the denominator and r its ratio, R the whole's ratio, and a bar for the
    mean of before and after, the change is the sum of (w1 - w0)(r_bar - R_bar), the mix, and
    w_bar (r1 - r0), the rate; there is no residue. A member without a denominator in one period takes
    its ratio of the other, so that its part is all mix. A numerator without a denominator (returns of
    a month without sales) has no ratio and is counted as rate.

    Raises:
        ZeroDivisionError: The whole's denominator is not above zero in one of the periods.
    """
    below = denominators.sum(axis=1, keepdims=True)
    if not (below > 0).all():
        raise ZeroDivisionError("a ratio without a denominator cannot be split")
    weights = denominators / below
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(denominators != 0, numerators / denominators, np.nan)
    whole = (numerators.sum(axis=1) / below[:, 0])[:, None]
    there = np.where(np.isnan(own), own[::-1], own)
    there = np.where(np.isnan(there), whole.mean(), there)
    unbased = np.where(denominators != 0, 0.0, numerators / below)
    mix = (weights[1] - weights[0]) * (there.mean(axis=0) - whole.mean())
    rate = weights.mean(axis=0) * (there[1] - there[0]) + unbased[1] - unbased[0]
    return Split(float(whole[0, 0]), float(whole[1, 0]), own, weights, weights.mean(axis=0), mix, rate, mix + rate)


def shapley(before: Sequence[float], after: Sequence[float]) -> Array:
    """The change of a product by its factors: each factor's Shapley value.

    That is its change times the other factors, averaged over all orders in which the factors may have
    moved one after another (Shapley 1953); with two factors each is multiplied by the other's mean.
    """
    old, new = np.asarray(before, dtype="float64"), np.asarray(after, dtype="float64")
    count = len(old)
    parts = np.zeros(count)
    for mine in range(count):
        others = [one for one in range(count) if one != mine]
        for size in range(count):
            share = factorial(size) * factorial(count - size - 1) / factorial(count)
            for moved in combinations(others, size):
                values = [new[one] if one in moved else old[one] for one in others]
                parts[mine] += share * float(np.prod(values))
    found: Array = parts * (new - old)
    return found
