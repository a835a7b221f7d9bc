"""A cohort triangle as a heat map: one row a month of first orders, one column a month since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import altair as alt

from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report import palette
from cpm_core.report.still import LOOK, Still, layer, sized
from cpm_core.report.svg import to_svg

if TYPE_CHECKING:
    import pandas as pd

MOST = 24
"""Cohorts and months that are drawn; all are in the frame."""
CELL, ROW = 32, 24
"""Width and height of a cell, in pixels."""
LABEL, SIZE = 66, 58
"""Width of a row's name and of its size."""
LIGHT = "#e6f0f7"
CENSORED = "†"
FIRST = Text(en="First order", zh="首购月份")
CUSTOMERS, REVENUE = Text(en="Customers", zh="客户数"), Text(en="Revenue", zh="净销售额")
AGES = Text(en="Months since the first order", zh="首购后第几个月")
ALL = Text(en="Together", zh="合计")
INK_FROM = 0.85
"""From this part of the darkest colour on, numbers are white."""


class Heat(Still, alt.LayerChart):
    """A heat map."""


def chart(frame: pd.DataFrame, summary: pd.DataFrame, of: str, locale: Locale, currency: str) -> Heat:
    """The chart of `cpm_core.customers.cohorts.COLUMNS` and `SUMMARY`; it holds one cohort at least."""
    names = sorted(frame["cohort"].unique())[-MOST:]
    rows = frame[frame["cohort"].isin(names)].to_dict("records")
    row_of = {name: place for place, name in enumerate(names)}
    last = min(MOST, max(row["age"] for row in rows if row["complete"] or fmt.is_number(row["so_far"])))
    shown = [row for row in rows if 1 <= row["age"] <= last]
    together = [one for one in summary.to_dict("records") if 1 <= one["age"] <= last and fmt.is_number(one["share"])]
    top = max([one["share"] for one in (*shown, *together) if fmt.is_number(one["share"])], default=1.0) or 1.0
    full = [_cell(row, row_of[row["cohort"]], top) for row in shown if fmt.is_number(row["share"])]
    full += [_cell(one, len(names) + 0.35, top) for one in together]
    begun = [_begun(row, row_of[row["cohort"]]) for row in shown if fmt.is_number(row["so_far"]) and row["size"] > 0]
    width, height = LABEL + SIZE + last * CELL, (len(names) + 2.5) * ROW
    at = {"x": _pixels("x", width), "y": _pixels("y", height, down=True)}
    sizes = [row for row in rows if row["age"] == 0]
    words = [*_heads(last, of, locale), *_names(sizes, row_of, of, locale, currency)]
    words += [_word(0, len(names) + 0.35, ALL.in_(locale), "left", weight=600)] if together else []
    layers = [
        layer(full, _block(stroke=palette.PAPER), {**_spans(at), "color": _shade(top)}),
        layer(begun, _block(filled=False, stroke=palette.FAINT, strokeDash=[2, 2]), _spans(at)),
        *(_text(words + full + begun, at, align) for align in ("left", "right", "center")),
    ]
    drawn = [one for one in layers if len(one.data)]
    padding = {"left": 2, "right": 2, "top": 2, "bottom": 2}
    return Heat(layer=drawn, width=width, height=height, padding=padding, config={**LOOK, "view": {"stroke": None}})


def svg(frame: pd.DataFrame, summary: pd.DataFrame, of: str, locale: Locale, currency: str, label: str) -> str:
    """The chart as SVG."""
    spec = chart(frame, summary, of, locale, currency).to_dict(validate=False)
    return sized(to_svg(spec, label, {**spec["config"], "background": None}))


def _cell(one: Mapping[Any, Any], row: float, top: float) -> dict[str, Any]:
    ink = "#ffffff" if one["share"] / top > INK_FROM else palette.INK
    weight = 400 if "cohort" in one else 600
    return {**_place(one["age"], row), "share": one["share"], **_number(one["share"], ink), "weight": weight}


def _begun(one: Mapping[Any, Any], row: int) -> dict[str, Any]:
    return {**_place(one["age"], row), **_number(one["so_far"] / one["size"], palette.MUTED), "weight": 400}


def _number(share: float, ink: str) -> dict[str, Any]:
    return {"text": f"{share * 100:.0f}".replace("-", fmt.MINUS), "ink": ink, "align": "center"}


def _place(age: int, row: float) -> dict[str, float]:
    """A cell's edges, and its middle for its number, in pixels."""
    left, top = LABEL + SIZE + (age - 1) * CELL, (row + 2) * ROW
    return {"from": left, "to": left + CELL, "over": top, "under": top + ROW, "x": left + CELL / 2, "y": top + ROW / 2}


def _word(x: float, row: float, text: str, align: str, *, weight: int = 400, ink: str = palette.INK) -> dict[str, Any]:
    return {"x": x, "y": (row + 2.5) * ROW, "text": text, "align": align, "ink": ink, "weight": weight}


def _heads(last: int, of: str, locale: Locale) -> list[dict[str, Any]]:
    muted = palette.MUTED
    size = (REVENUE if of == "revenue" else CUSTOMERS).in_(locale)
    ages = [_word(LABEL + SIZE + (age - 0.5) * CELL, -1, str(age), "center", ink=muted) for age in range(1, last + 1)]
    return [
        _word(LABEL + SIZE + 4, -2, AGES.in_(locale), "left", ink=muted),
        _word(0, -1, FIRST.in_(locale), "left", ink=muted),
        _word(LABEL + SIZE - 8, -1, size, "right", ink=muted),
        *ages,
    ]


def _names(
    sizes: Sequence[Mapping[Any, Any]], row_of: Mapping[str, int], of: str, locale: Locale, currency: str
) -> list[dict[str, Any]]:
    """Each row's month, marked where earlier orders cannot be excluded, and what the month came to."""
    found = []
    for one in sizes:
        row = row_of[one["cohort"]]
        mark = CENSORED if one["censored"] else ""
        found.append(_word(0, row, fmt.period(one["cohort"], locale, short=True) + mark, "left"))
        ink = palette.INK if one["complete"] else palette.MUTED
        found.append(_word(LABEL + SIZE - 8, row, _size(one["size"], of, locale, currency), "right", ink=ink))
    return found


def _size(size: float, of: str, locale: Locale, currency: str) -> str:
    """Money to three digits: there is no room for more, and the frame has all."""
    return fmt.compact(float(f"{size:.3g}"), "money", locale, currency) if of == "revenue" else fmt.count(size)


def _pixels(field: str, length: float, *, down: bool = False) -> dict[str, Any]:
    scale = {"domain": [length, 0] if down else [0, length], "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "axis": None, "scale": scale}


def _spans(at: Mapping[str, Any]) -> dict[str, Any]:
    x, y = {**at["x"], "field": "from"}, {**at["y"], "field": "over"}
    return {"x": x, "x2": {"field": "to"}, "y": y, "y2": {"field": "under"}}


def _shade(top: float) -> dict[str, Any]:
    scale = {"domain": [0, top], "range": [LIGHT, palette.BLUE], "clamp": True, "nice": False}
    return {"field": "share", "type": "quantitative", "legend": None, "scale": scale}


def _block(**look: Any) -> dict[str, Any]:
    return {"type": "rect", "strokeWidth": 1, "opacity": 1, **look}


def _text(words: Sequence[Mapping[str, Any]], at: Mapping[str, Any], align: str) -> alt.Chart:
    mine = [{key: one[key] for key in ("x", "y", "text", "ink", "weight")} for one in words if one["align"] == align]
    look = {"type": "text", "align": align, "baseline": "middle", "fontSize": 11}
    colour = {"field": "ink", "type": "nominal", "scale": None, "legend": None}
    return layer(mine, look, {**at, "text": {"field": "text", "type": "nominal"}, "color": colour})
