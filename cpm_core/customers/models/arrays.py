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
class Numbering:
    """Whole numbers for the values of a column, in their order."""

    bits: int
    """Of the largest number."""
    parts: int
    values: Floats | None
    """What each number stands for; None: itself, divided by ``parts``."""

    @classmethod
    def of(cls, column: Floats) -> Numbering:
        """Of a column in any order; its values are finite and 0 or more."""
        top = float(column.max(initial=0.0))
        for parts in PARTS:
            if top * parts < MOST and _whole(column, parts):
                return cls(round(top * parts).bit_length(), parts, None)
        values = np.unique(column)
        return cls(len(values).bit_length(), 1, values)

    def coded(self, column: Floats) -> Ints:
        """The numbers of some values."""
        if self.values is None:
            return np.rint(column * self.parts).astype(np.int64)
        return np.asarray(np.searchsorted(self.values, column), np.int64)

    def decoded(self, codes: Ints) -> Floats:
        """The values of some numbers."""
        return codes / self.parts if self.values is None else self.values[codes]


def _whole(column: Floats, parts: int) -> bool:
    """Whether the column is whole in so many parts of 1; the first block tells most that are not."""
    return all(np.array_equal(np.rint(column[rows] * parts) / parts, column[rows]) for rows in blocks(len(column)))


@dataclass(frozen=True)
class Levels:
    """The different values of one column, ascending, and which of them each row has."""

    values: Floats
    at: Ints

    @classmethod
    def of(cls, column: Floats) -> Levels:
        """Of a column in any order; its values are finite and 0 or more."""
        numbering = Numbering.of(column)
        codes = numbering.coded(column)
        if numbering.values is not None:
            return cls(numbering.values, codes)
        there = np.bincount(codes) > 0
        return cls(numbering.decoded(np.flatnonzero(there)), (np.cumsum(there) - 1)[codes])


@dataclass(frozen=True)
class Groups:
    """Rows that are equal in some columns, in order of the first column, within it of the second, and so on."""

    columns: list[Floats]
    """Of each group."""
    sizes: Floats
    """Rows of each."""
    of_row: Ints
    """The group of each row."""

    @classmethod
    def of(cls, columns: Sequence[Floats]) -> Groups:
        """Of columns whose values are finite and 0 or more."""
        numberings, rows = [Numbering.of(column) for column in columns], len(columns[0])
        room = rows.bit_length()
        if room + sum(numbering.bits for numbering in numberings) > 62:
            return cls._sorted(columns)
        key = np.empty(rows, np.int64)
        for part in blocks(rows):
            packed = np.zeros(len(key[part]), np.int64)
            for numbering, column in zip(numberings, columns, strict=True):
                packed = packed << numbering.bits | numbering.coded(column[part])
            # With its row in the low bits a number tells both: sorting numbers is faster than sorting places.
            key[part] = packed << room | np.arange(part.start, part.start + len(packed))
        key.sort()
        left, sizes, of_row = _told_apart(key, room)
        found = [np.empty(len(left)) for _ in numberings]
        for part in blocks(len(left)):
            packed = left[part]
            for numbering, column in zip(reversed(numberings), reversed(found), strict=True):
                column[part] = numbering.decoded(packed & ((1 << numbering.bits) - 1))
                packed >>= numbering.bits
        return cls(found, sizes, of_row)

    @classmethod
    def _sorted(cls, columns: Sequence[Floats]) -> Groups:
        """The slow way, for more different values than a number of 62 bits can tell."""
        order = np.lexsort(columns[::-1])
        new = starts(*(column[order] for column in columns))
        of_row = np.empty(len(order), np.int64)
        of_row[order] = np.cumsum(new) - 1
        sizes = np.diff(np.flatnonzero(new), append=len(order)).astype(np.float64)
        return cls([column[order[new]] for column in columns], sizes, of_row)


def _told_apart(key: Ints, room: int) -> tuple[Ints, Floats, Ints]:
    """Of sorted keys with rows in their low bits: the different keys, how many rows have each, and which a row has."""
    of_row, mask, before, found = np.empty(len(key), np.int64), (1 << room) - 1, -1, 0
    left, firsts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for part in blocks(len(key)):
        code = key[part] >> room
        new = np.append(code[:1] != before, code[1:] != code[:-1])
        of_row[key[part] & mask] = np.cumsum(new) + (found - 1)
        left.append(code[new])
        firsts.append(np.flatnonzero(new) + part.start)
        before, found = code[-1], found + len(left[-1])
    sizes = np.diff(np.concatenate(firsts), append=len(key)).astype(np.float64)
    return np.concatenate(left), sizes, of_row


def starts(*columns: NDArray[Any]) -> Bools:
    """Where a row of sorted columns differs from the row before it."""
    new = np.zeros(len(columns[0]), np.bool_)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new
