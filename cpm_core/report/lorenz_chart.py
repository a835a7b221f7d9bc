"""A Lorenz curve: which part of a total the smallest customers hold together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report import palette
from cpm_core.report.still import LOOK, Still, axis_words, layer, sized
from cpm_core.report.svg import to_svg

if TYPE_CHECKING:
    from cpm_core.customers.concentration import Spread

SIDE = 300
X = Text(en="Share of customers, smallest first", zh="客户累计占比（由小到大）")
Y = {
    "revenue": Text(en="Share of revenue", zh="净销售额累计占比"),
    "gross_sales": Text(en="Share of gross sales", zh="销售总额累计占比"),
}
EQUAL = Text(en="all equal", zh="完全均等")
GINI = Text(en="Gini {gini}", zh="基尼系数 {gini}")
_TICKS = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


class Lorenz(Still, alt.LayerChart):
    """A Lorenz curve beside the line of equality."""


def chart(spread: Spread, locale: Locale) -> Lorenz:
    """The curve, with the top shares marked on it."""
    at = {"x": _share("x", X.in_(locale)), "y": _share("y", Y[spread.of].in_(locale))}
    curve = [{"x": x, "y": y, "even": x} for x, y in spread.curve.itertuples(index=False, name=None)]
    marks = []
    for one in spread.tops.to_dict("records"):
        label = f"{one['share']:.0%} → {fmt.value(one['held'], 'percent', locale)}"
        marks.append({"x": 1 - one["customers"] / spread.customers, "y": 1 - one["held"], "text": label})
    words = [
        {"x": 0.5, "y": 0.53, "text": EQUAL.in_(locale), "angle": -45, "ink": palette.MUTED},
        {
            "x": 0.03,
            "y": 0.95,
            "text": GINI.in_(locale).format(gini=fmt.value(spread.gini, "number", locale)),
            "angle": 0,
        },
    ]
    ink = {"color": {"field": "ink", "type": "nominal", "scale": None, "legend": None}}
    text = {"text": {"field": "text", "type": "nominal"}}
    gap = {**at, "y2": {"field": "even"}}
    layers = [
        layer(curve, {"type": "area", "color": palette.BLUE, "opacity": 0.12}, gap),
        layer([{"x": 0, "y": 0}, {"x": 1, "y": 1}], {"type": "line", "color": palette.FAINT, "strokeWidth": 1}, at),
        layer(curve, {"type": "line", "color": palette.BLUE, "strokeWidth": 2}, at),
        layer(marks, {"type": "point", "filled": True, "color": palette.BLUE, "size": 45, "opacity": 1}, at),
        layer(
            marks,
            {"type": "text", "align": "right", "dx": -8, "dy": -7, "fontSize": 11, "color": palette.INK},
            {**at, **text},
        ),
        layer(words[:1], {"type": "text", "angle": 315, "dy": -6, "fontSize": 11}, {**at, **text, **ink}),
        layer(
            words[1:],
            {"type": "text", "align": "left", "fontSize": 13, "fontWeight": 600, "color": palette.INK},
            {**at, **text},
        ),
    ]
    return Lorenz(layer=layers, width=SIDE, height=SIDE, config=LOOK)


def svg(spread: Spread, locale: Locale, label: str) -> str:
    """The chart as SVG."""
    spec = chart(spread, locale).to_dict(validate=False)
    return sized(to_svg(spec, label, {**spec["config"], "background": None}))


def _share(field: str, title: str) -> dict[str, Any]:
    words = axis_words(_TICKS, [f"{tick:.0%}" for tick in _TICKS])
    look = {"titleFontWeight": 400, "titleFontSize": 11.5, "titlePadding": 8, "domain": False, "ticks": False}
    axis = {"values": _TICKS, "labelExpr": words, "title": title, "labelOverlap": False, **look}
    scale = {"domain": [0, 1], "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "axis": axis, "scale": scale}
