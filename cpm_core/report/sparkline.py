"""A line the size of a word: the history of a figure beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cpm_core.report import palette

WIDTH, HEIGHT, PAD = 132, 34, 4


@dataclass(frozen=True)
class Point:
    """One period of a KPI's total."""

    index: int
    value: float
    low: float
    high: float
    complete: bool
    few: bool


def sparkline(points: Sequence[Point], periods: int, label: str, target: float | None = None) -> str:
    """An SVG of the values over ``periods``; incomplete ones are hollow, a gap stays a gap.

    Args:
        points: The periods that have a value, oldest first.
        periods: The number of periods that the width stands for.
        label: What a screen reader says.
        target: Drawn as a dashed line if it lies near the values.
    """
    if not points:
        return ""
    scale = _Scale(points, periods, target)
    parts = [
        f'<path d="{scale.path(run)}" fill="none" stroke="{palette.MUTED}" stroke-width="1.4"/>' for run in runs(points)
    ]
    if target is not None and scale.shows(target):
        y = scale.y(target)
        dash = f'stroke="{palette.FAINT}" stroke-width="1" stroke-dasharray="3 2.5"'
        parts.insert(0, f'<path d="M0 {y:.1f}H{WIDTH}" {dash}/>')
    parts += [_dot(scale, point) for point in points if not point.complete or point.index == periods - 1]
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def runs(points: Sequence[Point]) -> list[list[Point]]:
    """Stretches without a missing period between."""
    found: list[list[Point]] = []
    for point in points:
        if found and found[-1][-1].index == point.index - 1:
            found[-1].append(point)
        else:
            found.append([point])
    return found


class _Scale:
    def __init__(self, points: Sequence[Point], periods: int, target: float | None) -> None:
        values = [point.value for point in points]
        low, high = min(values), max(values)
        reach = (high - low) or abs(high) or 1.0
        # A target far from all values would flatten the line: the status says enough then.
        if target is not None and low - reach <= target <= high + reach:
            low, high = min(low, target), max(high, target)
        self._low, self._span = low, (high - low) or 1.0
        self._flat = high == low
        self._step = (WIDTH - 2 * PAD) / max(periods - 1, 1)

    def shows(self, target: float) -> bool:
        return self._low <= target <= self._low + self._span

    def x(self, index: int) -> float:
        return PAD + index * self._step

    def y(self, value: float) -> float:
        share = 0.5 if self._flat else (value - self._low) / self._span
        return PAD + (1 - share) * (HEIGHT - 2 * PAD)

    def path(self, run: Sequence[Point]) -> str:
        return "M" + "L".join(f"{self.x(p.index):.1f} {self.y(p.value):.1f}" for p in run)


def _dot(scale: _Scale, point: Point) -> str:
    fill = palette.BLUE if point.complete else "#fff"
    return (
        f'<circle cx="{scale.x(point.index):.1f}" cy="{scale.y(point.value):.1f}" r="2.6" fill="{fill}" '
        f'stroke="{palette.BLUE}" stroke-width="1.3"/>'
    )
