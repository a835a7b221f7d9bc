"""How many customers each action takes, so that the gain is greatest under a budget and a number of hours.

Within one action every customer costs the same, so that whatever number of them is taken, it is best to take
those of the greatest gain. What is left to find is one whole number an action: with gains in falling order the
best gain of k customers is a concave function of k, which a linear programme draws exactly. So the whole numbers
are as few as the actions are, however many customers there are, and the answer gains at most a millionth less than
the best (Kellerer, Pferschy & Pisinger, Knapsack Problems, 2004, ch. 9, on knapsacks of several constraints).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCALE = 10**4
"""Amounts have four decimals at most; in ten-thousandths they are whole."""
LARGEST_GAIN = 1e4
"""What the greatest gain is scaled to, so that tolerances of the solver mean the same in any currency."""
CLOSE = 1e-6
"""The part of the gain that may be missed: to prove the last of it can take hours, and estimates are no better."""


NEAR = 40
"""Candidates of each action on either side of the prices, among whom a first plan is looked for."""


@dataclass(frozen=True)
class Line:
    """The candidates of one action."""

    gains: NDArray[np.float64]
    """What each is worth beyond its cost, positive, falling."""
    cost: Decimal
    hours: Decimal


def choose(lines: Sequence[Line], budget: Decimal | None, hours: Decimal | None) -> list[int]:
    """How many of each line to take, the first ones: their gain is the greatest that budget and hours allow.

    To a part of `CLOSE` of it; budget and hours are kept exactly.

    Args:
        lines: One an action.
        budget: Money, never exceeded (sums are exact); None: no limit.
        hours: The same for hours of work.

    Raises:
        ValueError: The solver found no answer.
    """
    limits = [
        (limit, amounts)
        for limit, amounts in ((budget, [line.cost for line in lines]), (hours, [line.hours for line in lines]))
        if limit is not None
    ]
    most = [
        min([len(line.gains), *(int(limit // amounts[place]) for limit, amounts in limits if amounts[place])])
        for place, line in enumerate(lines)
    ]
    counts = most if _fits(most, limits) else _solved(lines, most, limits)
    return _filled(lines, counts, most, limits)


Limits = Sequence[tuple[Decimal, Sequence[Decimal]]]


def _fits(counts: Sequence[int], limits: Limits) -> bool:
    return all(
        sum((amount * count for amount, count in zip(amounts, counts, strict=True)), Decimal(0)) <= limit
        for limit, amounts in limits
    )


def _solved(lines: Sequence[Line], most: Sequence[int], limits: Limits) -> list[int]:
    """The best counts; those that can only be in or only be out are told by prices before anything is solved.

    At any prices of money and hours, a plan gains at most what the limits are worth and what each candidate gives
    beyond its price (the Lagrangian bound). A plan that leaves out a candidate who gives more beyond its price than
    the bound is above a plan that is known, or takes one who lacks so much, is worse than that plan.
    """
    tops = [_Top(line.gains[:top]) for line, top in zip(lines, most, strict=True)]
    prices, bound = _prices(tops, limits)
    at = [_price(prices, limits, place) for place in range(len(lines))]
    # A good plan first, from those nearest to their price; the better it is, the less is left to solve.
    near = [top.count(price) for top, price in zip(tops, at, strict=True)]
    least, highest = [max(n - NEAR, 0) for n in near], [min(n + NEAR, top) for n, top in zip(near, most, strict=True)]
    known = _between(lines, least, highest, limits)
    slack = bound - sum(top.sums[count] for top, count in zip(tops, known, strict=True)) + 1e-9 * abs(bound)
    if slack <= CLOSE * bound:
        return known
    low = [top.count(price + slack) for top, price in zip(tops, at, strict=True)]
    high = [top.count(price - slack) for top, price in zip(tops, at, strict=True)]
    if all(a >= b for a, b in zip(low, least, strict=True)) and all(a <= b for a, b in zip(high, highest, strict=True)):
        return known
    return _between(lines, low, high, limits)


class _Top:
    """The gains of one line, to be asked how many are above a price and what they come to."""

    def __init__(self, gains: NDArray[np.float64]) -> None:
        import numpy as np

        self._falling = -gains
        self.sums = np.concatenate([[0.0], np.cumsum(gains)])

    def count(self, price: float) -> int:
        """How many gains are above a price."""
        return int(self._falling.searchsorted(-price, side="left"))

    def beyond(self, price: float) -> float:
        """What the gains above a price are more than it, in sum."""
        count = self.count(price)
        return float(self.sums[count]) - count * price


def _price(prices: Sequence[float], limits: Limits, place: int) -> float:
    """What one candidate of a line takes of all that is limited, at these prices."""
    return float(sum(price * float(amounts[place]) for price, (_, amounts) in zip(prices, limits, strict=True)))


def _prices(tops: Sequence[_Top], limits: Limits) -> tuple[list[float], float]:
    """The prices at which the bound is lowest, and that bound; any other prices would only leave more to solve."""
    import numpy as np
    from scipy import optimize

    def bound(scaled: NDArray[np.float64]) -> float:
        prices = list(np.abs(scaled) * start)
        worth = sum(price * float(limit) for price, (limit, _) in zip(prices, limits, strict=True))
        return float(worth + sum(top.beyond(_price(prices, limits, place)) for place, top in enumerate(tops)))

    # What an average candidate gives for what it takes: the right order of size for a search.
    mean = sum(float(top.sums[-1]) for top in tops) / sum(len(top.sums) - 1 for top in tops)
    start = np.array([mean / (float(max(amounts)) or 1.0) for _, amounts in limits])
    found = optimize.minimize(
        bound,
        np.ones(len(limits)),
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-10 * mean, "maxiter": 1000},
    )
    return [float(price) for price in np.abs(found.x) * start], float(found.fun)


def _between(lines: Sequence[Line], least: Sequence[int], highest: Sequence[int], limits: Limits) -> list[int]:
    """The best counts that are no lower and no higher than these; such as are within the limits."""
    rest = [
        (limit - sum((n * amount for n, amount in zip(least, amounts, strict=True)), Decimal(0)), amounts)
        for limit, amounts in limits
    ]
    if any(limit < 0 for limit, _ in rest):
        return _between(lines, [0] * len(lines), highest, limits)
    more = _programme([line.gains[a:b] for line, a, b in zip(lines, least, highest, strict=True)], rest)
    return _fitting(lines, [low + int(count) for low, count in zip(least, more, strict=True)], limits)


def _programme(gains: Sequence[NDArray[np.float64]], limits: Limits) -> NDArray[np.int64]:
    """The best counts by HiGHS: a column a gain, as often as it occurs, and a whole number a line that is their sum."""
    import numpy as np
    from scipy import optimize

    steps = [np.unique(-one, return_counts=True) for one in gains]
    values = np.concatenate([value for value, _ in steps])
    of = np.repeat(np.arange(len(gains)), [len(value) for value, _ in steps])
    upper = np.concatenate([*(count for _, count in steps), [len(one) for one in gains]])
    answer = optimize.milp(
        np.concatenate([values / -values.min() * LARGEST_GAIN, np.zeros(len(gains))]),
        integrality=np.concatenate([np.zeros(len(values)), np.ones(len(gains))]),
        bounds=optimize.Bounds(0, upper.astype(float)),
        constraints=[_sums(of, len(gains)), *(_limit(*limit, len(values)) for limit in limits)],
        options={"mip_rel_gap": CLOSE},
    )
    if answer.x is None:
        raise ValueError(f"no plan was found: {answer.message}")
    counts: NDArray[np.int64] = np.rint(answer.x[len(values) :]).astype("int64")
    return counts


def _sums(of: NDArray[np.int64], lines: int) -> Any:
    """Each line's whole number is the sum of its columns."""
    import numpy as np
    from scipy import optimize, sparse

    rows = np.concatenate([of, np.arange(lines)])
    columns = np.arange(len(of) + lines)
    ones = np.concatenate([np.ones(len(of)), -np.ones(lines)])
    return optimize.LinearConstraint(sparse.csr_array((ones, (rows, columns)), shape=(lines, len(columns))), 0, 0)


def _limit(limit: Decimal, amounts: Sequence[Decimal], candidates: int) -> Any:
    """What the lines use of one thing, in whole units of it."""
    import numpy as np
    from scipy import optimize, sparse

    whole = [int(amount * SCALE) for amount in amounts]
    unit = math.gcd(*whole) or 1
    row = np.concatenate([np.zeros(candidates), [amount // unit for amount in whole]])
    return optimize.LinearConstraint(sparse.csr_array(row[None, :]), -np.inf, int(limit * SCALE) // unit)


def _fitting(lines: Sequence[Line], counts: Sequence[int], limits: Limits) -> list[int]:
    """Without the least gains that a solver's tolerance has let in beyond a limit."""
    kept = list(counts)
    for limit, amounts in limits:
        while not _fits(kept, [(limit, amounts)]):
            using = [place for place, count in enumerate(kept) if count and amounts[place]]
            kept[min(using, key=lambda place: float(lines[place].gains[kept[place] - 1]))] -= 1
    return kept


def _filled(lines: Sequence[Line], counts: Sequence[int], most: Sequence[int], limits: Limits) -> list[int]:
    """With whoever still fits, the greatest gain first: whoever is left out then is left out by a limit."""
    taken = list(counts)
    while True:
        fitting = [
            place
            for place, line in enumerate(lines)
            if taken[place] < most[place] and _fits([n + (i == place) for i, n in enumerate(taken)], limits)
        ]
        if not fitting:
            return taken
        taken[max(fitting, key=lambda place: float(lines[place].gains[taken[place]]))] += 1
