"""What happened, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal, NamedTuple

from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, icon, section, triangle
from cpm_core.report.history import totals
from cpm_core.report.inputs import ReportData
from cpm_core.report.rows import UNMEASURED, Row, read_rows, sign

if TYPE_CHECKING:
    import pandas as pd

Topic = Literal["incomplete", "targets", "changes", "unmeasured"]
MOST = 8
"""Changes that are told; more are counted."""

_OPEN, _CLOSE = "\x02", "\x03"  # around a KPI's name: bold in HTML, gone in plain text

TITLE = Text(en="What happened", zh="本期概览")
TOPICS: dict[Topic, Text] = {
    "incomplete": Text(en="Read first", zh="请先留意"),
    "targets": Text(en="Targets", zh="目标"),
    "changes": Text(en="More than noise", zh="显著变化"),
    "unmeasured": Text(en="Not measured", zh="未能得出"),
}

ALL_INCOMPLETE = Text(
    en="{period} is not complete: {reason}. Its figures are provisional and not compared with other periods.",
    zh="{period}数据尚不完整：{reason}。本期数字为暂定值，不与其他期间比较。",
)
SOME_INCOMPLETE = Text(
    en="Provisional in {period}, and so not compared: {items}.",
    zh="{period}以下指标为暂定值，不作比较：{items}。",
)
MET_ALL = Text(en="All {total} targets are met: {items}.", zh="{total}项目标全部达成：{items}。")
MET_BOTH = Text(en="Both targets are met: {items}.", zh="两项目标均已达成：{items}。")
MET_ONLY = Text(en="The one target is met: {items}.", zh="唯一的目标已达成：{items}。")
MET_SOME = Text(en="Met, {met} of {total}: {items}.", zh="达成（{total}项中的{met}项）：{items}。")
MET_NONE = Text(en="None of the {total} targets is met.", zh="{total}项目标均未达成。")
MET_NEITHER = Text(en="Neither target is met.", zh="两项目标均未达成。")
MISSED = Text(en="Missed: {items}.", zh="未达成：{items}。")
CLOSE = Text(en="Too close to call: {items}.", zh="尚难判定：{items}。")
UNJUDGED = Text(en="Not judged: {items}.", zh="未作评判：{items}。")
AGAINST = Text(en="{kpi}, {value} against {target}", zh="{kpi}为{value}（目标{target}）")
AGAINST_INTERVAL = Text(
    en="{kpi}, {value} ({interval}) against {target}", zh="{kpi}为{value}（区间{interval}，目标{target}）"
)
WITH_REASON = Text(en="{kpi} ({reason})", zh="{kpi}（{reason}）")

MOVED = Text(en="{verb} {change} from {period}", zh="较{period}{verb}{change}")
TO = Text(en="{kpi} {moves}, to {value}", zh="{kpi}{moves}，至{value}")
STANDS = Text(en="{kpi}: {value}", zh="{kpi}为{value}")
AND, BUT = Text(en=" and ", zh="、"), Text(en=" but ", zh="，但")
ROSE, FELL = Text(en="rose", zh="上升"), Text(en="fell", zh="下降")
SIGNALS = {
    "above": Text(en=", above the range of its own history", zh="，高于自身历史波动范围"),
    "below": Text(en=", below the range of its own history", zh="，低于自身历史波动范围"),
    "run above": Text(en=", above its usual level for eight periods or more", zh="，已连续八期以上高于往常水平"),
    "run below": Text(en=", below its usual level for eight periods or more", zh="，已连续八期以上低于往常水平"),
}
YEAR_SIGNALS = {
    "above": Text(en=", above the usual range of its yearly change", zh="，同比变化高于正常范围"),
    "below": Text(en=", below the usual range of its yearly change", zh="，同比变化低于正常范围"),
    "run above": Text(
        en=", its yearly change above the usual for eight periods or more",
        zh="，同比变化已连续八期以上高于往常",
    ),
    "run below": Text(
        en=", its yearly change below the usual for eight periods or more",
        zh="，同比变化已连续八期以上低于往常",
    ),
}
LESS = {
    "above": Text(en=", a smaller yearly fall than usual", zh="，同比降幅小于往常"),
    "below": Text(en=", a smaller yearly rise than usual", zh="，同比升幅小于往常"),
}
"""Of a yearly change that goes the other way than its signal."""
MOODS = {
    "good": Text(en=" (better)", zh="（向好）"),
    "bad": Text(en=" (worse)", zh="（转差）"),
    "flat": Text(en="", zh=""),
}
STOP = Text(en=".", zh="。")
ONE_MORE = Text(en="1 more stands out; the scorecard marks it.", zh="另有1项显著变化，见记分卡标注。")
MORE = Text(en="{count} more stand out; the scorecard marks them.", zh="另有{count}项显著变化，见记分卡标注。")
QUIET = Text(en="No change is larger than noise.", zh="各项变化均在正常波动之内。")
NOT_MEASURED = Text(en="Could not be measured: {items}.", zh="以下指标无法得出：{items}。")
FEW = Text(en="Too few rows to judge: {items}.", zh="样本过少，不作评判：{items}。")


@dataclass(frozen=True)
class Sentence:
    """One sentence of the headline."""

    topic: Topic
    text: str
    html: str
    mark: str = ""
    """`met`, `missed`, `close`, or where a change went and how that is: `up good`, `down bad`, …"""


def sentences(data: ReportData) -> tuple[Sentence, ...]:
    """What a reader should know: what is provisional, targets, changes, what could not be measured."""
    rows, speak = read_rows(data), _Speaker(data)
    unmeasured = _unmeasured(rows, gaps(rows, totals(data)), speak)
    return (*_incomplete(rows, speak), *_targets(rows, speak), *_changes(rows, speak), *unmeasured)


def gaps(rows: Sequence[Row], facts: pd.DataFrame) -> list[Row]:
    """The figures that are missing as news: not those that were undefined in the period before too.

    A share of those known for 90 days has nothing to divide by in every latest month; the scorecard says why.

    Args:
        rows: The scorecard's.
        facts: Those of no slice.
    """
    facts = facts[facts["state"] == "undefined"]
    undefined = set(zip(facts["kpi"], facts["period"], strict=True))
    usual = {row.kpi for row in rows if row.state == "undefined" and (row.kpi, row.previous_period) in undefined}
    return [row for row in rows if row.state in UNMEASURED and row.kpi not in usual]


def render(data: ReportData) -> Fragment:
    """The headline as a section: a sentence that sums up, then the sentences by topic."""
    told = sentences(data)
    rows = read_rows(data)
    lead = summary(rows, len(gaps(rows, totals(data))), data.locale)
    blocks = []
    for topic, title in TOPICS.items():
        items = [f"<li>{_symbol(one.mark)}<span>{one.html}</span></li>" for one in told if one.topic == topic]
        if items:
            label = escape(title.in_(data.locale))
            blocks.append(f'<div class="topic {topic}"><h3>{label}</h3><ul>{"".join(items)}</ul></div>')
    body = f'<p class="lede">{escape(lead)}</p>{"".join(blocks)}'
    return section("headline", TITLE.in_(data.locale), body, data.locale, "\n".join([lead, *(s.text for s in told)]))


def summary(rows: Sequence[Row], missing: int, locale: Locale) -> str:
    """The report in one sentence of counts; ``missing`` figures could not be measured."""
    judged = [row.status for row in rows if row.status]
    out = sum(row.stands_out for row in rows)
    told = [_judged(judged, locale)] if judged else []
    if locale == "zh":
        told.append(f"{out}项指标出现显著变化" if out else "各项变化均在正常波动之内")
        told += [f"{missing}项指标未能得出"] * bool(missing)
        return "；".join(told) + "。"
    told.append(f"{_many(out, 'figure') if out else 'no figure'} moved by more than noise")
    told += [f"{_many(missing, 'figure')} could not be measured"] * bool(missing)
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}."


def _judged(statuses: Sequence[str], locale: Locale) -> str:
    """`3 of 7 targets met, 2 missed, 2 too close to call`."""
    met, missed, close = (statuses.count(one) for one in ("met", "missed", "close"))
    if locale == "zh":
        parts = [f"达成{met}项", *[f"未达成{missed}项"] * bool(missed), *[f"尚难判定{close}项"] * bool(close)]
        return f"{len(statuses)}项目标中{'，'.join(parts)}"
    parts = [f"{met} of {_many(len(statuses), 'target')} met"]
    parts += [f"{missed} missed"] * bool(missed) + [f"{close} too close to call"] * bool(close)
    return ", ".join(parts)


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


class _Speaker:
    """Fills templates in the report's language."""

    def __init__(self, data: ReportData) -> None:
        self.locale, self.currency = data.locale, data.currency
        label = fmt.period(data.period.label, data.locale)
        self.period = label[0].upper() + label[1:]

    def say(self, topic: Topic, template: Text, mark: str = "", **values: object) -> Sentence:
        """A sentence; names that `name` has marked are bold in its HTML."""
        words = self.fill(template, **values)
        plain = words.replace(_OPEN, "").replace(_CLOSE, "")
        return Sentence(topic, plain, escape(words).replace(_OPEN, "<strong>").replace(_CLOSE, "</strong>"), mark)

    def fill(self, template: Text, **values: object) -> str:
        return template.in_(self.locale).format(**values)

    def name(self, row: Row) -> str:
        return f"{_OPEN}{row.title}{_CLOSE}"

    def names(self, rows: Iterable[Row]) -> str:
        return fmt.words([self.name(row) for row in rows], self.locale)

    def value(self, row: Row) -> str:
        return row.shown(row.value, self.locale, self.currency)

    def lines(self, items: Iterable[str]) -> str:
        return ("；" if self.locale == "zh" else "; ").join(items)

    def by_reason(self, rows: Iterable[Row], why: Callable[[Row], str]) -> str:
        """`A and B (reason); C (another)`."""
        groups: dict[str, list[Row]] = {}
        for row in rows:
            groups.setdefault(why(row).strip().rstrip(".。"), []).append(row)
        return self.lines(
            self.fill(WITH_REASON, kpi=self.names(group), reason=reason) if reason else self.names(group)
            for reason, group in groups.items()
        )

    def against(self, row: Row) -> str:
        """A figure beside its target, with its interval where that straddles the target."""
        goal = fmt.target(row.target_low, row.target_high, row.unit, self.locale, self.currency, words=True)
        span = fmt.interval(row.low, row.high, row.unit, self.locale, self.currency)
        template = AGAINST_INTERVAL if row.status == "close" and span else AGAINST
        return self.fill(template, kpi=self.name(row), value=self.value(row), interval=span, target=goal)


def _incomplete(rows: Sequence[Row], speak: _Speaker) -> list[Sentence]:
    measured = [row for row in rows if row.measured]
    open_ = [row for row in measured if not row.complete]
    reasons = {row.complete_reason.strip().rstrip(".。") for row in open_}
    if not open_:
        return []
    if len(open_) == len(measured) and len(reasons) == 1:
        return [speak.say("incomplete", ALL_INCOMPLETE, period=speak.period, reason=reasons.pop())]
    items = speak.by_reason(open_, lambda row: row.complete_reason)
    return [speak.say("incomplete", SOME_INCOMPLETE, period=speak.period, items=items)]


def _targets(rows: Sequence[Row], speak: _Speaker) -> list[Sentence]:
    aimed = [row for row in rows if row.has_target]
    met, missed, close = ([row for row in aimed if row.status == one] for one in ("met", "missed", "close"))
    total = len(met) + len(missed) + len(close)
    told = []
    if missed:
        told.append(speak.say("targets", MISSED, "missed", items=speak.lines(speak.against(row) for row in missed)))
    if close:
        told.append(speak.say("targets", CLOSE, "close", items=speak.lines(speak.against(row) for row in close)))
    if met:
        template = MET_SOME if len(met) < total else {1: MET_ONLY, 2: MET_BOTH}.get(total, MET_ALL)
        told.append(speak.say("targets", template, "met", met=len(met), total=total, items=speak.names(met)))
    elif total > 1:
        told.append(speak.say("targets", MET_NEITHER if total == 2 else MET_NONE, total=total))
    unjudged = [row for row in aimed if not row.status]
    if unjudged:
        told.append(speak.say("targets", UNJUDGED, items=speak.by_reason(unjudged, lambda row: row.why_not)))
    return told


def _changes(rows: Sequence[Row], speak: _Speaker) -> list[Sentence]:
    out = [row for row in rows if row.stands_out]
    if not out:
        compared = any(row.measured and (fmt.is_number(row.change) or fmt.is_number(row.year_change)) for row in rows)
        return [speak.say("changes", QUIET)] if compared else []
    # What got worse is read first; within that, the scorecard's order.
    out.sort(key=lambda row: min(("bad", "good", "flat").index(row.mood(way)) for way in row.ways))
    told = [_change(row, speak) for row in out[:MOST]]
    if len(out) > MOST:
        told.append(speak.say("changes", MORE if len(out) > MOST + 1 else ONE_MORE, count=len(out) - MOST))
    return told


class _Move(NamedTuple):
    """A change that a sentence names; ``judged`` if it is more than noise by itself."""

    size: float
    base: float
    period: str
    judged: bool


def _moves(row: Row) -> list[_Move]:
    """What is significant, and what a signal was seen in or agrees with."""
    on_year = bool(row.signal_way) and row.signal_basis == "year"
    on_level = bool(row.signal_way) and not on_year and not row.year_way and sign(row.change) == row.signal_way
    found = []
    if row.change_way or on_level:
        found.append(_Move(row.change, row.previous, row.previous_period, bool(row.change_way)))
    if row.year_way or (on_year and fmt.is_number(row.year_change)):
        found.append(_Move(row.year_change, row.year_ago, row.year_period, bool(row.year_way)))
    return found


def _change(row: Row, speak: _Speaker) -> Sentence:
    moods = {row.mood(way) for way in row.ways}
    mixed = len(moods) > 1  # then each part says how it is, else the sentence does at its end
    moves = _moves(row)
    value = speak.value(row)
    if moves:
        words = speak.fill(TO, kpi=speak.name(row), moves=_told(row, moves, mixed, speak), value=value)
    else:
        words = speak.fill(STANDS, kpi=speak.name(row), value=value)
    if row.signal_way:
        words += speak.fill(_signal(row))
    if row.signal_way or not mixed:
        words += speak.fill(MOODS[row.mood(row.signal_way or row.ways[0])])
    way = sign(moves[0].size) if moves else row.ways[0]
    mark = f"{'up' if way > 0 else 'down'} {'flat' if mixed else moods.pop()}"
    return speak.say("changes", Text(en="{words}", zh="{words}"), mark, words=words + speak.fill(STOP))


def _signal(row: Row) -> Text:
    if row.signal_basis == "year" and row.signal in LESS and sign(row.year_change) == -row.signal_way:
        return LESS[row.signal]
    return (YEAR_SIGNALS if row.signal_basis == "year" else SIGNALS)[row.signal]


def _told(row: Row, moves: Sequence[_Move], mixed: bool, speak: _Speaker) -> str:
    """`rose 3.4 percentage points from October 2011 and 1.2 percentage points from November 2010`."""
    parts: list[str] = []
    for move in moves:
        size = fmt.change(abs(move.size), move.base, row.unit, speak.locale, speak.currency).lstrip("+")
        verb = speak.fill(ROSE if move.size > 0 else FELL)
        if parts and speak.locale == "en" and sign(moves[0].size) == sign(move.size):
            verb = ""
        size, period = size.replace(" pp", " percentage points"), fmt.period(move.period, speak.locale)
        told = speak.fill(MOVED, verb=verb, change=size, period=period).strip()
        parts.append(told + (speak.fill(MOODS[row.mood(sign(move.size))]) if mixed and move.judged else ""))
    same = len({sign(move.size) for move in moves}) == 1
    return speak.fill(AND if same else BUT).join(parts)


def _unmeasured(rows: Sequence[Row], missing: Sequence[Row], speak: _Speaker) -> list[Sentence]:
    told = []
    if missing:
        told.append(speak.say("unmeasured", NOT_MEASURED, items=speak.by_reason(missing, lambda row: row.reason)))
    few = [row for row in rows if row.state == "few"]
    if few:
        why = Text(en="{n} of them", zh="{n}条")
        items = speak.by_reason(few, lambda row: row.reason or speak.fill(why, n=fmt.count(row.n)))
        told.append(speak.say("unmeasured", FEW, items=items))
    return told


def _symbol(mark: str) -> str:
    if mark in ("met", "missed", "close"):
        return icon(mark)
    way, _, mood = mark.partition(" ")
    return f'<span class="mark {mood}">{triangle(way == "up")}</span>' if mood else '<span class="mark"></span>'
