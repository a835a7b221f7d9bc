"""What the models calculate with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Given: TypeAlias = ArrayLike
"""Numbers as a caller has them: an array, a column, a list."""

PARTS = (1, 7, 100)
"""Columns are often whole, weeks made of whole days, or rounded to two decimals: then they are numbered already."""
MOST = 1 << 20
BLOCK = 1 << 16
"""Rows at a time, so that what is between stays in the processor's cache."""


def blocks(rows: int) -> Iterator[slice]:
    """Slices of `BLOCK` rows."""
    return (slice(first, first + BLOCK) for first in range(0, rows, BLOCK))


def added(at: Ints, values: Floats) -> Floats:
    """The sum of the values at each place."""
    return np.asarray(np.bincount(at, values), np.float64)


@dataclass(frozen=True)
class Codes:
    """Whole numbers for the values of a column, in their order."""

    at: NDArray[np.int32]
    bits: int
    """Of the largest."""
    parts: int
    values: Floats | None
    """What each number stands for; None: itself, divided by ``parts``."""

    @classmethod
    def of(cls, column: Floats) -> Codes:
        """Of a column in any order; its values are finite and 0 or more."""
        top = float(column.max(initial=0.0))
        for parts in PARTS:
            # The first rows tell at once that most columns are not of this kind.
            if top * parts < MOST and _numbered(column[:100], parts) is not None:
                at = _numbered(column, parts)
                if at is not None:
                    return cls(at, round(top * parts).bit_length(), parts, None)
        values = np.unique(column)
        return cls(np.searchsorted(values, column).astype(np.int32), len(values).bit_length(), 1, values)

    def decoded(self, codes: Ints) -> Floats:
        """The values of some numbers."""
        return codes / self.parts if self.values is None else self.values[codes]


def _numbered(column: Floats, parts: int) -> NDArray[np.int32] | None:
    """The column in so many parts of 1, if that is whole everywhere."""
    found = np.empty(len(column), np.int32)
    for rows in blocks(len(column)):
        whole = np.rint(column[rows] * parts)
        if not np.array_equal(whole / parts, column[rows]):
            return None
        found[rows] = whole
    return found


@dataclass(frozen=True)
class Levels:
    """The different values of one column, ascending, and which of them each row has."""

    values: Floats
    at: Ints

    @classmethod
    def of(cls, column: Floats) -> Levels:
        """Of a column in any order; its values are finite and 0 or more."""
        codes = Codes.of(column)
        if codes.values is not None:
            return cls(codes.values, codes.at.astype(np.int64))
        there = np.bincount(codes.at) > 0
        return cls(codes.decoded(np.flatnonzero(there)), (np.cumsum(there) - 1)[codes.at])


def grouped(columns: Sequence[Floats]) -> tuple[Ints, Bools, list[Floats]]:
    """Rows in order of the first column, within it of the second, and so on.

    Returns:
        The places of the rows in that order; whether each differs from the one before; and the columns of those.
    """
    codes, rows = [Codes.of(column) for column in columns], len(columns[0])
    room = rows.bit_length()
    if room + sum(code.bits for code in codes) > 62:
        order = np.lexsort([code.at for code in reversed(codes)])
        new = starts(*(code.at[order] for code in codes))
        return order, new, [column[order[new]] for column in columns]
    key = np.empty(rows, np.int64)
    for part in blocks(rows):
        packed = codes[0].at[part].astype(np.int64)
        for code in codes[1:]:
            packed = packed << code.bits | code.at[part]
        # With the place of its row in the low bits a number tells both: sorting numbers is faster than sorting places.
        key[part] = packed << room | np.arange(part.start, part.start + len(packed))
    key.sort()
    order = key & ((1 << room) - 1)
    key >>= room
    new = starts(key)
    left, found = key[new], []
    for code in reversed(codes):
        found.append(code.decoded(left & ((1 << code.bits) - 1)))
        left >>= code.bits
    return order, new, found[::-1]


def starts(*columns: NDArray[Any]) -> Bools:
    """Where a row of sorted columns differs from the row before it."""
    new = np.zeros(len(columns[0]), np.bool_)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new
