"""Two-sample tests of a change, and which of many changes are more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Sample:
    """What a test needs of one figure.

    Attributes:
        value: The figure.
        n: Effective number of rows.
        low, high: Its interval.
        share: Whether it is a share of rows (tested by Newcombe).
        error: Standard error, of a mean or ratio of sums.
    """

    value: float
    n: float
    low: float
    high: float
    share: bool
    error: float


@dataclass(frozen=True)
class Change:
    """A difference of two figures with its interval and p-value (nan where it cannot be tested)."""

    difference: float
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan


def change(now: Sample, then: Sample, confidence: float) -> Change:
    """The change from ``then`` to ``now``: Newcombe for shares, Welch for means and ratios of sums."""
    difference = now.value - then.value
    if now.share and then.share:
        return newcombe(now, then, confidence)
    if not (math.isfinite(now.error) and math.isfinite(then.error)):
        return Change(difference)
    return welch(now, then, confidence)


def newcombe(now: Sample, then: Sample, confidence: float) -> Change:
    """Difference of two shares by the hybrid score interval (Newcombe 1998, method 10).

    The p-value is the normal one of the interval's half-width on the side of zero, so that it is
    under 1 - confidence exactly where the interval excludes 0.
    """
    d = now.value - then.value
    low = d - math.hypot(now.value - now.low, then.high - then.value)
    high = d + math.hypot(now.high - now.value, then.value - then.low)
    z = stats.norm.ppf(0.5 + confidence / 2)
    half = d - low if d > 0 else high - d
    p = 1.0 if half == 0 and d == 0 else float(2 * stats.norm.sf(abs(d) / half * z)) if half > 0 else 0.0
    return Change(d, low, high, p)


def welch(now: Sample, then: Sample, confidence: float) -> Change:
    """Difference of two means with unequal variances (Welch 1947)."""
    d = now.value - then.value
    a, b = now.error**2, then.error**2
    if min(now.n, then.n) <= 1:
        return Change(d)
    if a + b == 0:
        return Change(d, d, d, 1.0 if d == 0 else 0.0)
    freedom = (a + b) ** 2 / (a**2 / (now.n - 1) + b**2 / (then.n - 1))
    error = math.sqrt(a + b)
    half = float(stats.t.ppf(0.5 + confidence / 2, freedom)) * error
    return Change(d, d - half, d + half, float(2 * stats.t.sf(abs(d) / error, freedom)))


def benjamini_hochberg(p_values: Sequence[float], rate: float = 0.05) -> list[bool]:
    """Which hypotheses are rejected at a false discovery rate (Benjamini and Hochberg 1995); nan never."""
    p = np.asarray(p_values, dtype="float64")
    known = np.flatnonzero(np.isfinite(p))
    rejected = np.zeros(len(p), dtype=bool)
    if len(known):
        order = known[np.argsort(p[known], kind="stable")]
        passing = np.flatnonzero(p[order] <= rate * np.arange(1, len(order) + 1) / len(order))
        if len(passing):
            rejected[order[: passing[-1] + 1]] = True
    return [bool(one) for one in rejected]
