"""The figures of one KPI as tables of words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report import provided
from cpm_core.report.beside import Beside
from cpm_core.report.kpi_view import KpiView
from cpm_core.report.slices import BY, TOTAL, member_title, slice_title
from cpm_core.report.table import table

MOST_PERIODS = 12
MOST_MEMBERS = 8
"""Columns that a page takes."""
MOST_ROWS = 12

PERIOD = Text(en="Period", zh="期间")
VALUE = Text(en="Value", zh="数值")
INTERVAL = Text(en="Interval", zh="置信区间")
ROWS = Text(en="Rows", zh="样本数")
NOTE = Text(en="Note", zh="说明")
MORE_MEMBERS = Text(
    en="{count} more members: choose them with .members(…), or take all from .frame().",
    zh="另有{count}个成员：可用 .members(…) 选取，或用 .frame() 取得全部。",
)
MORE_PERIODS = Text(
    en="The latest {shown} of {all} periods; all are in .table().", zh="最近{shown}期（共{all}期），全部见 .table()。"
)
IN_PERIOD = Text(en="{slice} in {period}", zh="{period}，{slice}")
TITLE = Text(en="{kpi} ({unit})", zh="{kpi}（{unit}）")
WITH_SLICE = Text(en="{title}, {by}", zh="{title}，{by}")


def value(view: KpiView, figure: Any) -> str:
    """A figure of the view's KPI in words."""
    return fmt.value(figure, view.kpi.unit, view.locale, view.currency)


def interval(view: KpiView, fact: dict[Any, Any]) -> str:
    """A fact's interval in words."""
    return fmt.interval(fact["low"], fact["high"], view.kpi.unit, view.locale, view.currency)


def name(view: KpiView, member: str) -> str:
    """A member in words."""
    return member_title(view.slice, member, view.locale) if member else TOTAL.in_(view.locale)


def by_period(view: KpiView) -> str:
    """HTML: of a total one line a period, of a slice one column a member; the latest period first."""
    if not view.slice:
        return _lines(view, view.periods[-1])
    locale, shown = view.locale, view.ranked[:MOST_MEMBERS]
    facts = {(fact["period"], fact["member"]): fact for fact in view.frame().to_dict("records")}
    heads = [("period", PERIOD.in_(locale))]
    heads += [(f"m{place}", name(view, member)) for place, member in enumerate(shown)]
    periods = view.periods[-MOST_PERIODS:][::-1]
    rows = [
        [_period(view, period), *(_cell(view, facts.get((period, member))) for member in shown)] for period in periods
    ]
    told = []
    if len(periods) < len(view.periods):
        told.append(MORE_PERIODS.in_(locale).format(shown=len(periods), all=len(view.periods)))
    return table("kpi", heads, rows) + _keys([*told, *_more(view, len(shown))])


def at_period(view: KpiView, period: str) -> str:
    """HTML: the figures of one period, the total and each of the biggest members; of a total up to then."""
    if not view.slice:
        return _lines(view, period)
    locale, shown = view.locale, view.ranked[:MOST_ROWS]
    now = [fact for one in (view.total, view) for fact in one.frame().to_dict("records") if fact["period"] == period]
    facts, told = {fact["member"]: fact for fact in now}, _beside(view)
    rows = [
        _line(view, escape(name(view, member)), facts[member], told, bold=not member)
        for member in ("", *shown)
        if member in facts
    ]
    split = BY.in_(locale).format(slice=slice_title(view.slice, locale))
    title = IN_PERIOD.in_(locale).format(slice=split, period=fmt.period(period, locale))
    return f"<h3>{escape(title)}</h3>" + _set(view, ("member", ""), rows) + _keys(_more(view, len(shown)))


def text(view: KpiView) -> str:
    """Plain words: the title, and the latest periods by member."""
    import pandas as pd

    locale, table_ = view.locale, view.table()
    kpi = view.kpi.title.in_(locale)
    title = TITLE.in_(locale).format(kpi=kpi, unit=fmt.unit_title(view.kpi.unit, locale, view.currency))
    if view.slice:
        by = BY.in_(locale).format(slice=slice_title(view.slice, locale))
        title = WITH_SLICE.in_(locale).format(title=title, by=by[0].lower() + by[1:])
    latest = table_.iloc[-MOST_PERIODS:, :MOST_MEMBERS]
    words = latest.map(lambda figure: value(view, figure))
    assert isinstance(words, pd.DataFrame)
    return f"{title}\n{words.rename_axis(index=None, columns=None).to_string()}"


def _lines(view: KpiView, until: str) -> str:
    """A total's periods up to one, the latest first."""
    facts = [fact for fact in view.frame().to_dict("records") if fact["period"] <= until]
    told = _beside(view)
    rows = [_line(view, _period(view, str(fact["period"])), fact, told) for fact in facts[-MOST_PERIODS:][::-1]]
    return _set(view, ("period", PERIOD.in_(view.locale)), rows)


def _line(view: KpiView, first: str, fact: dict[Any, Any], told: Beside, *, bold: bool = False) -> list[str]:
    rows = f'<span class="sub">{escape(fmt.count(fact["n"]))}</span>'
    place = (str(fact["period"]), view.slice if fact["member"] else "", str(fact["member"]))
    beside = [f'<span class="sub">{escape(told.value(kpi.id, *place))}</span>' for kpi in view.beside]
    note = f'<span class="sub">{escape(str(fact["reason"] or ""))}</span>'
    name_ = f'<span class="name">{first}</span>' if bold else first
    return [name_, _cell(view, fact), escape(interval(view, fact)), rows, *beside, note]


def _set(view: KpiView, first: tuple[str, str], rows: Sequence[Sequence[str]]) -> str:
    """Columns without anything in them are left out."""
    heads = [first, *((key, words.in_(view.locale)) for key, words in _HEADS.items())]
    heads[-1:-1] = [(kpi.id, kpi.title.in_(view.locale)) for kpi in view.beside]
    used = [place for place in range(len(heads)) if place < 2 or any(_said(row[place]) for row in rows)]
    return table("kpi", [heads[place] for place in used], [[row[place] for place in used] for row in rows])


_HEADS = {"value": VALUE, "interval": INTERVAL, "rows": ROWS, "note": NOTE}


def _said(cell: str) -> bool:
    return bool(cell.removeprefix('<span class="sub">').removesuffix("</span>").strip(fmt.DASH))


def _beside(view: KpiView) -> Beside:
    return Beside(view.beside, view.facts, view.locale, view.currency)


def _period(view: KpiView, period: str) -> str:
    return escape(fmt.period(period, view.locale))


def _cell(view: KpiView, fact: dict[Any, Any] | None) -> str:
    """A value: grey with ° on few rows, with a hollow mark in an incomplete period, a dash if there is none."""
    if not fact:
        return f'<span class="none">{fmt.DASH}</span>'
    who = provided.by(fact["provider"], fact["version"], view.locale)
    title = escape("\n".join(filter(None, (str(fact["reason"] or ""), who))))
    if not fmt.is_number(fact["value"]):
        return f'<span class="none" title="{title}">{fmt.DASH}</span>'
    few = fact["state"] == "few"
    mark = "" if fact["complete"] else '<span class="hollow"></span>'
    words = escape(value(view, fact["value"])) + ("°" if few else "")
    return f'<span class="{"few" if few else "num"}" title="{title}">{mark}{words}</span>'


def _more(view: KpiView, shown: int) -> list[str]:
    rest = len(view.ranked) - shown
    return [MORE_MEMBERS.in_(view.locale).format(count=rest)] if rest > 0 else []


def _keys(told: Sequence[str]) -> str:
    return "".join(f'<p class="key">{escape(words)}</p>' for words in told)
