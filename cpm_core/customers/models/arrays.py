"""What the models calculate with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Given: TypeAlias = ArrayLike
"""Numbers as a caller has them: an array, a column, a list."""

PARTS = (1, 7, 100)
"""Columns are often whole, weeks made of whole days, or rounded to two decimals: then no sorting is needed."""
MOST = 1 << 20


def added(at: Ints, values: Floats) -> Floats:
    """The sum of the values at each place."""
    return np.asarray(np.bincount(at, values), np.float64)


@dataclass(frozen=True)
class Levels:
    """The different values of one column, ascending, and which of them each row has."""

    values: Floats
    at: Ints

    @classmethod
    def of(cls, column: Floats) -> Levels:
        """Of a column in any order; its numbers are finite and 0 or more."""
        top = float(column.max(initial=0.0))
        for parts in PARTS:
            # A few rows tell at once that most columns are not of this kind.
            if top * parts < MOST and _whole(column[:100], parts) and _whole(column, parts):
                return cls._counted(np.rint(column * parts).astype(np.int64), parts)
        values = np.unique(column)
        return cls(values, np.searchsorted(values, column))

    @classmethod
    def _counted(cls, numbers: Ints, parts: int) -> Levels:
        there = np.bincount(numbers) > 0
        return cls(np.flatnonzero(there) / parts, (np.cumsum(there) - 1)[numbers])


def _whole(column: Floats, parts: int) -> bool:
    return bool((np.rint(column * parts) / parts == column).all())


def grouped(*levels: Levels) -> tuple[Ints, Bools]:
    """The places of the rows in order of the first levels, within them of the second, and so on.

    And, of the rows in that order, whether each differs from the one before it.
    """
    rows = len(levels[0].at)
    room = max(1, rows).bit_length()
    if room + sum(max(1, len(level.values)).bit_length() for level in levels) > 62:
        order = np.lexsort([level.at for level in reversed(levels)])
        return order, starts(*(level.at[order] for level in levels))
    key = np.zeros(rows, np.int64)
    for level in levels:
        key *= len(level.values)
        key += level.at
    # With the place of its row in the low bits a number tells both: sorting numbers is much faster than sorting places.
    key <<= room
    key |= np.arange(rows)
    key.sort()
    order = key & ((1 << room) - 1)
    key >>= room
    return order, starts(key)


def starts(*columns: NDArray[np.float64] | NDArray[np.int64]) -> Bools:
    """Where a row of sorted columns differs from the row before it."""
    new = np.zeros(len(columns[0]), np.bool_)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new
