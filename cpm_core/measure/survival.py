"""Kaplan-Meier quantiles with censoring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from cpm_core.measure.intervals import Array, z_of


@dataclass(frozen=True)
class Curve:
    """A survival curve: at each time with an event, S(t) and Greenwood's sum."""

    times: Array
    survival: Array
    greenwood: Array
    longest: float
    """The longest time observed, censored or not."""
    n: int
    events: int


def kaplan_meier(times: Array, events: Array, censored: Array) -> Curve:
    """The product-limit estimate (Kaplan and Meier 1958).

    Args:
        times: Different times, in any order.
        events: Number of events at each.
        censored: Number of rows censored at each (they count as at risk at that time).
    """
    order = np.argsort(times)
    times, events, censored = times[order], events[order], censored[order]
    at_risk = np.cumsum((events + censored)[::-1])[::-1]
    happened = events > 0
    d, r = events[happened], at_risk[happened]
    survival = np.cumprod(1 - d / r, dtype="float64")
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(d / (r * (r - d)))
    longest = float(times[-1]) if len(times) else float("nan")
    return Curve(times[happened], survival, greenwood, longest, int((events + censored).sum()), int(events.sum()))


def quantile(curve: Curve, q: float) -> float:
    """The first time at which S(t) is at most 1 - q; nan if the curve stays above.

    Where the curve equals 1 - q over a stretch, its middle is taken (so that without censoring the
    median of an even number of rows is the usual one).
    """
    # Products of fractions carry rounding: a survival of exactly 1 - q must be seen as that.
    reached = np.flatnonzero(curve.survival <= 1 - q + 1e-12)
    if not len(reached):
        return float("nan")
    first = reached[0]
    time = float(curve.times[first])
    flat = abs(curve.survival[first] - (1 - q)) <= 1e-12
    if flat and first + 1 < len(curve.times):
        return (time + float(curve.times[first + 1])) / 2
    return time


def quantile_interval(curve: Curve, q: float, confidence: float) -> tuple[float, float]:
    """Limits of a quantile; nan where the data do not reach.

    With censoring by Brookmeyer and Crowley (1982) on the log-log scale; without, by order
    statistics (needs 6 rows; Conover 1999, 3.2).
    """
    if curve.events == curve.n:
        return _order_statistics(curve, q, confidence)
    z = z_of(confidence)
    inner = (curve.survival > 0) & (curve.survival < 1)
    if not inner.any():
        return float("nan"), float("nan")
    s, g, t = curve.survival[inner], curve.greenwood[inner], curve.times[inner]
    target = np.log(-np.log(1 - q))
    distance = (np.log(-np.log(s)) - target) / (np.sqrt(g) / np.abs(np.log(s)))
    inside = np.flatnonzero(np.abs(distance) <= z)
    above = np.flatnonzero(distance > z)
    low = t[inside[0]] if len(inside) else (t[above[0]] if len(above) else np.nan)
    high = t[above[0]] if len(above) else np.nan
    return float(low), float(high)


def _order_statistics(curve: Curve, q: float, confidence: float) -> tuple[float, float]:
    n = curve.n
    if n < 6:
        return float("nan"), float("nan")
    low, high = _ranks(n, q, confidence)
    # Survival after the k-th smallest is 1 - k/n, which gives the order statistics back.
    ranks = np.rint((1 - curve.survival) * n)

    def at(rank: int) -> float:
        found = np.flatnonzero(ranks >= rank)
        return float(curve.times[found[0]]) if len(found) else float("nan")

    return (at(low) if low >= 1 else float("nan")), (at(high) if high <= n else float("nan"))


@lru_cache(maxsize=65_536)
def _ranks(n: int, q: float, confidence: float) -> tuple[int, int]:
    """Which of n rows in order are the limits; the same numbers of rows come again and again."""
    alpha = 1 - confidence
    return int(stats.binom.ppf(alpha / 2, n, q)), int(stats.binom.ppf(1 - alpha / 2, n, q)) + 1
