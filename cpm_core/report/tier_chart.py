"""The spread of a tier rule's value as a histogram, with the lines at which tiers are cut."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from cpm_core.customers.tier_spread import TierSpread
from cpm_core.customers.written import written
from cpm_core.model.kpi import Unit
from cpm_core.model.profile import Told
from cpm_core.model.rules import TIERS
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report import palette
from cpm_core.report.still import LOOK, Still, axis_words, layer, sized
from cpm_core.report.svg import to_svg
from cpm_core.report.trend_chart import nice_ticks

WIDTH, HEIGHT = 420, 210
SHADES = (palette.BLUE, palette.SKY, "#c9cdd2")
"""From the highest tier down."""
COUNT = Text(en="Customers", zh="客户数")


class Histogram(Still, alt.LayerChart):
    """A histogram of values by tier."""


def chart(
    spread: TierSpread, starts: Mapping[str, float], margin: float, told: Told, locale: Locale, currency: str
) -> Histogram:
    """The histogram: solid lines where tiers start, dashed ones down to which they are kept.

    Args:
        spread: With customers in it.
        starts: Where each tier starts, by its name in words.
        margin: The share below a start down to which a customer is kept.
        told: The value in words.
        locale: The language.
        currency: Of money.
    """
    blocks = _blocks(spread)
    tops = nice_ticks(0, max(block["to"] for block in blocks), 4)
    place = _place(spread)
    lines, kept = _lines(starts, margin, place, tops[-1], told, locale, currency)
    at = {"x": _x(spread, told, locale, currency), "y": _y(tops, locale)}
    ink = {"color": {"field": "fill", "type": "nominal", "scale": None, "legend": None}}
    bars = {**at, "x2": {"field": "end"}, "y2": {"field": "from"}, **ink}
    text = {**at, "text": {"field": "text", "type": "nominal"}}
    words = {"type": "text", "fontSize": 11, "color": palette.INK, "baseline": "top", "dy": 1}
    layers = [
        layer(blocks, {"type": "rect", "stroke": palette.PAPER, "strokeWidth": 0.6}, bars),
        layer(kept, {"type": "rule", "color": palette.INK, "strokeDash": [3, 3]}, {"x": at["x"]}),
        layer(lines, {"type": "rule", "color": palette.INK}, {"x": at["x"]}),
        # The highest tier is named to the right of its line, the next to the left of both its lines.
        layer(lines[:1], {**words, "align": "left", "dx": 5}, text),
        layer(lines[1:], {**words, "align": "right", "dx": -5}, {**text, "x": {**at["x"], "field": "free"}}),
    ]
    return Histogram(layer=[one for one in layers if len(one.data)], width=WIDTH, height=HEIGHT, config=LOOK)


def svg(
    spread: TierSpread,
    starts: Mapping[str, float],
    margin: float,
    told: Told,
    locale: Locale,
    currency: str,
    label: str,
) -> str:
    """The chart as SVG."""
    spec = chart(spread, starts, margin, told, locale, currency).to_dict(validate=False)
    return sized(to_svg(spec, label, {**spec["config"], "background": None}))


def _place(spread: TierSpread) -> Any:
    return math.log10 if spread.logarithmic else float


def _blocks(spread: TierSpread) -> list[dict[str, Any]]:
    """Each class's tiers on top of each other, the lowest tier at the bottom."""
    place, found = _place(spread), []
    for (low, high), rows in spread.classes.groupby(["low", "high"]):
        counts = dict(zip(rows["tier"], rows["customers"], strict=True))
        bottom = 0
        for index in reversed(range(len(TIERS))):
            if count := int(counts.get(TIERS[index], 0)):
                ends = {"x": place(low), "end": place(high), "from": bottom, "to": bottom + count}
                found.append({**ends, "fill": SHADES[index]})
                bottom += count
    return found


def _lines(
    starts: Mapping[str, float], margin: float, place: Any, top: float, told: Told, locale: Locale, currency: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    known = {tier: start for tier, start in starts.items() if fmt.is_number(start) and start > 0}
    lines: list[dict[str, Any]] = []
    for tier, start in known.items():
        # Whole amounts are near enough on a chart; scores have no decimals that are zero.
        number = (fmt.value if told.unit == "money" else _written)(start, told.unit, locale, currency)
        free = place(start * (1 - margin)) if lines else place(start)
        lines.append({"x": place(start), "free": free, "to": top, "text": f"{tier} {number}"})
    kept = [{"x": place(start * (1 - margin))} for start in known.values()] if margin else []
    return lines, kept


def _written(value: float, unit: Unit, locale: Locale, currency: str) -> str:
    return written(value, unit, currency, locale)


def _x(spread: TierSpread, told: Told, locale: Locale, currency: str) -> dict[str, Any]:
    place, classes = _place(spread), spread.classes
    ends = place(classes["low"].min()), place(classes["high"].max())
    if spread.logarithmic:
        ticks: Sequence[float] = [float(power) for power in range(math.ceil(ends[0]), math.floor(ends[1]) + 1)]
        values = [10.0**tick for tick in ticks]
    else:
        ticks = [tick for tick in nice_ticks(*ends, 5) if ends[0] <= tick <= ends[1]]
        values = list(ticks)
    words = axis_words(ticks, [fmt.compact(value, told.unit, locale, currency) for value in values])
    title = told.title.in_(locale)
    look = {"titleFontWeight": 400, "titleFontSize": 11.5, "titlePadding": 8, "grid": False, "labelOverlap": False}
    axis = {"values": list(ticks), "labelExpr": words, "title": title[:1].upper() + title[1:], **look}
    return {
        "field": "x",
        "type": "quantitative",
        "axis": axis,
        "scale": {"domain": list(ends), "nice": False, "zero": False},
    }


def _y(ticks: Sequence[float], locale: Locale) -> dict[str, Any]:
    words = axis_words(ticks, [fmt.compact(tick, "count", locale) for tick in ticks])
    look = {"titleFontWeight": 400, "titleFontSize": 11.5, "titlePadding": 8, "domain": False, "ticks": False}
    axis = {"values": list(ticks), "labelExpr": words, "title": COUNT.in_(locale), **look}
    scale = {"domain": [0, ticks[-1]], "nice": False}
    return {"field": "to", "type": "quantitative", "axis": axis, "scale": scale}
