"""One KPI as an Altair chart: of a total one, of a slice one for each of its biggest members."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import altair as alt

from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report import palette, provided
from cpm_core.report.kpi_table import INTERVAL, NOTE, PERIOD, ROWS, VALUE, interval, name, value
from cpm_core.report.kpi_view import KpiView
from cpm_core.report.slices import slice_title
from cpm_core.report.sparkline import Point
from cpm_core.report.still import LOOK, Still, axis_words, heading, layer, sized
from cpm_core.report.svg import to_svg
from cpm_core.report.trend_chart import Trend, band, lines, marks, nice_ticks, reach

if TYPE_CHECKING:
    import pandas as pd

MOST = 6
"""Members that have a chart, unless others are chosen."""
COLUMNS = 3
WIDE, NARROW = (660, 230), (204, 112)
"""Width and height of a total's plot and of a member's, in pixels."""

TITLE = Text(en="{kpi} by {slice}", zh="{kpi}（按{slice}）")
BIGGEST = Text(en="the {shown} biggest of {all}", zh="最大的{shown}个（共{all}个）")
OWN_SCALE = Text(en="each on its own scale", zh="各图刻度不同")
ONE_SCALE = Text(en="all on one scale", zh="各图刻度相同")
KEY_BAND = Text(en="band: interval", zh="色带：置信区间")
KEY_TOTAL = Text(en="grey line: total", zh="灰线：合计")
KEY_OPEN = Text(en="hollow: incomplete period", zh="空心点：不完整的期间")
KEY_FEW = Text(en="grey dot: few rows", zh="灰点：样本过少")
NOTHING = Text(en="no figures", zh="无数值")


class Line(Still, alt.LayerChart):
    """A chart of one line."""


class Lines(Still, alt.ConcatChart):
    """A chart a member, side by side."""


def chart(view: KpiView, period: str = "") -> Line | Lines:
    """The chart; ``period`` is marked if given."""
    parts = list(_parts(view))
    mark = view.periods.index(period) if period else None
    title = heading(_title(view), _subtitle(view, parts))
    if not view.slice:
        layers = _layers(parts[0], WIDE, mark)
        return Line(layer=layers, width=WIDE[0], height=WIDE[1], title=title, config=LOOK)
    each = [_member(part, mark) for part in parts]
    columns = 2 if len(each) == 4 else COLUMNS
    return Lines(concat=each, columns=columns, spacing={"row": 12, "column": 18}, title=title, config=LOOK)


def svg(view: KpiView, period: str = "") -> str:
    """The chart as SVG; ``period`` is marked if given."""
    spec = chart(view, period).to_dict(validate=False)
    return sized(to_svg(spec, _title(view), spec["config"]))


@dataclass(frozen=True)
class _Part:
    """One line with its axis, and what is told of each of its points."""

    trend: Trend
    hits: Sequence[Mapping[str, Any]]
    heads: Mapping[str, str]
    total: Sequence[Point]
    nothing: str
    """Stands where there is no line."""


def _parts(view: KpiView) -> Iterator[_Part]:
    periods = view.periods
    members = view.ranked if view.chosen else view.ranked[:MOST]
    frame = view.frame()
    facts = {member: _facts(frame, member) for member in members}
    points = {member: _points(periods, facts[member]) for member in members}
    # Shares and means are compared; amounts of a big and a small member would flatten the small one.
    own = view.kpi.unit in ("money", "count")
    total = () if own or not view.slice else _points(periods, _facts(view.total.frame(), ""))
    all_points = [*total, *(point for member in members for point in points[member])]
    for member in members:
        known = points[member] if own else all_points
        low, high = reach(known, view.kpi.unit) if known else (0.0, 1.0)
        marked = nice_ticks(low, high, 3 if view.slice else 5)
        ticks = [(tick, _short(view, tick) if known else "") for tick in marked]
        labels = [fmt.period(period, view.locale, short=True) for period in periods]
        trend = Trend(points[member], labels, ticks, name(view, member))
        reason = next((str(fact["reason"]) for fact in reversed(facts[member]) if fact["reason"]), "")
        nothing = "" if points[member] else reason or NOTHING.in_(view.locale)
        hits = [_hit(view, periods, fact) for fact in facts[member] if fmt.is_number(fact["value"])]
        heads = {key: words.in_(view.locale) for key, words in _HEADS.items()}
        yield _Part(trend, hits, heads, total, nothing)


def _facts(frame: pd.DataFrame, member: str) -> list[dict[Any, Any]]:
    found: list[dict[Any, Any]] = frame[frame["member"] == member].to_dict("records")
    return found


def _points(periods: Sequence[str], facts: Sequence[Mapping[Any, Any]]) -> list[Point]:
    return [
        Point(
            index=periods.index(fact["period"]),
            value=float(fact["value"]),
            low=fmt.number(fact["low"]),
            high=fmt.number(fact["high"]),
            complete=bool(fact["complete"]),
            few=fact["state"] == "few",
        )
        for fact in facts
        if fmt.is_number(fact["value"])
    ]


_HEADS = {
    "period": PERIOD,
    "value": VALUE,
    "interval": INTERVAL,
    "rows": ROWS,
    "note": NOTE,
    "by": provided.HEAD,
}


def _hit(view: KpiView, periods: Sequence[str], fact: dict[Any, Any]) -> dict[str, Any]:
    """What is told of a point where the pointer rests on it."""
    told = {
        "period": fmt.period(fact["period"], view.locale),
        "value": value(view, fact["value"]),
        "interval": interval(view, fact),
        "rows": fmt.count(fact["n"]),
        "note": str(fact["reason"] or ""),
        "by": " ".join(filter(None, (str(fact["provider"]), str(fact["version"])))),
    }
    return {"x": periods.index(fact["period"]), "y": fact["value"], **told}


def _short(view: KpiView, tick: float) -> str:
    return fmt.compact(tick, view.kpi.unit, view.locale, view.currency)


def _title(view: KpiView) -> str:
    kpi = view.kpi.title.in_(view.locale)
    if not view.slice:
        return kpi
    return TITLE.in_(view.locale).format(kpi=kpi, slice=slice_title(view.slice, view.locale))


def _subtitle(view: KpiView, parts: Sequence[_Part]) -> str:
    """The unit, what is shown of how much, and what the marks mean that are there."""
    points = [point for part in parts for point in part.trend.points]
    told: list[Text | str] = [fmt.unit_title(view.kpi.unit, view.locale, view.currency)]
    if view.slice:
        count = len(view.ranked)
        told += [BIGGEST.format(shown=len(parts), all=count)] if len(parts) < count else []
        told += [OWN_SCALE if view.kpi.unit in ("money", "count") else ONE_SCALE] if len(parts) > 1 else []
        told += [KEY_TOTAL] if any(part.total for part in parts) else []
    told += [KEY_BAND] if any(math.isfinite(point.low) for point in points) else []
    told += [KEY_OPEN] if not all(point.complete for point in points) else []
    told += [KEY_FEW] if any(point.few for point in points) else []
    return " · ".join(one.in_(view.locale) if isinstance(one, Text) else one for one in told)


def _member(part: _Part, mark: int | None) -> alt.LayerChart:
    title = {
        "text": part.trend.label,
        "fontSize": 12,
        "color": palette.INK,
        "anchor": "start",
        "frame": "group",
        "offset": 4,
    }
    whole: alt.LayerChart = alt.LayerChart(
        layer=_layers(part, NARROW, mark), width=NARROW[0], height=NARROW[1], title=title
    )
    return whole


def _layers(part: _Part, size: tuple[int, int], mark: int | None) -> list[alt.Chart]:
    trend = part.trend
    solid, dashed = lines(trend)
    total = [row for rows in lines(Trend(part.total, trend.labels, trend.ticks, "")) for row in rows]
    x = {"x": _x(trend, size[0])}
    at = {**x, "y": _y(trend)}
    by_run = {**at, "detail": {"field": "run", "type": "nominal"}}
    line = {"type": "line", "color": palette.BLUE, "strokeWidth": 2, "strokeJoin": "round"}
    found = [
        layer(
            [{"x": mark}] if mark is not None else [], {"type": "rule", "color": palette.ORANGE, "strokeWidth": 1.5}, x
        ),
        layer(total, {"type": "line", "color": palette.FAINT, "strokeWidth": 1}, by_run),
        layer(
            band(trend), {"type": "area", "color": palette.BLUE, "opacity": 0.15}, {**by_run, "y2": {"field": "low"}}
        ),
        layer(solid, line, by_run),
        layer(dashed, {**line, "strokeDash": [3, 3]}, by_run),
        layer(marks(trend), _DOT, {**at, **_INK}),
        # Unseen discs, large enough to be met with a pointer.
        layer(part.hits, {"type": "circle", "size": 200, "opacity": 0}, {**at, "tooltip": _tips(part)}),
    ]
    # An empty layer draws nothing, but the axes have to come from one of them.
    kept = [layer for layer in found if len(layer.data)]
    kept = kept or [layer([{"x": 0, "y": trend.low}], {"type": "circle", "opacity": 0}, at)]
    if part.nothing:
        words = {"type": "text", "color": palette.MUTED, "fontSize": 11.5, "limit": size[0] - 10}
        kept.append(layer([{"text": part.nothing}], words, {"text": {"field": "text", "type": "nominal"}}))
    return kept


_DOT = {"type": "point", "filled": False, "size": 30, "strokeWidth": 1.5, "opacity": 1, "fillOpacity": 1}
_INK = {name: {"field": name, "type": "nominal", "scale": None, "legend": None} for name in ("fill", "stroke")}


def _tips(part: _Part) -> list[dict[str, str]]:
    used = [key for key in part.heads if any(hit[key] for hit in part.hits)]
    return [{"field": key, "type": "nominal", "title": part.heads[key]} for key in used]


def _x(trend: Trend, width: int) -> dict[str, Any]:
    count = len(trend.labels)
    step = max(1, math.ceil(count * 72 / width))
    places = list(range(count - 1, -1, -step))[::-1]
    words = axis_words(places, [trend.labels[place] for place in places])
    axis = {"values": places, "labelExpr": words, "title": None, "grid": False, "tickSize": 4, "labelOverlap": False}
    return _channel("x", axis, -0.4, count - 0.6)


def _y(trend: Trend) -> dict[str, Any]:
    values = [tick for tick, _ in trend.ticks]
    words = axis_words(values, [words for _, words in trend.ticks])
    axis = {"values": values, "labelExpr": words, "title": None, "domain": False, "ticks": False, "labelOverlap": False}
    return _channel("y", axis, trend.low, trend.high)


def _channel(field: str, axis: dict[str, Any], low: float, high: float) -> dict[str, Any]:
    scale = {"domain": [low, high], "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "axis": axis, "scale": scale}
