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
        """Of a column in any order."""
        values = np.unique(column)
        return cls(values, np.searchsorted(values, column))
