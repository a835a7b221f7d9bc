"""Sums over histories that the models of customers who leave after an order share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, psi

from cpm_core.customers.models.arrays import Floats, added
from cpm_core.customers.models.history import History

BLOCK = 16_384


@dataclass(frozen=True)
class Summed:
    """What a likelihood needs of all histories."""

    total: float
    """The log-likelihood, without what depends on the chances to leave that were not taken."""
    by_r: float
    by_alpha: float
    many: Floats
    """Customers with each number of orders."""
    left: Floats
    """Of these, how many are expected to have left."""


def summed(r: float, alpha: float, leaves: Floats, history: History) -> Summed:
    """In the stable form of Fader & Hardie (2019), ln L = D1 + D2 + ln(C3 + C4).

    What depends on x, or on x and T, alone is summed over those; only ln(1 + C4 / C3) is needed of each history.

    Args:
        r: Of the rates of orders, as alpha.
        alpha: In the unit of the history's times.
        leaves: Ln C4 of each of ``history.counts``; minus infinity where there was no chance to leave.
        history: Customers.
    """
    pairs, xs = history.pairs, history.counts
    log_end, k = np.log(alpha + pairs.T), r + pairs.x
    whole, by_pair, by_log, by_late = _leaving(r, alpha, leaves[xs.at] + k * log_end, history)
    many, left, stays = added(xs.at, pairs.weight), added(xs.at, by_pair), pairs.weight - by_pair
    orders = many @ (gammaln(r + xs.values) - gammaln(r)) + pairs.weight @ (r * np.log(alpha) - k * log_end)
    by_r = many @ (psi(r + xs.values) - psi(r) + np.log(alpha)) - stays @ log_end - by_log
    by_alpha = many.sum() * r / alpha - stays @ (k / (alpha + pairs.T)) - by_late
    return Summed(float(orders + whole), float(by_r), float(by_alpha), many, left)


def _leaving(r: float, alpha: float, ended: Floats, history: History) -> tuple[float, Floats, float, float]:
    """A block of histories at a time, so that all stays in the processor's cache.

    Sums of ln(1 + C4 / C3); and of the probability of having left: by pair, times ln(alpha + t_x), and times
    (r + x) / (alpha + t_x). ``ended`` is ln C4 + (r + x) ln(alpha + T), of each pair.
    """
    pairs, last = history.pairs, history.lasts
    log_last, per_last = np.log(alpha + last.values), 1 / (alpha + last.values)
    whole, by_pair, by_log, by_late = 0.0, np.zeros(len(pairs.x)), 0.0, 0.0
    for first in range(0, len(history.x), BLOCK):
        rows = slice(first, first + BLOCK)
        at, weight, k = pairs.at[rows], history.weight[rows], r + history.x[rows]
        log = log_last[last.at[rows]]
        odds = ended[at] - k * log
        falls = np.exp(-np.abs(odds))
        whole += weight @ (np.maximum(odds, 0.0) + np.log(1 + falls))
        gone = weight * np.where(odds > 0, 1.0, falls) / (1 + falls)
        by_pair[at[0] : at[-1] + 1] += added(at - at[0], gone)
        by_log += gone @ log
        by_late += gone @ (k * per_last[last.at[rows]])
    return whole, by_pair, by_log, by_late
