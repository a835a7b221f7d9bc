"""How much of a change a slice explains, and how much it would seem to explain by chance alone.

If all members had changed alike and kept their weights, a slice would explain nothing: no mix, and each
member's part would be its share of the change. What a slice explains is what differs from that: the
mix as a whole, and the rates (or contributions) that fell unevenly. By chance some always does, and
the more the more members there are; so the expected amount is taken off before slices are compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from cpm_core.scorecard.split import Array, Split

_MEAN_DEVIATION = math.sqrt(2 / math.pi)
"""Mean absolute deviation of a normal variable, in standard deviations."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Chance:
    """Standard deviations, had all members changed alike and kept their weights but for chance.

    Attributes:
        mix: Of each member's mix; zeros where nothing is weighed.
        rate: Of each member's rate, or contribution, less its share of all of them.
        whole_mix: Of the mix of all members together.
    """

    mix: Array
    rate: Array
    whole_mix: float

    @property
    def part(self) -> Array:
        """Of each member's uneven part."""
        part: Array = np.hypot(self.mix, self.rate)
        return part


def chance(split: Split, variances: Array, rows: Array) -> Chance:
    """What chance does to the parts of a change.

    Args:
        split: The parts.
        variances: Of each member's figure (its amount, where there are no rates), before and after.
        rows: Rows of the whole, before and after: weights are drawn from so many.
    """
    base, both = split.base, variances.sum(axis=0)
    if split.mix is None:
        nothing = np.zeros(len(base))
        return Chance(nothing, _shared(both, base), 0.0)
    # A member absent in one period took its other period's figure: there is nothing to vary.
    absent = np.isnan(split.figures).any(axis=0)
    rate = _shared(np.where(absent, 0.0, both) * base**2, base)
    figures = np.where(np.isnan(split.figures), split.figures[::-1], split.figures).mean(axis=0)
    apart = np.nan_to_num(figures - (split.before + split.after) / 2)
    drawn = (1 / np.maximum(rows, 1)).sum()
    mix = np.abs(apart) * np.sqrt(np.maximum(base * (1 - base), 0.0) * drawn)
    scatter = (base * apart**2).sum() - (base * apart).sum() ** 2
    return Chance(mix, rate, math.sqrt(max(scatter, 0.0) * drawn))


def _shared(variances: Array, base: Array) -> Array:
    """Standard deviation of each part less its share of the sum of all parts."""
    deviation: Array = np.sqrt(np.maximum(variances * (1 - 2 * base) + base**2 * variances.sum(), 0.0))
    return deviation


def p_values(split: Split, by_chance: Chance) -> Array:
    """Of each member: how likely chance alone brings so uneven a part."""
    return _p(split, split.uneven, by_chance.part)


def p_mix(split: Split, by_chance: Chance) -> float:
    """How likely chance alone brings so large a mix; NaN where nothing is weighed."""
    if split.mix is None:
        return math.nan
    return float(_p(split, np.array([split.mix.sum()]), np.array([by_chance.whole_mix]))[0])


def _p(split: Split, parts: Array, deviation: Array) -> Array:
    real = np.where(np.abs(parts) > _ROUNDING * max(abs(split.before), abs(split.after)), parts, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Array = np.where(deviation > 0, 2 * stats.norm.sf(np.abs(real) / deviation), 1.0)
    return found


def explained(split: Split) -> float:
    """How much a slice explains, in the figure's unit: the whole mix, and half of all that fell unevenly."""
    if split.mix is None or split.rate is None:
        return float(np.abs(split.uneven).sum() / 2)
    return float(abs(split.mix.sum()) + np.abs(split.rate - split.base * split.rate.sum()).sum() / 2)


def expected(by_chance: Chance) -> float:
    """How much a slice would explain by chance; grows with the number of members."""
    return float(_MEAN_DEVIATION * (by_chance.whole_mix + by_chance.rate.sum() / 2))
