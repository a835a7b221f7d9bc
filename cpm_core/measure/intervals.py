"""Confidence intervals, vectorised over facts. Arrays are float64 of one length; nan where undefined."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
Interval = tuple[Array, Array]


@lru_cache(maxsize=16)
def z_of(confidence: float) -> float:
    """The normal quantile of a two-sided confidence level."""
    return float(stats.norm.ppf(0.5 + confidence / 2))


def wilson(successes: Array, n: Array, confidence: float) -> Interval:
    """Score interval of a share (Wilson 1927); ``n`` may be an effective, fractional number."""
    z = z_of(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = successes / n
        centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return np.clip(centre - half, 0.0, 1.0), np.clip(centre + half, 0.0, 1.0)


def student(mean: Array, variance: Array, n: Array, confidence: float) -> Interval:
    """Student's t interval of a mean, from the sample variance; undefined below two rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        half = stats.t.ppf(0.5 + confidence / 2, np.maximum(n - 1, 0)) * np.sqrt(np.maximum(variance, 0) / n)
    half = np.where(n > 1, half, np.nan)
    return mean - half, mean + half


def adjusted_wald(promoters: Array, detractors: Array, n: Array, confidence: float) -> Interval:
    """Net promoter score, -100 to 100: 3/4 promoter, 1 1/2 passives and 3/4 detractor are added (Rocks 2016)."""
    z = z_of(confidence)
    p = (promoters + 0.75) / (n + 3)
    d = (detractors + 0.75) / (n + 3)
    half = z * np.sqrt(np.maximum(p + d - (p - d) ** 2, 0) / (n + 3))
    low, high = np.maximum(p - d - half, -1) * 100, np.minimum(p - d + half, 1) * 100
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


@dataclass(frozen=True)
class Sums:
    """Sums over rows of a ratio's numerator and denominator, of their squares and of their product."""

    num: Array
    den: Array
    nn: Array
    dd: Array
    nd: Array


def ratio_of_sums(sums: Sums, n: Array, confidence: float) -> Interval:
    """Delta method over rows for sum(num)/sum(den), from sums of squares and products (Cochran 1977, 6.3)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = sums.num / np.where(sums.den > 0, sums.den, np.nan)
        error = ratio_variance(sums, n)
        half = stats.t.ppf(0.5 + confidence / 2, np.maximum(n - 1, 0)) * np.sqrt(error)
    half = np.where(n > 1, half, np.nan)
    return ratio - half, ratio + half


def ratio_variance(sums: Sums, n: Array) -> Array:
    """Variance of a ratio of sums by the delta method over rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = sums.num / sums.den
        residual = np.maximum(sums.nn - 2 * ratio * sums.nd + ratio**2 * sums.dd, 0)
        variance: Array = n / (n - 1) * residual / sums.den**2
    return variance


def design_effect(clusters: Array, between: Array, n: Array, variance: Array) -> Array:
    """How much less rows tell that come in clusters (Rao and Scott 1992), at least 1.

    Args:
        clusters: Number of clusters.
        between: Sum over clusters of (numerator - value * denominator) squared.
        n: Number of rows.
        variance: Variance of one row were rows independent.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = clusters / (clusters - 1) * between / (n * variance)
    known = np.isfinite(effect) & (clusters > 1)
    result: Array = np.where(known, np.maximum(effect, 1.0), 1.0)
    return result


def as_array(values: Any) -> Array:
    """Any column as float64."""
    return np.asarray(values, dtype="float64")
