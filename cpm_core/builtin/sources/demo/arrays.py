"""Fast columns: numpy codes and numbers into Arrow arrays, without a Python object a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cpm_core.builtin.sources.demo import truths

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rng = np.random.Generator

MONEY = pa.decimal128(18, 4)
TIME = pa.timestamp("us")
_START = int(np.datetime64(truths.START, "s").astype(np.int64))


def stream(seed: int, chunk: int, theme: str) -> Rng:
    """The random numbers of one theme of one chunk, whatever else is drawn before, after or beside."""
    words = np.frombuffer(theme.encode().ljust(16, b"\0")[:16], dtype=np.uint32).tolist()
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, chunk, *words])))


def pick(rng: Rng, size: int, weights: Sequence[float]) -> Ints:
    """Draw indices by weight (to a thousandth): a look-up is ten times faster than ``rng.choice``."""
    counts = np.rint(np.asarray(weights) / sum(weights) * 1000).astype(np.int64)
    lookup = np.repeat(np.arange(len(counts)), counts)
    return np.asarray(lookup[rng.integers(0, len(lookup), size)], dtype=np.int64)


def coded(values: Sequence[str] | pa.Array, codes: Ints, missing: Bools | None = None) -> pa.Array:
    """A text column of few values, from each row's index into them."""
    words = values if isinstance(values, pa.Array) else pa.array(list(values), pa.string())
    indices = pa.array(codes.astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, words)


def ids(prefix: str, numbers: Ints, width: int) -> pa.Array:
    """Text ids of one length: a prefix and a number with leading zeros."""
    lead = prefix.encode()
    text = np.empty((len(numbers), len(lead) + width), np.uint8)
    text[:, : len(lead)] = np.frombuffer(lead, np.uint8)
    rest = numbers.copy()
    for place in range(len(lead) + width - 1, len(lead) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        text[:, place] = digit + ord("0")
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * text.shape[1]
    return pa.Array.from_buffers(pa.string(), len(numbers), [None, pa.py_buffer(offsets), pa.py_buffer(text)])


def money(cents: Ints) -> pa.Array:
    """Exact decimals from whole cents."""
    wide = np.empty((len(cents), 2), np.int64)
    wide[:, 0] = cents * 100
    wide[:, 1] = cents >> 63  # the sign, spread over the high half of the 128 bits
    return pa.Array.from_buffers(MONEY, len(cents), [None, pa.py_buffer(wide)])


def times(seconds: Ints, missing: Bools | None = None) -> pa.Array:
    """Naive local times from seconds since the company's first midnight."""
    return pa.array((seconds + _START) * 1_000_000, pa.int64(), mask=missing).cast(TIME)


def numbers(values: NDArray[Any], missing: Bools | None = None) -> pa.Array:
    """A plain number column."""
    return pa.array(values, mask=missing)


def spread(starts: Ints, counts: Ints) -> Ints:
    """The positions ``start, start + 1, … start + count - 1`` of every run, one after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - ends + counts, counts), dtype=np.int64)
