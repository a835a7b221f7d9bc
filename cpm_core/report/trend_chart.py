"""One KPI over time: value, interval, target, events, and which periods are incomplete."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cpm_core.model.kpi import Unit
from cpm_core.report import palette
from cpm_core.report.sparkline import Point, runs
from cpm_core.report.trend_svg import HEIGHT, WIDTH, Plot

ROW = 13
"""Pixels that a line of words takes."""


@dataclass(frozen=True)
class Event:
    """A named moment; ``at`` is its place in periods (2.5: the middle of the third).

    A name of one letter stands for one that is told beside the chart.
    """

    at: float
    text: str


@dataclass(frozen=True)
class Trend:
    """What a trend chart shows, with all words ready."""

    points: Sequence[Point]
    labels: Sequence[str]
    """One a period."""
    ticks: Sequence[tuple[float, str]]
    """Values to mark on the axis, lowest first, and what they read."""
    label: str
    targets: Sequence[Sequence[float]] = ()
    """Per end of the target its value in each period, NaN where there is none."""
    events: Sequence[Event] = ()

    @property
    def low(self) -> float:
        """The lower end of the axis."""
        return self.ticks[0][0]

    @property
    def high(self) -> float:
        """The upper end: the last tick, and above it room for the events' names."""
        span = self.ticks[-1][0] - self.low
        return self.ticks[-1][0] + span * ROW * (max(self.rows, default=-1) + 1) / HEIGHT

    @property
    def rows(self) -> list[int]:
        """The line that each event's name stands on: names one below the other, letters only where they would touch."""
        step = WIDTH / len(self.labels)
        found: list[int] = []
        for index, event in enumerate(self.events):
            near = index > 0 and (event.at - self.events[index - 1].at) * step < ROW
            found.append(index % 3 if len(event.text) > 1 else (found[-1] + 1) % 3 if near else 0)
        return found


def draw(trend: Trend) -> str:
    """The chart as SVG."""
    count = len(trend.labels)
    places = list(range(count - 1, -1, -max(1, math.ceil(count / 4))))[::-1]
    solid, dashed = lines(trend)
    plot = Plot(
        low=trend.low,
        high=trend.high,
        count=count,
        ticks=trend.ticks,
        places=[(place, trend.labels[place]) for place in places],
        targets=steps(trend),
        events=[event.at for event in trend.events],
        band=band(trend),
        solid=solid,
        dashed=dashed,
        points=marks(trend),
        names=list(_names(trend)),
    )
    return plot.svg(trend.label)


def nice_ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Round values (steps of 1, 2, 2.5 or 5 times a power of ten) that enclose ``low`` to ``high``."""
    if high <= low:
        pad = abs(low) * 0.05 or 1.0
        low, high = low - pad, high + pad
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * index, 12) for index in range(first, last + 1)]


def reach(points: Sequence[Point], unit: Unit, goals: Sequence[float] = ()) -> tuple[float, float]:
    """The lowest and highest value that an axis must show.

    All values and targets, and intervals no further out than the values spread: one period on few rows
    has an interval that would flatten all others. Its band is cut at the axis.
    """
    values = [point.value for point in points]
    low, high = min(values), max(values)
    spread = (high - low) or abs(high) or 1.0
    ends = [end for point in points for end in (point.low, point.high) if math.isfinite(end)]
    if unit in ("money", "count") and not ends:
        # Totals: half as high is half as much.
        return min([low, *goals, 0.0]), max([high, *goals, 0.0])
    # Intervals and targets may reach above 100 % or below nothing; shares and sizes do not.
    floor = max(low - spread, 0.0) if low >= 0 else low - spread
    top = min(high + spread, 1.0) if unit == "percent" and high <= 1 else high + spread
    low, high = max(floor, min([low, *ends])), min(top, max([high, *ends]))
    return min([low, *goals]), max([high, *goals])


def band(trend: Trend) -> list[dict[str, Any]]:
    """The interval of each period that has one; stretches without a gap share a `run`."""
    known = [point for point in trend.points if math.isfinite(point.low) and math.isfinite(point.high)]
    bottom, top = trend.ticks[0][0], trend.ticks[-1][0]
    return [
        {"x": point.index, "low": max(point.low, bottom), "y": min(point.high, top), "run": number}
        for number, run in enumerate(runs(known))
        for point in run
    ]


def lines(trend: Trend) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Solid between complete periods, dashed to and from incomplete ones."""
    found: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    number = 0
    for run in runs(trend.points):
        before: bool | None = None
        for left, right in pairwise(run):
            whole = left.complete and right.complete
            if whole != before:
                number += 1
                found[whole].append({"x": left.index, "y": left.value, "run": number})
            found[whole].append({"x": right.index, "y": right.value, "run": number})
            before = whole
    return found[True], found[False]


def steps(trend: Trend) -> list[dict[str, Any]]:
    """The target as a line that steps from period to period; stretches without one part its `run`s."""
    rows: list[dict[str, Any]] = []
    run, last = 0, len(trend.labels) - 1
    for values in trend.targets:
        run += 1
        for index, value in enumerate(values):
            if not math.isfinite(value):
                run += 1
                continue
            # The plot ends a little short of half a period.
            ends = (index - 0.4 if index == 0 else index - 0.5, index + 0.4 if index == last else index + 0.5)
            rows += [{"x": x, "y": value, "run": run} for x in ends]
    return rows


def marks(trend: Trend) -> list[dict[str, Any]]:
    """The as-of period, incomplete ones (hollow), those on few rows (grey), and any without neighbours."""
    lone = {run[0].index for run in runs(trend.points) if len(run) == 1}
    last = len(trend.labels) - 1
    rows = []
    for point in trend.points:
        if point.index == last or not point.complete or point.few or point.index in lone:
            ink = palette.FAINT if point.few else palette.BLUE
            fill = ink if point.complete else palette.PAPER
            rows.append({"x": point.index, "y": point.value, "fill": fill, "stroke": ink})
    return rows


def _names(trend: Trend) -> Iterator[dict[str, Any]]:
    """Events' names at the top, on the side with room, shortened to what fits; a single letter on its line."""
    step = WIDTH / len(trend.labels)
    for row, event in zip(trend.rows, trend.events, strict=True):
        place = {"x": event.at, "dy": 5 + ROW * row}
        if len(event.text) == 1:
            yield {**place, "text": event.text, "align": "center", "dx": 0}
            continue
        left, right = (event.at + 0.4) * step - 8, (len(trend.labels) - 0.6 - event.at) * step + 10
        wide = _width(event.text)
        to_right = wide <= right or (right >= left and wide > left)
        text = _fit(event.text, right if to_right else left)
        yield {**place, "text": text, **({"align": "left", "dx": 4} if to_right else {"align": "right", "dx": -4})}


def _width(text: str) -> float:
    """Pixels that words take at this size, about: a Chinese sign is twice as wide as a letter."""
    return sum(10.5 if ord(letter) > 0x2E80 else 5.4 for letter in text)


def _fit(text: str, room: float) -> str:
    if _width(text) <= room:
        return text
    while text and _width(text) > room - 8:
        text = text[:-1]
    return f"{text.rstrip()}…"
