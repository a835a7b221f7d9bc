"""Two charts of a backtest: orders so far over the held-out days, and mean orders by tenth of the prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import altair as alt

from cpm_core.model.text import Locale
from cpm_core.report import format as fmt
from cpm_core.report import palette
from cpm_core.report.still import axis_words, layer
from cpm_core.report.svg import to_svg
from cpm_core.report.trend_chart import nice_ticks

if TYPE_CHECKING:
    from cpm_core.customers.backtest import Backtest

WIDTH, HEIGHT = 266, 150
"""Of the plot, in pixels: with its axes it is as wide as the trends of the page."""
MARGINS = {"left": 30, "right": 14, "top": 8, "bottom": 22}


def course(test: Backtest, locale: Locale, label: str) -> str:
    """Predicted, actual and naive orders so far, at the end of each week or month."""
    assert test.course is not None
    start: dict[Any, Any] = {"day": test.cut, "predicted": 0.0, "actual": 0.0, "naive": 0.0}
    rows = [start, *test.course.to_dict("records")]
    days = [(row["day"] - test.cut).days for row in rows]
    middle = min(days, key=lambda day: abs(day - days[-1] / 2))
    places = sorted({0, middle, days[-1]})
    words = [fmt.day(rows[days.index(place)]["day"], locale, short=True) for place in places]
    x = _axis("x", [0, days[-1]], places, words, grid=False)
    at = {"x": x, "y": _y(max(max(row[name] for row in rows) for name in ("predicted", "actual", "naive")))}
    layers = [
        layer([{"x": day, "y": row[name]} for day, row in zip(days, rows, strict=True)], _LINES[name], at)
        for name in ("naive", "actual", "predicted")
    ]
    return _drawn(layers, label)


def deciles(test: Backtest, label: str) -> str:
    """A bar for the actual mean of each tenth, a dot for the predicted and a tick for the naive one."""
    assert test.deciles is not None
    rows: list[dict[Any, Any]] = test.deciles.to_dict("records")
    places = [row["decile"] for row in rows]
    x = _axis("x", [0.4, len(rows) + 0.6], places, [str(place) for place in places], grid=False)
    at = {"x": x, "y": _y(max(max(row[name] for row in rows) for name in ("predicted", "actual", "naive")))}
    bars = [{"x": row["decile"] - 0.3, "x2": row["decile"] + 0.3, "y": row["actual"], "y2": 0} for row in rows]
    ticks = [{"x": row["decile"] - 0.38, "x2": row["decile"] + 0.38, "y": row["naive"]} for row in rows]
    dots = [{"x": row["decile"], "y": row["predicted"]} for row in rows]
    layers = [
        layer(bars, {"type": "rect", "color": palette.INK, "opacity": 0.8}, {**at, **_spans("x2", "y2")}),
        layer(ticks, {"type": "rule", "color": palette.FAINT, "strokeWidth": 2}, {**at, **_spans("x2")}),
        layer(dots, _DOT, at),
    ]
    return _drawn(layers, label)


_DOT = {"type": "circle", "color": palette.BLUE, "size": 46, "opacity": 1, "stroke": palette.PAPER, "strokeWidth": 1}
_LINES: Mapping[str, dict[str, Any]] = {
    "naive": {"type": "line", "color": palette.FAINT, "strokeWidth": 1.5, "strokeDash": [4, 3]},
    "actual": {"type": "line", "color": palette.INK, "strokeWidth": 2},
    "predicted": {"type": "line", "color": palette.BLUE, "strokeWidth": 2},
}


def _spans(*channels: str) -> dict[str, Any]:
    return {name: {"field": name} for name in channels}


def _y(top: float) -> dict[str, Any]:
    ticks = nice_ticks(0.0, top or 1.0)
    words = [fmt.compact(tick, "number", "en") for tick in ticks]
    return _axis("y", [0, ticks[-1]], ticks, words, grid=True)


def _axis(
    field: str, domain: Sequence[float], values: Sequence[float], words: Sequence[str], *, grid: bool
) -> dict[str, Any]:
    axis: dict[str, Any] = {"values": list(values), "labelExpr": axis_words(values, words), "title": None}
    axis |= {"grid": grid, "ticks": False, "domain": not grid, "labelOverlap": False, "labelFontSize": 11}
    axis |= {} if grid else {"labelFlush": True}
    scale = {"domain": list(domain), "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "axis": axis, "scale": scale}


def _drawn(layers: list[alt.Chart], label: str) -> str:
    chart = alt.LayerChart(layer=layers, width=WIDTH, height=HEIGHT, padding=MARGINS)
    spec: dict[str, Any] = chart.to_dict(validate=False)
    return to_svg(spec, label)
