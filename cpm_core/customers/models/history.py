"""What a model of orders sees of customers: how often, until when, for how long; equal histories are one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cpm_core.customers.models.arrays import Floats, Given, Ints, Levels
from cpm_core.model.errors import ModelError


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
        columns = [np.asarray(column, dtype=np.float64) for column in (x, t_x, T)]
        _check(*columns)
        levels = [Levels.of(column) for column in (columns[0], columns[2], columns[1])]
        key = levels[0].at
        for level in levels[1:]:
            key = key * max(1, len(level.values)) + level.at
        # Three columns of 10 million different values each would not fit into one key of 63 bits.
        assert sum(np.log2(max(1, len(level.values))) for level in levels) < 63, "too many different times"
        _, first, inverse, weight = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        unique = [column[first] for column in columns]
        return cls(unique[0], unique[1], unique[2], weight.astype(np.float64), inverse.astype(np.int64))

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

    @cached_property
    def levels(self) -> tuple[Levels, Levels, Levels]:
        """The different x, t_x and T."""
        return Levels.of(self.x), Levels.of(self.t_x), Levels.of(self.T)

    @cached_property
    def pairs(self) -> tuple[Floats, Floats, Ints]:
        """The different x and T together, and which of them each history has: what lies ahead depends on no more."""
        new = np.ones(len(self.x), np.bool_)
        new[1:] = (np.diff(self.x) != 0) | (np.diff(self.T) != 0)
        return self.x[new], self.T[new], np.cumsum(new) - 1


def _check(x: Floats, t_x: Floats, T: Floats) -> None:
    if x.ndim != 1 or x.shape != t_x.shape or x.shape != T.shape:
        raise ModelError(f"x, t_x and T are arrays of shapes {x.shape}, {t_x.shape} and {T.shape}", fix=_ONE_EACH)
    wrong = {
        "have an x, t_x or T that is not a finite number": ~np.isfinite(x + t_x + T),
        "have a number of repeat orders that is no whole number from 0 up": (x < 0) | (x != np.floor(x)),
        "have a last order before the first, or after the end of what is observed": (t_x < 0) | (t_x > T),
        "have a last order at another time than the first, and no repeat order (or the other way round)": (
            (x == 0) != (t_x == 0)
        ),
    }
    for what, rows in wrong.items():
        if rows.any():
            raise ModelError(f"{int(rows.sum()):,} of {len(x):,} customers {what}", fix=_ONE_EACH)


_ONE_EACH = "Give for each customer x repeat orders, and times 0 <= t_x <= T since the first"
