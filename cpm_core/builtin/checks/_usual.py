"""How many rows are usual: from the rows of each day, without a model to fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import fmean, median

WINDOW = 28
"""Days that are compared: four whole weeks, so that the rhythm of the week does not count."""
YEAR = 13
"""Windows from one to that of a year before: 364 days, so that weekdays fall together."""
FEWEST = 5
"""Windows before that it takes to say what is usual."""
LEVEL = 3
"""Windows that tell how much has grown since the year before."""
LONGEST_GAP = 14
"""Days without a row after which rows come in batches, and a window may miss one by chance."""
FEWEST_ROWS = 20
"""Usual rows below which half of them may be chance."""
STEEP = 0.8
"""Share of the window before it below which a window has fallen steeply."""
LEVEL_CHANCE = 1.2
"""Variance of a window against the median of a dozen, in rows that come independently: one of its own, and an eighth."""
SEASON_CHANCE = 2 + 2 / LEVEL
"""The same against the year before: one of its own, one of the year before, and a third for each side of the growth."""


@dataclass(frozen=True)
class Usual:
    """What is usual, and how well it is known.

    Attributes:
        rows: Rows of a window.
        spread: Typical error of ``rows`` as a share of it, as seen in the windows before.
        level: Median of the windows of the year before.
    """

    rows: float
    spread: float
    level: float

    def limit(self, share: float) -> float:
        """Rows at and below which a window has under a share of the usual.

        The usual is known up to its spread. Two of them (at most a fifth) are added, so that a delivery of every
        second row does not pass by a hair. A window within three of them of the usual is never told; nor is one with
        about as many rows as others of the year, such as a year after a promotion that was not repeated.
        """
        estimated = self.rows * share * min(1 + 2 * self.spread, 1.2)
        return min(estimated, self.rows * (1 - 3 * self.spread), self.level * 0.9)


def windows(daily: Sequence[int]) -> list[int]:
    """Rows of each whole window, the latest first."""
    starts = range(len(daily) - WINDOW, -1, -WINDOW)
    return [sum(daily[start : start + WINDOW]) for start in starts]


def usual_of(daily: Sequence[int]) -> Usual | None:
    """What the days before the latest window make of it; None: they are too few, or too uneven, to tell."""
    found = windows(daily)
    past = found[1 : YEAR + 1]
    if len(past) < FEWEST or longest_gap(daily[:-WINDOW]) > LONGEST_GAP:
        return None
    level = median(past)
    if level <= 0:
        return None
    seasonal = _seasonal(found)
    rows, errors = seasonal or (_falling(past, level), [one / level - 1 for one in past])
    if rows < FEWEST_ROWS:
        return None
    # Rows that come by chance alone are uneven too, however even the few windows happen to be.
    chance = sqrt((SEASON_CHANCE if seasonal else LEVEL_CHANCE) / rows)
    return Usual(rows, max(sqrt(fmean(error**2 for error in errors)), chance), level)


def _seasonal(found: Sequence[int]) -> tuple[float, list[float]] | None:
    """The same window of the year before, grown as much as the windows before; and how far off that was till now."""

    def expected(at: int) -> float:
        # The window just before counts for nothing: what is missing may have begun in it.
        first, end = at + 2, at + 2 + LEVEL
        then = sum(found[first + YEAR : end + YEAR]) if len(found) >= end + YEAR else 0
        return found[at + YEAR] * sum(found[first:end]) / then if then else 0.0

    errors = [found[at] / before - 1 for at in range(1, YEAR) if (before := expected(at))]
    now = expected(0)
    return (now, errors) if now and len(errors) >= LEVEL else None


def _falling(past: Sequence[int], level: float) -> float:
    """The level; or what a steep fall leaves that goes on, since without a year before a season looks like that."""
    last, before = past[0], past[1]
    return min(level, last * last / before) if last < STEEP * before else level


def longest_gap(daily: Sequence[int]) -> int:
    """Most days from one with rows to the next."""
    days = [day for day, rows in enumerate(daily) if rows]
    return max((late - early for early, late in pairwise(days)), default=0)
