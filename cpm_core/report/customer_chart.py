"""What happened with one customer, drawn: amounts above, and below them a lane each for tickets, answers and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import altair as alt
from pandas import NaT

from cpm_core.customers.timeline import LANES, day_number, month_starts
from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report import palette
from cpm_core.report.still import LOOK, Still, axis_words, layer, sized
from cpm_core.report.svg import to_svg
from cpm_core.report.trend_chart import nice_ticks

if TYPE_CHECKING:
    from cpm_core.report.customer_view import Customer

WIDE, NARROW = 760, 268
"""Widths of the plot, on a screen and on a telephone, in pixels."""
TOP, LANE = 92, 27
"""Heights of the part with amounts and of a lane, in pixels."""
LEAST_DAYS = 60
"""A time shorter than this is drawn as if it were so long."""
LABEL = Text(en="What happened with the customer, from {first} to {last}", zh="客户时间线：{first}至{last}")
NAMES = {
    "orders": Text(en="Orders", zh="订单"),
    "tickets": Text(en="Tickets", zh="工单"),
    "surveys": Text(en="Answers", zh="问卷"),
    "interactions": Text(en="Contacts", zh="互动"),
    "subscriptions": Text(en="Contracts", zh="合同"),
}
A_MONTH = Text(en="{amount} a month", zh="每月{amount}")
CONTRACT = "#CDE4F2"
_SHAPES = {
    "sale": ("circle", palette.BLUE, palette.BLUE),
    "return": ("square", palette.VERMILLION, palette.VERMILLION),
    "ticket": ("circle", palette.PAPER, palette.INK),
    "complaint": ("diamond", palette.VERMILLION, palette.VERMILLION),
    "good": ("circle", palette.BLUE, palette.BLUE),
    "middle": ("square", "#9aa1a9", "#9aa1a9"),
    "bad": ("diamond", palette.VERMILLION, palette.VERMILLION),
    "contact": ("stroke", palette.GREEN, palette.GREEN),
    "contract": ("bar", CONTRACT, CONTRACT),
}
"""Shape, fill and stroke of each mark: told apart in grey print too."""
LEGEND = {
    "sale": Text(en="sale", zh="销售"),
    "return": Text(en="return", zh="退货"),
    "ticket": Text(en="ticket, with the time until it was solved", zh="工单（横线为至解决的时间）"),
    "complaint": Text(en="complaint", zh="投诉"),
    "good": Text(en="good answer", zh="好评"),
    "middle": Text(en="middling answer", zh="中评"),
    "bad": Text(en="bad answer", zh="差评"),
    "contact": Text(en="contact", zh="互动"),
    "contract": Text(en="contract", zh="合同"),
}


class Timeline(Still, alt.LayerChart):
    """The chart."""


def figure(view: Customer) -> str:
    """The chart as HTML, wide and narrow (the page shows the one that fits), with its legend."""
    label = _label(view)
    images = []
    for name, width in (("wide", WIDE), ("narrow", NARROW)):
        spec = chart(view, width).to_dict(validate=False)
        images.append(f'<div class="{name}">{sized(to_svg(spec, label, spec["config"]))}</div>')
    return f'<figure class="timeline">{"".join(images)}{_legend(view)}</figure>'


def chart(view: Customer, width: int) -> Timeline:
    """The chart, its plot ``width`` pixels wide."""
    drawn = _Drawn(view, width)
    layers = [one for one in drawn.layers() if len(one.data)]
    title = {"text": "", "fontSize": 1}
    return Timeline(layer=layers, width=width, height=drawn.height, title=title, config=LOOK)


def _label(view: Customer) -> str:
    first, last = (fmt.day(when, view.locale) for when in (view.timeline["at"].min(), view.as_of))
    return LABEL.in_(view.locale).format(first=first, last=last)


@dataclass(frozen=True)
class _Drawn:
    """The timeline on paper: x in days, y in pixels from the top."""

    view: Customer
    width: int

    @property
    def lanes(self) -> list[str]:
        """The tables that are there, but orders with amounts to draw; what is there and empty is an empty lane."""
        return [name for name in LANES if name in self.view.tables and not (name == "orders" and self.has_amounts)]

    @property
    def has_amounts(self) -> bool:
        return bool((self.view.timeline["lane"] == "orders").any())

    @property
    def height(self) -> int:
        return (TOP if self.has_amounts else 0) + LANE * len(self.lanes)

    @cached_property
    def days(self) -> tuple[float, float]:
        """The first and the last day."""
        last = day_number(self.view.as_of) + 1
        first = day_number(self.view.timeline["at"].min().to_pydatetime())
        return min(first - (last - first) * 0.01, last - LEAST_DAYS), last

    @cached_property
    def amounts(self) -> tuple[list[float], float, float]:
        """Ticks, the lowest and the highest amount of the upper part."""
        sizes = [row["size"] for row in self._of("orders")]
        low, high = min([0.0, *sizes]), max(sizes, default=1.0)
        ticks = nice_ticks(low, max(high, 0.0), 3)
        return ticks, ticks[0], ticks[-1]

    def _of(self, lane: str) -> list[dict[str, Any]]:
        """What happened in a lane, with the days of its begin and end."""
        mine = self.view.timeline[self.view.timeline["lane"] == lane]
        found: list[dict[Any, Any]] = mine.to_dict("records")
        return [
            {**row, "x": day_number(row["at"]), "to": self.days[1] if row["until"] is NaT else day_number(row["until"])}
            for row in found
        ]

    def _at(self, amount: float) -> float:
        """How far from the top an amount is."""
        _, low, high = self.amounts
        return 6 + (high - amount) / ((high - low) or 1.0) * (TOP - 18)

    def _middle(self, lane: str) -> float:
        return (TOP if self.has_amounts else 0) + LANE * (self.lanes.index(lane) + 0.5)

    def layers(self) -> list[alt.Chart]:
        return [
            *self._ground(),
            *self._contracts(),
            *self._orders(),
            *self._tickets(),
            *self._contacts(),
            *self._answers(),
        ]

    def _x(self) -> dict[str, Any]:
        first, last = self.days
        starts = month_starts(
            date.fromordinal(int(first)) + timedelta(days=1), date.fromordinal(int(last)), max(self.width // 80, 3)
        )
        values = [float(start.toordinal()) for start in starts]
        labels = [fmt.period(f"{start:%Y-%m}", self.view.locale, short=True) for start in starts]
        axis = {
            "values": values,
            "labelExpr": axis_words(values, labels),
            "title": None,
            "grid": True,
            "tickSize": 4,
            "labelOverlap": False,
        }
        scale = {"domain": [first, last], "nice": False, "zero": False}
        return {"field": "x", "type": "quantitative", "axis": axis, "scale": scale}

    def _y(self) -> dict[str, Any]:
        locale = self.view.locale
        places = [(self._middle(lane), NAMES[lane].in_(locale)) for lane in self.lanes]
        if self.has_amounts:
            ticks = self.amounts[0]
            places += [(self._at(tick), fmt.compact(tick, "money", locale, self.view.currency)) for tick in ticks]
        values = [place for place, _ in places]
        axis = {
            "values": values,
            "labelExpr": axis_words(values, [words for _, words in places]),
            "title": None,
            "domain": False,
            "ticks": False,
            "grid": False,
            "labelOverlap": False,
            "minExtent": 52,
        }
        scale = {"domain": [0, self.height], "reverse": True, "nice": False, "zero": False}
        return {"field": "y", "type": "quantitative", "axis": axis, "scale": scale}

    def _layer(self, rows: list[dict[str, Any]], mark: dict[str, Any], *more: str) -> alt.Chart:
        channels: dict[str, Any] = {"x": self._x(), "y": self._y()}
        channels |= {name: {"field": name} for name in more if name in ("x2", "y2")}
        channels |= {"text": {"field": "text", "type": "nominal"}} if "text" in more else {}
        return layer(rows, mark, channels)

    def _points(self, kind: str, rows: list[dict[str, Any]], size: int = 62) -> alt.Chart:
        shape, fill, stroke = _SHAPES[kind]
        mark = {"type": "point", "shape": shape, "fill": fill, "stroke": stroke, "strokeWidth": 1.4, "size": size}
        return self._layer(rows, {**mark, "opacity": 1, "clip": False})

    def _ground(self) -> list[alt.Chart]:
        """A line for zero and one along the middle of each lane."""
        first, last = self.days
        rows = [{"x": first, "x2": last, "y": self._middle(lane)} for lane in self.lanes]
        rows += [{"x": first, "x2": last, "y": self._at(0)}] if self.has_amounts else []
        return [self._layer(rows, {"type": "rule", "color": palette.RULE, "strokeWidth": 1}, "x2")]

    def _orders(self) -> list[alt.Chart]:
        if not self.has_amounts:
            return []
        found, mine = [], self._of("orders")
        for kind in ("sale", "return"):
            rows = [
                {"x": row["x"], "y": self._at(row["size"]), "y2": self._at(0)} for row in mine if row["kind"] == kind
            ]
            line = {"type": "rule", "color": _SHAPES[kind][2], "strokeWidth": 1.6}
            found += [self._layer(rows, line, "y2"), self._points(kind, rows, 16)]
        return found

    def _marks(self, lane: str, column: str, kinds: tuple[str, ...]) -> list[alt.Chart]:
        """A mark for each thing in a lane, of the shape that its kind or mood has."""
        y = self._middle(lane)
        return [
            self._points(one, [{"x": row["x"], "y": y} for row in self._of(lane) if row[column] == one])
            for one in kinds
        ]

    def _tickets(self) -> list[alt.Chart]:
        if "tickets" not in self.lanes:
            return []
        y = self._middle("tickets")
        spans = [{"x": row["x"], "x2": row["to"], "y": y} for row in self._of("tickets")]
        line = self._layer(spans, {"type": "rule", "color": palette.FAINT, "strokeWidth": 3}, "x2")
        return [line, *self._marks("tickets", "kind", ("ticket", "complaint"))]

    def _answers(self) -> list[alt.Chart]:
        return self._marks("surveys", "mood", ("middle", "good", "bad")) if "surveys" in self.lanes else []

    def _contacts(self) -> list[alt.Chart]:
        if "interactions" not in self.lanes:
            return []
        y = self._middle("interactions")
        rows = [{"x": row["x"], "y": y - 7, "y2": y + 7} for row in self._of("interactions")]
        return [self._layer(rows, {"type": "rule", "color": palette.GREEN, "strokeWidth": 2}, "y2")]

    def _contracts(self) -> list[alt.Chart]:
        if "subscriptions" not in self.lanes:
            return []
        mine, y = self._of("subscriptions"), self._middle("subscriptions")
        bars = [{"x": row["x"], "x2": row["to"], "y": y - 8, "y2": y + 8} for row in mine]
        scale = self.width / (self.days[1] - self.days[0])
        words = [
            {"x": row["x"] + 5 / scale, "y": y, "text": self._fitting(row["size"], (row["to"] - row["x"]) * scale)}
            for row in mine
        ]
        bar = {"type": "rect", "color": CONTRACT, "stroke": palette.PAPER, "strokeWidth": 1}
        label = {"type": "text", "align": "left", "baseline": "middle", "fontSize": 11, "color": palette.INK}
        return [self._layer(bars, bar, "x2", "y2"), self._layer([one for one in words if one["text"]], label, "text")]

    def _fitting(self, amount: float, room: float) -> str:
        """A contract's amount in so many words as fit into its bar."""
        money = fmt.value(amount, "money", self.view.locale, self.view.currency)
        whole = A_MONTH.in_(self.view.locale).format(amount=money)
        return next((one for one in (whole, money) if len(one) * 6.6 + 10 <= room), "")


def _legend(view: Customer) -> str:
    """The marks that are there, drawn and named."""
    seen = {*view.timeline["kind"], *view.timeline["mood"]}
    lanes = {*view.timeline["lane"]}
    seen |= {"contact"} if "interactions" in lanes else set()
    items = [
        f"<li>{_swatch(*_SHAPES[name])}{escape(words.in_(view.locale))}</li>"
        for name, words in LEGEND.items()
        if name in seen
    ]
    return f'<ul class="legend">{"".join(items)}</ul>'


def _swatch(shape: str, fill: str, stroke: str) -> str:
    forms = {
        "circle": '<circle cx="7" cy="7" r="4.4"/>',
        "square": '<rect x="3" y="3" width="8" height="8"/>',
        "diamond": '<path d="M7 1.5l4.5 5.5-4.5 5.5-4.5-5.5z"/>',
        "stroke": '<path d="M7 0.5v13" stroke-width="2"/>',
        "bar": '<rect x="0" y="2" width="14" height="10"/>',
    }
    return (
        f'<svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">'
        f'<g fill="{fill}" stroke="{stroke}" stroke-width="1.4">{forms[shape]}</g></svg>'
    )
