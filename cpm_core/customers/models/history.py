"""What a model of orders sees of customers: how often, until when, for how long; equal histories are one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cpm_core.customers.models.arrays import Bools, Floats, Given, Groups, Ints, Levels, added, blocks, starts
from cpm_core.model.errors import ModelError


@dataclass(frozen=True)
class Pairs:
    """The different x and T together: what lies ahead of a customer who has not left depends on no more."""

    x: Floats
    T: Floats
    at: Ints
    """Which pair each history has."""
    weight: Floats
    """Customers of each pair."""


@dataclass(frozen=True)
class History:
    """Different histories, sorted by x, T and t_x, each with the number of customers who have it.

    x is the number of repeat orders (the first does not count), t_x the time from the first order to the
    last, T the time from the first order to the end of what is observed. Times are in any one unit.
    """

    x: Floats
    t_x: Floats
    T: Floats
    weight: Floats
    """How many customers have the history (float64, for sums)."""
    inverse: Ints
    """By customer, as they were given: the place of their history."""

    @classmethod
    def of(cls, x: Given, t_x: Given, T: Given) -> History:
        """Merge equal histories of customers; the order of the rows makes no difference.

        Args:
            x: Repeat orders, one number a customer.
            t_x: Time from first to last order; 0 where x is 0.
            T: Time from the first order to the end of what is observed.

        Raises:
            ModelError: Arrays of different length, what is no number, or what cannot be (t_x after T, …).
        """
        count, last, age = (np.asarray(column, dtype=np.float64) for column in (x, t_x, T))
        _check(count, last, age)
        groups = Groups.of((count, age, last))
        different, ages, lasts = groups.columns
        return cls(different, lasts, ages, groups.sizes, groups.of_row)

    @property
    def customers(self) -> int:
        """How many customers they are."""
        return len(self.inverse)

    @property
    def repeaters(self) -> int:
        """How many ordered again."""
        return int(self.weight[self.x > 0].sum())

    def spread(self, values: Floats) -> Floats:
        """A value of each history, by customer; of several rows each."""
        return values[..., self.inverse]

    def sample(self, most: int) -> History:
        """About so many of the histories, at even steps; it has no customers to spread to."""
        every = slice(None, None, max(1, len(self.x) // most))
        return History(self.x[every], self.t_x[every], self.T[every], self.weight[every], np.zeros(0, np.int64))

    @cached_property
    def pairs(self) -> Pairs:
        """The different x and T together."""
        new = starts(self.x, self.T)
        at = np.cumsum(new) - 1
        return Pairs(self.x[new], self.T[new], at, added(at, self.weight))

    @cached_property
    def counts(self) -> Levels:
        """The different x, of each pair."""
        return Levels.of(self.pairs.x)

    @cached_property
    def lasts(self) -> Levels:
        """The different t_x, of each history."""
        return Levels.of(self.t_x)


def _check(x: Floats, t_x: Floats, T: Floats) -> None:
    if x.ndim != 1 or x.shape != t_x.shape or x.shape != T.shape:
        raise ModelError(f"x, t_x and T are arrays of shapes {x.shape}, {t_x.shape} and {T.shape}", fix=_ONE_EACH)
    counts = np.zeros(len(_WRONG), np.int64)
    with np.errstate(invalid="ignore"):
        for rows in blocks(len(x)):
            counts += [np.count_nonzero(wrong(x[rows], t_x[rows], T[rows])) for wrong in _WRONG.values()]
    for what, count in zip(_WRONG, counts, strict=True):
        if count:
            raise ModelError(f"{count:,} of {len(x):,} customers {what}", fix=_ONE_EACH)


_ONE_EACH = "Give for each customer x repeat orders, and times 0 <= t_x <= T since the first"
_WRONG: dict[str, Callable[[Floats, Floats, Floats], Bools]] = {
    "have an x, t_x or T that is not a finite number": lambda x, t_x, T: ~np.isfinite(x + t_x + T),
    "have a number of repeat orders that is no whole number from 0 up": lambda x, t_x, T: (x < 0) | (x != np.floor(x)),
    "have a last order before the first, or after the end of what is observed": (
        lambda x, t_x, T: (t_x < 0) | (t_x > T)
    ),
    "have a last order at another time than the first, and no repeat order (or the other way round)": (
        lambda x, t_x, T: (x == 0) != (t_x == 0)
    ),
}
"""What a customer cannot have, in the order in which it is told."""
