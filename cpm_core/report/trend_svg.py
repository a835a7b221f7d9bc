"""A trend chart's marks as SVG.

A page has dozens of these small charts, and all of their geometry is known: drawn by Vega they took half of the
notebook's time, so they are written as the sparklines are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any, TypeAlias

from cpm_core.report import palette

WIDTH, HEIGHT = 275, 138
"""Of the plot, in pixels; the margins are the same on all charts, so that their plots line up."""
LEFT, RIGHT, TOP, BOTTOM = 46, 25, 4, 24
TICK = 4
"""Pixels that a mark of the time axis is long."""
GAP = 4
"""Pixels between an axis and its words."""
MIDDLE, UNDER = 0.3, 0.79
"""Of a font's size: from the line that words stand on to their middle, and to their top."""
ANCHORS = {"left": "start", "center": "middle", "right": "end"}

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Plot:
    """What is drawn, in the units of the axes: `x` in periods, `y` in the KPI's unit.

    Rows of a line or band that share a `run` belong together.
    """

    low: float
    high: float
    count: int
    """Periods."""
    ticks: Sequence[tuple[float, str]]
    places: Sequence[tuple[int, str]]
    """Periods that the time axis names."""
    targets: Sequence[Row]
    events: Sequence[float]
    band: Sequence[Row]
    solid: Sequence[Row]
    dashed: Sequence[Row]
    points: Sequence[Row]
    """With `fill` and `stroke`."""
    names: Sequence[Row]
    """Words at the top, with `text`, `align`, `dx` and `dy`."""

    def svg(self, label: str) -> str:
        """The chart, with ``label`` for who cannot see it."""
        size = f"{WIDTH + LEFT + RIGHT} {HEIGHT + TOP + BOTTOM}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img" aria-label="{escape(label)}">'
            f'<g transform="translate({LEFT},{TOP})" font-family="{escape(palette.SANS)}" fill="none">'
            f"{''.join(self._parts())}</g></svg>"
        )

    def _x(self, x: float) -> float:
        # The plot begins and ends a little short of half a period.
        return (x + 0.4) / (self.count - 0.2) * WIDTH

    def _y(self, y: float) -> float:
        return HEIGHT * (1 - (y - self.low) / (self.high - self.low))

    def _at(self, row: Row, name: str = "y") -> str:
        return f"{_short(self._x(row['x']))},{_short(self._y(row[name]))}"

    def _parts(self) -> Iterator[str]:
        """The marks, what lies below first."""
        grid = "".join(f"M0,{_crisp(self._y(y))}H{WIDTH}" for y, _ in self.ticks)
        yield f'<path d="{grid}" stroke="{palette.GRID}"/>'
        marks = "".join(f"M{_crisp(self._x(x))},{HEIGHT}v{TICK}" for x, _ in self.places)
        yield f'<path d="M0,{_crisp(HEIGHT)}H{WIDTH}{marks}" stroke="{palette.FAINT}"/>'
        yield f'<g fill="{palette.MUTED}" font-size="11">{"".join(self._words())}</g>'
        for run in _runs(self.targets):
            yield f'<path d="{self._line(run)}" stroke="{palette.MUTED}" stroke-width="1.1" stroke-dasharray="5,3"/>'
        if self.events:
            rules = "".join(f"M{_short(self._x(x))},0V{HEIGHT}" for x in self.events)
            yield f'<path d="{rules}" stroke="{palette.FAINT}" stroke-dasharray="1.5,2.5"/>'
        for run in _runs(self.band):
            back = "".join(f"L{self._at(row, 'low')}" for row in reversed(run))
            yield f'<path d="{self._line(run)}{back}Z" fill="{palette.BLUE}" opacity="0.15"/>'
        look = f'stroke="{palette.BLUE}" stroke-width="2" stroke-linejoin="round"'
        for run in _runs(self.solid):
            yield f'<path d="{self._line(run)}" {look}/>'
        for run in _runs(self.dashed):
            yield f'<path d="{self._line(run)}" {look} stroke-dasharray="3,3"/>'
        yield from map(self._point, self.points)
        yield from map(self._name, self.names)

    def _line(self, run: Iterable[Row]) -> str:
        return "M" + "L".join(map(self._at, run))

    def _words(self) -> Iterator[str]:
        for y, words in self.ticks:
            down = _short(self._y(y) + 11 * MIDDLE)
            yield f'<text x="{-GAP}" y="{down}" text-anchor="end">{escape(words)}</text>'
        below = _short(HEIGHT + TICK + GAP + 11 * UNDER)
        for x, words in self.places:
            yield f'<text x="{_short(self._x(x))}" y="{below}" text-anchor="middle">{escape(words)}</text>'

    def _point(self, row: Row) -> str:
        x, y = self._at(row).split(",")
        return f'<circle cx="{x}" cy="{y}" r="3.1" fill="{row["fill"]}" stroke="{row["stroke"]}" stroke-width="1.5"/>'

    def _name(self, row: Row) -> str:
        x, y = _short(self._x(row["x"]) + row["dx"]), _short(row["dy"] + 10.5 * MIDDLE)
        # With a halo in the paper's colour.
        look = f'fill="{palette.MUTED}" stroke="{palette.PAPER}" stroke-width="3" stroke-linejoin="round"'
        place = f'x="{x}" y="{y}" text-anchor="{ANCHORS[row["align"]]}" font-size="10.5" paint-order="stroke"'
        return f"<text {place} {look}>{escape(row['text'])}</text>"


def _runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    return (list(run) for _, run in groupby(rows, key=lambda row: row["run"]))


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _crisp(number: float) -> str:
    """The middle of a pixel, so that a thin line is sharp."""
    return _short(round(number) + 0.5)
