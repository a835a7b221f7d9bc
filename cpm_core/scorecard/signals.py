"""XmR charts: a change that is more than noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

FACTOR = 2.66
"""Limits lie at the mean +/- 2.66 mean moving ranges (Wheeler 1993: 3 / d2 with d2 = 1.128)."""
BASELINE = 8
"""Points that limits are made of, at least."""
RUN = 8
"""So many points in a row on one side of the centre are a shift."""

Signal = Literal["", "above", "below", "run above", "run below"]


@dataclass(frozen=True)
class Limits:
    """Natural process limits."""

    centre: float
    low: float
    high: float


def limits(values: Sequence[float]) -> Limits:
    """Limits of an individuals chart from consecutive values."""
    x = np.asarray(values, dtype="float64")
    centre = float(x.mean())
    spread = FACTOR * float(np.abs(np.diff(x)).mean())
    return Limits(centre, centre - spread, centre + spread)


def judge(values: Sequence[float]) -> tuple[Signal, Limits | None]:
    """The last value against the limits of those before it, since the last confirmed shift.

    Without enough values before it there are no limits and no signal.
    """
    start, signal, found = 0, "", None
    side_of_run = 0
    for end in range(BASELINE, len(values)):
        if end - start < BASELINE:
            signal, found = "", None
            continue
        found = limits(values[start:end])
        value = values[end]
        side_of_run = _run(values[start : end + 1], found.centre)
        if value > found.high:
            signal = "above"
        elif value < found.low:
            signal = "below"
        else:
            signal = {1: "run above", -1: "run below"}.get(side_of_run, "")
        if side_of_run:
            # Eight on one side are a new level, however far it is: limits start from the first of them.
            start = end + 1 - RUN
    return signal, found  # type: ignore[return-value]  # one of the literals above


def _run(values: Sequence[float], centre: float) -> int:
    """1 or -1 if the last RUN values lie on one side of the centre, else 0."""
    last = [float(np.sign(value - centre)) for value in values[-RUN:]]
    return int(last[0]) if len(last) == RUN and last[0] != 0 and len(set(last)) == 1 else 0
