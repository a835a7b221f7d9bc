"""A trend chart for each KPI, side by side."""

from __future__ import annotations

import math
from datetime import date
from html import escape

from cpm_core.model.kpi import Kpi
from cpm_core.model.periods import Period
from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report import provided
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.history import histories, shown_periods
from cpm_core.report.inputs import ReportData
from cpm_core.report.rows import Row, read_rows
from cpm_core.report.sparkline import Point
from cpm_core.report.trend_chart import Event, Trend, draw, nice_ticks, reach

TITLE = Text(en="Trends", zh="走势")
SPAN = Text(en="{first} to {last}", zh="{first}至{last}")
KEY_BAND = Text(en="{level:.0%} interval", zh="{level:.0%}置信区间")
KEY_TARGET = Text(en="target", zh="目标")
KEY_OPEN = Text(en="incomplete period", zh="不完整的期间")
KEY_FEW = Text(en="few rows", zh="样本过少")
KEY_VALUE = Text(en="value", zh="数值")
TARGET = Text(en="target {bound}", zh="目标{bound}")
NOTHING = Text(en="Nothing to draw: {reason}", zh="无可绘制：{reason}")
NO_HISTORY = Text(en="no period has a value", zh="各期均无数值")
LABEL = Text(
    en="{kpi}, {unit}, {first} to {last}: lowest {low}, highest {high}, latest {latest}{events}",
    zh="{kpi}（{unit}），{first}至{last}：最低{low}，最高{high}，最新{latest}{events}",
)
MOST_NAMES = 2
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LABEL_EVENTS = Text(en="; events: {events}", zh="；事件：{events}")


def render(data: ReportData) -> Fragment:
    """The charts as a section."""
    locale, periods = data.locale, shown_periods(data)
    points, rows = histories(data), {row.kpi: row for row in read_rows(data)}
    chapters: dict[str, list[str]] = {}
    for kpi in data.kpis:
        figure = _figure(data, kpi, rows.get(kpi.id), points[kpi.id], periods)
        chapters.setdefault(kpi.chapter.in_(locale), []).append(figure)
    grids = "".join(
        (f"<h3>{escape(title)}</h3>" if len(chapters) > 1 else "") + f'<div class="grid">{"".join(figures)}</div>'
        for title, figures in chapters.items()
    )
    span = SPAN.in_(locale).format(
        first=fmt.period(periods[0].label, locale), last=fmt.period(periods[-1].label, locale)
    )
    body = f'<p class="intro">{escape(span[0].upper() + span[1:])}</p>{_key(data)}{grids}'
    return section(
        "trends", TITLE.in_(locale), body, locale, "\n".join([span, *(k.title.in_(locale) for k in data.kpis)])
    )


def chart(data: ReportData, kpi: Kpi, row: Row | None, points: tuple[Point, ...], periods: tuple[Period, ...]) -> str:
    """One KPI's chart as SVG."""
    locale, currency = data.locale, data.currency
    goals = _goals(data, kpi, row, periods)
    low, high = reach(points, kpi.unit, [goal for ends in goals for goal in ends if fmt.is_number(goal)])
    trend = Trend(
        points=points,
        labels=[fmt.period(period.label, locale, short=True) for period in periods],
        ticks=[(tick, fmt.compact(tick, kpi.unit, locale, currency)) for tick in nice_ticks(low, high)],
        label=_label(data, kpi, points, periods),
        targets=goals,
        events=_events(data, periods),
    )
    return draw(trend)


def _goals(data: ReportData, kpi: Kpi, row: Row | None, periods: tuple[Period, ...]) -> list[list[float]]:
    """Lower and upper end of the target in each period, as far as there is one."""
    if data.targets is None:
        ends = [(row.target_low, row.target_high) for _ in periods] if row else []
    else:
        known, none = data.goals.get(kpi.id, {}), (math.nan, math.nan)
        ends = [known.get(period.label, none) for period in periods]
    return [list(side) for side in zip(*ends, strict=True) if any(map(fmt.is_number, side))]


def _figure(data: ReportData, kpi: Kpi, row: Row | None, points: tuple[Point, ...], periods: tuple[Period, ...]) -> str:
    locale = data.locale
    latest = row.shown(row.value, locale, data.currency) if row and row.measured else fmt.DASH
    unit = fmt.unit_title(kpi.unit, locale, data.currency)
    if row and row.has_target:
        bound = fmt.target(row.target_low, row.target_high, kpi.unit, locale, data.currency)
        unit = f"{unit} · {TARGET.in_(locale).format(bound=bound)}"
    head = (
        f"<figcaption>{provided.name(kpi.title.in_(locale), *data.providers.get(kpi.id, ('', '')), locale)}"
        f'<span class="unit">{escape(unit)}</span><span class="latest">{escape(latest)}</span></figcaption>'
    )
    if points:
        return f"<figure>{head}{chart(data, kpi, row, points, periods)}</figure>"
    reason = (row.reason if row else "") or NO_HISTORY.in_(locale)
    return f'<figure>{head}<p class="nothing">{escape(NOTHING.in_(locale).format(reason=reason))}</p></figure>'


def _shown_events(data: ReportData) -> list[tuple[date, str, str]]:
    """Day, name and what charts call it, of the events within the shown periods, in order.

    Two names have room on a chart; more are lettered, and told once above the charts.
    """
    periods = shown_periods(data)
    shown = sorted((when, text.in_(data.locale)) for when, text in data.events if _within(when, periods))
    lettered = len(shown) > MOST_NAMES
    return [(when, name, LETTERS[n % len(LETTERS)] if lettered else name) for n, (when, name) in enumerate(shown)]


def _events(data: ReportData, periods: tuple[Period, ...]) -> list[Event]:
    """Events at their day's place in its period."""
    found = []
    for when, _, called in _shown_events(data):
        index = next(number for number, period in enumerate(periods) if period.start <= when < period.end)
        place = (when - periods[index].start).days / (periods[index].end - periods[index].start).days
        found.append(Event(index - 0.5 + place, called))
    return found


def _label(data: ReportData, kpi: Kpi, points: tuple[Point, ...], periods: tuple[Period, ...]) -> str:
    locale, values = data.locale, [point.value for point in points]

    def shown(figure: float) -> str:
        return fmt.value(figure, kpi.unit, locale, data.currency)

    dated = "{name}（{day}）" if locale == "zh" else "{name} ({day})"
    names = [dated.format(name=name, day=fmt.day(when, locale)) for when, name, _ in _shown_events(data)]
    return LABEL.in_(locale).format(
        kpi=kpi.title.in_(locale),
        unit=fmt.unit_title(kpi.unit, locale, data.currency),
        first=fmt.period(periods[0].label, locale),
        last=fmt.period(periods[-1].label, locale),
        low=shown(min(values)),
        high=shown(max(values)),
        latest=shown(values[-1]),
        events=LABEL_EVENTS.in_(locale).format(events=fmt.words(names, locale)) if names else "",
    )


def _within(when: date, periods: tuple[Period, ...]) -> bool:
    return periods[0].start <= when < periods[-1].end


def _key(data: ReportData) -> str:
    """What the marks mean, and the events with their days."""
    locale = data.locale
    marks = [
        ('<path d="M0 6H22" class="k-line"/>', KEY_VALUE.in_(locale)),
        (
            '<rect y="1" width="22" height="10" class="k-band"/>',
            KEY_BAND.in_(locale).format(level=data.settings.confidence),
        ),
        ('<path d="M0 6H22" class="k-target"/>', KEY_TARGET.in_(locale)),
        ('<path d="M0 6H22" class="k-open"/><circle cx="11" cy="6" r="3.2" class="k-hollow"/>', KEY_OPEN.in_(locale)),
        ('<circle cx="11" cy="6" r="3.2" class="k-few"/>', KEY_FEW.in_(locale)),
    ]
    comma = "，" if locale == "zh" else ", "
    for when, name, called in _shown_events(data):
        letter = "" if called == name else f'<text x="16" y="10">{called}</text>'
        rule = f'<path d="M11 0V12" class="k-event"/>{letter}'
        marks.append((rule, f"{name}{comma}{fmt.day(when, locale, short=True)}"))
    items = (
        f'<li><svg viewBox="0 0 22 12" width="22" height="12" aria-hidden="true">{mark}</svg>{escape(words)}</li>'
        for mark, words in marks
    )
    return f'<ul class="legend">{"".join(items)}</ul>'
