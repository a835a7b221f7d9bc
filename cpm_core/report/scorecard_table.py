"""The scorecard: each KPI's figure, target, changes and history on one line."""

from __future__ import annotations

from html import escape

from cpm_core.model.kpi import CHAPTERS, Kpi
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report import provided
from cpm_core.report.beside import Beside, conventions
from cpm_core.report.fragment import Fragment, Notes, icon, section, triangle
from cpm_core.report.history import histories
from cpm_core.report.inputs import ReportData
from cpm_core.report.rows import Row, read_rows
from cpm_core.report.sparkline import Point, sparkline
from cpm_core.report.table import table

TITLE = Text(en="Scorecard", zh="记分卡")
MEASURE = Text(en="Measure", zh="指标")
TARGET = Text(en="Target", zh="目标")
ON = Text(en="Change from {period}", zh="较{period}")
PREVIOUS = Text(en="Change from the period before", zh="较上期")
YEAR = Text(en="Change from the year before", zh="较上年同期")
TREND = Text(en="Last {count} periods", zh="最近{count}期")
FROM = Text(en="from {value}", zh="上期{value}")
YEAR_FROM = Text(en="from {value}", zh="同期{value}")
SHARE = Text(en="{part} of {whole}", zh="{whole}中的{part}")
NUMBER = Text(en="n = {n}", zh="样本数{n}")
PROVISIONAL = Text(en="provisional", zh="暂定值")
NO_TARGET = Text(en="no target", zh="未设目标")
NOT_JUDGED = Text(en="not judged", zh="未评判")
STATUS = {
    "met": Text(en="met", zh="达成"),
    "missed": Text(en="missed", zh="未达成"),
    "close": Text(en="too close to call", zh="尚难判定"),
}
MOODS = {
    "good": Text(en="better", zh="向好"),
    "bad": Text(en="worse", zh="转差"),
    "flat": Text(en="changed", zh="有变"),
}
SIGNAL = {
    "good": Text(en="signal: better", zh="信号：向好"),
    "bad": Text(en="signal: worse", zh="信号：转差"),
    "flat": Text(en="signal", zh="信号"),
}
STATES = {
    "ok": Text(en="ok", zh="正常"),
    "no data": Text(en="no data", zh="无数据"),
    "undefined": Text(en="undefined", zh="无法计算"),
    "failed": Text(en="failed", zh="计算失败"),
    "blocked": Text(en="blocked", zh="受阻"),
    "few": Text(en="few rows", zh="样本过少"),
}
SPARK_LABEL = Text(
    en="{kpi} over {count} periods, lowest {low}, highest {high}", zh="{kpi}近{count}期走势，最低{low}，最高{high}"
)
KEY = Text(
    en="Small figures are {level:.0%} intervals. A change in colour, with “better” or “worse”, is more than noise; "
    "a signal is a figure or a change on the year outside the range of its own history. All others may be chance or "
    "season. Hollow points are incomplete periods.",
    zh="小字为{level:.0%}置信区间。带颜色并注明“向好”或“转差”的变化超出正常波动；“信号”指数值或同比变化超出自身历史波动范围。"
    "其余变化可能只是偶然或季节所致。空心点为不完整的期间。",
)


def render(data: ReportData) -> Fragment:
    """The scorecard as a section."""
    locale, notes = data.locale, Notes("scorecard")
    kpis = {kpi.id: kpi for kpi in data.kpis}
    told = Beside(data.beside, data.facts, locale, data.currency)
    lines = [_Line(data, row, kpis.get(row.kpi), notes, told) for row in read_rows(data)]
    heads = _heads(data, [line.row for line in lines])
    points = histories(data)
    body = [line.cells(points.get(line.row.kpi, ())) for line in lines]
    groups = [_group(line.kpi, locale) for line in lines]
    html = table("scorecard", heads, body, groups if len(set(groups)) > 1 else None)
    key = KEY.in_(locale).format(level=data.settings.confidence)
    html += f'<p class="key">{escape(key)}</p>{notes.html()}'
    return section("scorecard", TITLE.in_(locale), html, locale, "\n".join(line.text for line in lines))


def _group(kpi: Kpi | None, locale: Locale) -> str:
    return (kpi.chapter if kpi else CHAPTERS["other"]).in_(locale)


def _heads(data: ReportData, rows: list[Row]) -> list[tuple[str, str]]:
    locale = data.locale

    def versus(labels: set[str], otherwise: Text) -> str:
        one = labels.pop() if len(labels) == 1 else ""
        return ON.in_(locale).format(period=fmt.period(one, locale, short=True)) if one else otherwise.in_(locale)

    return [
        ("measure", MEASURE.in_(locale)),
        ("value", fmt.period(data.period.label, locale)),
        ("target", TARGET.in_(locale)),
        ("previous", versus({row.previous_period for row in rows if row.previous_period}, PREVIOUS)),
        ("year", versus({row.year_period for row in rows if row.year_period}, YEAR)),
        ("trend", TREND.in_(locale).format(count=data.settings.history)),
    ]


class _Line:
    """The cells of one KPI."""

    def __init__(self, data: ReportData, row: Row, kpi: Kpi | None, notes: Notes, told: Beside) -> None:
        self.row, self.kpi, self.notes = row, kpi, notes
        self._told = told.sentence(kpi, row.period) if kpi else ""
        self._says = conventions(kpi, data.settings, data.locale) if kpi else ""
        self._locale, self._currency, self._history = data.locale, data.currency, data.settings.history

    def cells(self, points: tuple[Point, ...]) -> list[str]:
        row = self.row
        return [
            self._name(),
            self._value(),
            self._target(),
            self._change(row.change, row.previous, row.change_reason, row.change_way, FROM, year=False),
            self._change(row.year_change, row.year_ago, row.year_reason, row.year_way, YEAR_FROM, year=True),
            self._spark(points),
        ]

    @property
    def text(self) -> str:
        row = self.row
        status = STATUS[row.status].in_(self._locale) if row.status else ""
        change = fmt.change(row.change, row.previous, row.unit, self._locale, self._currency)
        parts = (row.title, self._shown(row.value), change, status, self._says, self._told, row.reason)
        return "  ".join(part for part in parts if part)

    def _say(self, text: Text, **values: object) -> str:
        return escape(text.in_(self._locale).format(**values))

    def _shown(self, figure: float) -> str:
        return self.row.shown(figure, self._locale, self._currency)

    def _name(self) -> str:
        subs = (self._basis(), escape(self._says), escape(self._told))
        named = provided.name(self.row.title, self.row.provider, self.row.version, self._locale)
        return named + "".join(map(_sub, subs))

    def _basis(self) -> str:
        row = self.row
        # Of a ratio of amounts the parts are no rows, however whole their numbers are.
        if row.unit == "percent" and row.denominator == row.n and row.numerator.is_integer():
            return self._say(SHARE, part=fmt.count(row.numerator), whole=fmt.count(row.denominator))
        return self._say(NUMBER, n=fmt.count(row.n)) if fmt.is_number(row.low) and fmt.is_number(row.n) else ""

    def _value(self) -> str:
        row = self.row
        if not row.measured:
            state = self._say(STATES[row.state]) if row.state in STATES else ""
            why = ("：" if self._locale == "zh" else ": ").join(part for part in (state, escape(row.reason)) if part)
            return f'<span class="figure none">{fmt.DASH}</span>{_sub(why)}'
        few = row.state == "few"
        subs = [escape(fmt.interval(row.low, row.high, row.unit, self._locale, self._currency))]
        if few:
            subs.append(self._say(STATES["few"]) + self.notes.mark(row.reason))
        if not row.complete:
            subs.append(f'<span class="hollow"></span>{self._say(PROVISIONAL)}{self.notes.mark(row.complete_reason)}')
        grey = " few" if few else ""
        # What a sound figure tells aside, such as how many rows are not due yet.
        aside = "" if few or not row.complete else self.notes.mark(row.reason)
        return f'<span class="figure{grey}">{escape(self._shown(row.value))}{aside}</span>' + "".join(map(_sub, subs))

    def _target(self) -> str:
        row = self.row
        if not row.has_target:
            return f'<span class="none untargeted">{fmt.DASH} {self._say(NO_TARGET)}</span>'
        goal = escape(fmt.target(row.target_low, row.target_high, row.unit, self._locale, self._currency))
        if row.status not in STATUS:
            return f"<span>{goal}</span>{_sub(self._say(NOT_JUDGED) + self.notes.mark(row.why_not))}"
        word = self._say(STATUS[row.status])
        return f'<span>{goal}</span><span class="status {row.status}">{icon(row.status)}{word}</span>'

    def _change(self, move: float, base: float, why: str, way: int, from_: Text, *, year: bool) -> str:
        """A change with the figure it is on, and what is more than noise about it."""
        row = self.row
        signal = self._signal() if row.signal_way and (row.signal_basis == "year") == year else ""
        if not (row.measured and fmt.is_number(move)):
            return f'<span class="none">{fmt.DASH}{self.notes.mark(why or row.why_not)}</span>{signal}'
        size = escape(fmt.change(move, base, row.unit, self._locale, self._currency))
        arrow = triangle(move > 0) if any(digit in "123456789" for digit in size) else ""
        sub = _sub(self._say(from_, value=self._shown(base)))
        if not way:
            return f'<span class="change">{arrow}{size}</span>{signal}{sub}'
        mood = row.mood(way)
        word = f'<span class="mood {mood}">{self._say(MOODS[mood])}</span>'
        return f'<span class="change {mood}">{arrow}{size}</span>{word}{signal}{sub}'

    def _signal(self) -> str:
        """What the chart of its own history says, where that was seen."""
        row = self.row
        mood = row.mood(row.signal_way)
        word = self._say(SIGNAL[mood])
        return f'<span class="signal {mood}">{triangle(row.signal_way > 0)}{word}{self.notes.mark(row.signal_reason)}</span>'

    def _spark(self, points: tuple[Point, ...]) -> str:
        if not points:
            return f'<span class="none">{fmt.DASH}</span>'
        row = self.row
        values = [point.value for point in points]
        label = self._say(
            SPARK_LABEL, kpi=row.title, count=len(points), low=self._shown(min(values)), high=self._shown(max(values))
        )
        goals = [goal for goal in (row.target_low, row.target_high) if fmt.is_number(goal)]
        return sparkline(points, self._history, label, goals[0] if goals else None)


def _sub(words: str) -> str:
    return f'<span class="sub">{words}</span>' if words else ""
