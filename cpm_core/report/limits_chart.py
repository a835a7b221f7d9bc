"""A KPI's history within the range in which it would be usual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import altair as alt

from cpm_core.model.kpi import Kpi
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report import palette
from cpm_core.report.still import LOOK, Still, axis_words, heading, layer, sized
from cpm_core.report.svg import to_svg
from cpm_core.report.trend_chart import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT = 660, 250

KEY_RANGE = Text(en="grey: its usual range, from the periods before", zh="灰色：由此前各期得出的正常范围")
KEY_SIGNAL = Text(
    en="orange dot: outside it, or eight in a row on one side", zh="橙色点：超出该范围，或连续八期位于一侧"
)


class LimitsChart(Still, alt.LayerChart):
    """A chart of values and limits."""


def possible(signals: pd.DataFrame, kpi: Kpi) -> pd.DataFrame:
    """Signals whose limits end where shares do, at nothing and at 100 %."""
    values = signals["value"].dropna()
    if kpi.unit != "percent" or not values.between(0, 1).all():
        return signals
    return signals.assign(low=signals["low"].clip(lower=0.0), high=signals["high"].clip(upper=1.0))


def chart(signals: pd.DataFrame, kpi: Kpi, locale: Locale, currency: str) -> LimitsChart:
    """The chart of a total's signals; ``signals`` as `cpm_core.workbook.Workbook.signals` gives them."""
    rows = signals.to_dict("records")
    known = [float(row[name]) for row in rows for name in ("value", "low", "high") if fmt.is_number(row[name])]
    ticks = nice_ticks(min(known), max(known), 5) if known else [0.0, 1.0]
    at = {"x": _x([str(row["period"]) for row in rows], locale), "y": _y(ticks, kpi, locale, currency)}
    values = [{"x": i, "y": row["value"], "run": 0} for i, row in enumerate(rows) if fmt.is_number(row["value"])]
    usual = [{"x": i, "y": row["high"], "low": row["low"]} for i, row in enumerate(rows) if fmt.is_number(row["low"])]
    out = [{"x": i, "y": row["value"]} for i, row in enumerate(rows) if row["signal"]]
    layers = [
        layer(usual, {"type": "area", "color": palette.FAINT, "opacity": 0.22}, {**at, "y2": {"field": "low"}}),
        layer(values, {"type": "line", "color": palette.BLUE, "strokeWidth": 2, "strokeJoin": "round"}, at),
        layer(values, {"type": "point", "filled": True, "color": palette.BLUE, "size": 18, "opacity": 1}, at),
        layer(out, {"type": "point", "filled": True, "color": palette.VERMILLION, "size": 70, "opacity": 1}, at),
    ]
    told = [fmt.unit_title(kpi.unit, locale, currency), *([KEY_RANGE.in_(locale)] if usual else [])]
    told += [KEY_SIGNAL.in_(locale)] if out else []
    title = heading(kpi.title.in_(locale), " · ".join(told))
    drawn = [one for one in layers if len(one.data)]
    drawn = drawn or [layer([{"x": 0, "y": ticks[0]}], {"type": "circle", "opacity": 0}, at)]
    return LimitsChart(layer=drawn, width=WIDTH, height=HEIGHT, title=title, config=LOOK)


def svg(signals: pd.DataFrame, kpi: Kpi, locale: Locale, currency: str) -> str:
    """The chart as SVG."""
    spec = chart(signals, kpi, locale, currency).to_dict(validate=False)
    return sized(to_svg(spec, kpi.title.in_(locale), spec["config"]))


def _x(periods: Sequence[str], locale: Locale) -> dict[str, Any]:
    count = len(periods)
    step = max(1, -(-count * 72 // WIDTH))
    places = list(range(count - 1, -1, -step))[::-1]
    words = axis_words(places, [fmt.period(periods[place], locale, short=True) for place in places])
    axis = {"values": places, "labelExpr": words, "title": None, "grid": False, "tickSize": 4, "labelOverlap": False}
    scale = {"domain": [-0.4, count - 0.6], "nice": False, "zero": False}
    return {"field": "x", "type": "quantitative", "axis": axis, "scale": scale}


def _y(ticks: Sequence[float], kpi: Kpi, locale: Locale, currency: str) -> dict[str, Any]:
    words = axis_words(ticks, [fmt.compact(tick, kpi.unit, locale, currency) for tick in ticks])
    axis = {"values": list(ticks), "labelExpr": words, "title": None, "domain": False, "ticks": False}
    scale = {"domain": [ticks[0], ticks[-1]], "nice": False, "zero": False}
    return {"field": "y", "type": "quantitative", "axis": axis, "scale": scale}
