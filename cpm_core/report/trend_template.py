"""The trend chart's Altair definition, made once and then filled with each KPI's data.

Building eighteen charts of ten layers in Altair takes longer than drawing them; so the data are named
sets, and what differs in scales and marks are parameters and fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from cpm_core.report import palette
from cpm_core.report.svg import to_vega

WIDTH, HEIGHT = 275, 138
"""Of the plot; the margins are the same on all charts, so that their plots line up."""
MARGINS = {"left": 46, "right": 25, "top": 4, "bottom": 24}
TICK = 4
"""Pixels that a mark of the time axis is long."""
SETS = ("ticks", "places", "foot", "targets", "events", "band", "solid", "dashed", "points", "names")
COMPILED = "trend.vega.json"
PARAMS = ("low", "high", "count")


def filled(params: Mapping[str, Any], sets: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """The chart with a KPI's parameters and data, as Vega draws it."""
    vega = _vega()
    data = [{**one, "values": sets[one["name"]]} if one["name"] in sets else one for one in vega["data"]]
    signals = [{**one, "value": params[one["name"]]} if one["name"] in params else one for one in vega["signals"]]
    return {**vega, "data": data, "signals": signals}


@cache
def _vega() -> dict[str, Any]:
    # Made beforehand: Altair and the compiler of Vega-Lite would take half a second of each notebook.
    text = files("cpm_core.report").joinpath("templates", COMPILED).read_text(encoding="utf-8")
    made: dict[str, Any] = json.loads(text)
    return made


def compiled() -> dict[str, Any]:
    """The chart without data, as Vega draws it; `templates/trend.vega.json` holds it (`make charts` writes it)."""
    return to_vega({**template(), "datasets": {name: [] for name in SETS}})


@cache
def template() -> dict[str, Any]:
    """The chart as a Vega-Lite specification without data. Not to be changed by callers."""
    import altair as alt

    params = [alt.param(name=name, value=0) for name in PARAMS]
    layers = [
        *_axes(alt),
        *_rules(alt),
        _band(alt),
        _line(alt, "solid"),
        _line(alt, "dashed", strokeDash=[3, 3]),
        _points(alt),
    ]
    layers += _words(alt, "names", y=alt.value(0))
    chart = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, padding=MARGINS).add_params(*params)
    spec: dict[str, Any] = chart.to_dict(validate=False)
    return spec


def _x(alt: Any) -> Any:
    scale = alt.Scale(domainMin=-0.4, domainMax=alt.ExprRef("count - 0.6"), nice=False, zero=False)
    return alt.X("x:Q", axis=None, scale=scale)


def _y(alt: Any) -> Any:
    scale = alt.Scale(domainMin=alt.ExprRef("low"), domainMax=alt.ExprRef("high"), nice=False, zero=False)
    return alt.Y("y:Q", axis=None, scale=scale)


def _axes(alt: Any) -> list[Any]:
    """Grid, ticks and their words as marks: Vega's own axes take more than half of a chart's time."""
    words = {"color": palette.MUTED, "fontSize": 11}
    ticks, places = _set(alt, "ticks"), _set(alt, "places")
    crisp = {"strokeWidth": 1, "yOffset": 0.5, "xOffset": 0.5, "y2Offset": 0.5, "x2Offset": 0.5}
    short = {"y": alt.value(HEIGHT), "y2": alt.value(HEIGHT + TICK)}
    across = {"x": alt.value(0), "x2": alt.value(WIDTH), "y": alt.value(HEIGHT)}
    return [
        ticks.mark_rule(color=palette.GRID, **crisp).encode(y=_y(alt)),
        _set(alt, "foot").mark_rule(color=palette.FAINT, **crisp).encode(**across),
        places.mark_rule(color=palette.FAINT, **crisp).encode(x=_x(alt), **short),
        ticks.mark_text(**words, align="right", baseline="middle").encode(x=alt.value(-4), y=_y(alt), text="words:N"),
        places.mark_text(**words, baseline="top").encode(x=_x(alt), y=alt.value(HEIGHT + TICK + 4), text="words:N"),
    ]


def _set(alt: Any, name: str) -> Any:
    return alt.Chart(alt.NamedData(name=name))


def _rules(alt: Any) -> list[Any]:
    target = _set(alt, "targets").mark_line(color=palette.MUTED, strokeDash=[5, 3], strokeWidth=1.1)
    event = _set(alt, "events").mark_rule(color=palette.FAINT, strokeDash=[1.5, 2.5], strokeWidth=1)
    steps = target.encode(x=_x(alt), y=_y(alt), detail="run:N", order="place:Q")
    return [steps, event.encode(x=_x(alt))]


def _band(alt: Any) -> Any:
    area = _set(alt, "band").mark_area(color=palette.BLUE, opacity=0.15)
    return area.encode(x=_x(alt), y=_y(alt), y2="low:Q", detail="run:N")


def _line(alt: Any, name: str, **look: Any) -> Any:
    line = _set(alt, name).mark_line(color=palette.BLUE, strokeWidth=2, strokeJoin="round", **look)
    return line.encode(x=_x(alt), y=_y(alt), detail="run:N")


def _points(alt: Any) -> Any:
    dots = _set(alt, "points").mark_point(filled=False, size=30, strokeWidth=1.5, opacity=1, fillOpacity=1)
    fill = alt.Fill("fill:N", scale=None, legend=None)
    stroke = alt.Stroke("stroke:N", scale=None, legend=None)
    return dots.encode(x=_x(alt), y=_y(alt), fill=fill, stroke=stroke)


def _words(alt: Any, name: str, y: Any) -> list[Any]:
    """Words over the marks: first as a halo in the paper's colour, then as ink."""
    place = {key: alt.ExprRef(f"datum.{key}") for key in ("align", "dx", "dy")}
    base = _set(alt, name).encode(x=_x(alt), y=y, text="text:N")
    halo = {"stroke": palette.PAPER, "strokeWidth": 3, "strokeJoin": "round"}
    look = {"fontSize": 10.5, "color": palette.MUTED, "baseline": "middle"}
    return [base.mark_text(**look, **place, **halo), base.mark_text(**look, **place)]
