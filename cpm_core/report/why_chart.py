"""The parts of a change as a waterfall: from the figure before, part by part, to the figure after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report import palette
from cpm_core.report.slices import slice_title
from cpm_core.report.still import LOOK, Still, axis_words, heading, layer, sized
from cpm_core.report.svg import to_svg
from cpm_core.report.trend_chart import nice_ticks
from cpm_core.report.why_table import MIX, OTHERS, PART, RATE
from cpm_core.report.why_view import Why
from cpm_core.report.why_words import Speaker

MOST = 9
"""Members that have a bar; the others share one."""
WIDTH, ROW = 520, 30
"""Of the plot, and of one line of it, in pixels."""

TITLE = Text(en="{kpi}, {now} against {then}", zh="{kpi}：{now}与{then}相比")
BY = Text(en="by {slice}", zh="按{slice}")
BY_FACTORS = Text(en="by its factors", zh="按各因素")
KEY_COLOURS = Text(en="blue: up, orange: down", zh="蓝色：上升，橙色：下降")
KEY_RATIO = Text(en="pale: mix, strong: own figure", zh="浅色：结构，深色：自身")


class Waterfall(Still, alt.LayerChart):
    """A chart of the parts of a change."""


def chart(why: Why) -> Waterfall:
    """The chart."""
    speak = Speaker(why.explained, why.factors, why.locale, why.currency)
    lines = _lines(speak)
    title = heading(_title(speak), _subtitle(speak))
    return Waterfall(layer=_layers(speak, lines), width=WIDTH, height=ROW * len(lines), title=title, config=LOOK)


def svg(why: Why) -> str:
    """The chart as SVG."""
    spec = chart(why).to_dict(validate=False)
    return sized(to_svg(spec, str(spec["title"]["text"]), spec["config"]))


def _title(speak: Speaker) -> str:
    kpi = speak.told.kpi.title.in_(speak.locale)
    return speak.say(TITLE, kpi=kpi, now=speak.now, then=speak.then)


def _subtitle(speak: Speaker) -> str:
    told = speak.told
    by = speak.say(BY, slice=slice_title(told.slice, speak.locale)) if told.slice else speak.say(BY_FACTORS)
    unit = fmt.unit_title(told.kpi.unit, speak.locale, speak.currency)
    keys = [KEY_COLOURS, *([KEY_RATIO] if told.kind == "ratio" else [])]
    return " · ".join([by, unit, *(key.in_(speak.locale) for key in keys)])


def _lines(speak: Speaker) -> list[dict[str, Any]]:
    """One line of the chart each: where it starts and ends, and its bars."""
    told, at = speak.told, speak.told.before
    rows = told.frame.head(MOST).to_dict("records")
    rest = told.frame.iloc[MOST:]
    names = [speak.name(one["member"]) for one in rows]
    if len(rest):
        rows.append(rest[["mix", "rate", "part"]].sum().to_dict())
        names.append(speak.say(OTHERS, count=len(rest)))
    lines = [{"name": speak.then, "start": at, "end": at, "words": speak.value(at), "whole": True}]
    for name, one in zip(names, rows, strict=True):
        end = at + one["part"]
        moves = [one["mix"], one["rate"]] if told.kind == "ratio" else [one["part"]]
        tips = {"member": name, "part": speak.amount(one["part"])}
        if told.kind == "ratio":
            tips |= {"mix": speak.amount(one["mix"]), "rate": speak.amount(one["rate"])}
        lines.append({"name": name, "start": at, "end": end, "moves": moves, "words": tips["part"], "tips": tips})
        at = end
    after = {"name": speak.now, "start": told.after, "end": told.after, "words": speak.value(told.after), "whole": True}
    return [*lines, after]


def _bars(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each move as a bar: of two, the mix lies above the rate, which starts where the mix ends."""
    bars: list[dict[str, Any]] = []
    for place, line in enumerate(lines):
        moves, at = line.get("moves", []), line["start"]
        thick = 0.56 / max(len(moves), 1)
        for index, move in enumerate(moves):
            top = place - 0.28 + index * thick
            pale = len(moves) == 2 and index == 0
            bars.append(
                {
                    "x": at,
                    "x2": at + move,
                    "y": top,
                    "y2": top + thick,
                    "fill": palette.BLUE if move >= 0 else palette.VERMILLION,
                    "opacity": 0.45 if pale else 1.0,
                    **line["tips"],
                }
            )
            at += move
    return bars


def _reach(lines: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """The ends of the axis: all starts, ends and corners, and room for words."""
    ends = [end for line in lines for end in (line["start"], line["end"])]
    ends += [line["start"] + line["moves"][0] for line in lines if line.get("moves")]
    low, high = min(ends), max(ends)
    room = (high - low) or abs(high) or 1.0
    return low - 0.05 * room, high + 0.22 * room


def _layers(speak: Speaker, lines: list[dict[str, Any]]) -> list[alt.Chart]:
    low, high = _reach(lines)
    at = {"x": _x(speak, low, high), "y": _y(lines)}
    to = {**at, "x2": {"field": "x2"}, "y2": {"field": "y2"}}
    bars = _bars(lines)
    wholes = [{"x": line["end"], "y": i - 0.34, "y2": i + 0.34} for i, line in enumerate(lines) if line.get("whole")]
    joints = [{"x": line["end"], "y": i + 0.3, "y2": i + 0.7} for i, line in enumerate(lines[:-1])]
    words = [
        {"x": max([line["start"], line["end"], *_corner(line)]), "y": i, "text": line["words"]}
        for i, line in enumerate(lines)
    ]
    look = {
        "fill": {"field": "fill", "type": "nominal", "scale": None, "legend": None},
        "opacity": {"field": "opacity", "type": "quantitative", "scale": None, "legend": None},
    }
    upright = {**at, "y2": {"field": "y2"}}
    text = {"type": "text", "align": "left", "dx": 6, "fontSize": 11.5, "color": palette.INK, "baseline": "middle"}
    found = [
        layer(joints, {"type": "rule", "color": palette.FAINT, "strokeWidth": 1, "strokeDash": [2, 2]}, upright),
        layer(bars, {"type": "rect"}, {**to, **look, "tooltip": _tips(speak)}) if bars else None,
        layer(wholes, {"type": "rule", "color": palette.INK, "strokeWidth": 3}, upright),
        layer(words, text, {**at, "text": {"field": "text", "type": "nominal"}}),
    ]
    return [one for one in found if one is not None]


def _corner(line: Mapping[str, Any]) -> list[float]:
    """Where the first of two moves ends."""
    moves = line.get("moves", [])
    return [line["start"] + moves[0]] if moves else []


def _tips(speak: Speaker) -> list[dict[str, str]]:
    first = speak.slice or BY_FACTORS.in_(speak.locale)
    heads = {"member": first, "part": PART.in_(speak.locale)}
    if speak.told.kind == "ratio":
        heads |= {"mix": MIX.in_(speak.locale), "rate": RATE.in_(speak.locale)}
    return [{"field": field, "type": "nominal", "title": title} for field, title in heads.items()]


def _x(speak: Speaker, low: float, high: float) -> dict[str, Any]:
    ticks = [tick for tick in nice_ticks(low, high, 5) if low <= tick <= high]
    unit, locale = speak.told.kpi.unit, speak.locale
    words = [fmt.compact(tick, unit, locale, speak.currency) for tick in ticks]
    axis = {"values": ticks, "labelExpr": axis_words(ticks, words), "title": None, "domain": False, "ticks": False}
    scale = {"domain": [low, high], "nice": False, "zero": False}
    return {"field": "x", "type": "quantitative", "axis": axis, "scale": scale}


def _y(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    places = list(range(len(lines)))
    words = axis_words(places, [str(line["name"]) for line in lines])
    axis: dict[str, Any] = {"values": places, "labelExpr": words, "title": None, "grid": False}
    axis |= {
        "domain": False,
        "ticks": False,
        "labelLimit": 220,
        "labelColor": palette.INK,
        "labelFontSize": 12,
        "labelOverlap": False,
    }
    scale = {"domain": [len(lines) - 0.5, -0.5], "nice": False, "zero": False}
    return {"field": "y", "type": "quantitative", "axis": axis, "scale": scale}
