"""Why a figure moved, in words of both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpm_core.model.kpi import Kpi
from cpm_core.model.text import LOCALES, Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.slices import member_title, slice_title
from cpm_core.scorecard.explained import Explained
from cpm_core.scorecard.factors import factor_of

MOVED = Text(
    en="{kpi} {verb} from {before} in {then} to {after} in {now} ({change}).",
    zh="{kpi}由{then}的{before}{verb}至{now}的{after}（{change}）。",
)
ROSE, FELL = Text(en="rose", zh="升"), Text(en="fell", zh="降")
STAYED = Text(en="{kpi} was {after} in {now}, as in {then}.", zh="{kpi}在{then}与{now}均为{after}。")
NOISE: Mapping[str, Text] = {
    "test": Text(
        en="That is within noise: the interval of the change, {interval}, holds zero.",
        zh="这一变化在随机波动之内：变化的置信区间（{interval}）包含零。",
    ),
    "level": Text(
        en="That is within noise: {now} lies in the range of its own history.",
        zh="这一变化在正常波动之内：{now}的数值仍处于自身历史波动范围。",
    ),
    "season": Text(
        en="That may be the season: the change of {now} on the year before lies in its usual range.",
        zh="这可能只是季节性变化：{now}的同比变化处于正常范围。",
    ),
    "year": Text(
        en="That is within noise: the change of {now} on the year before lies in its usual range.",
        zh="这一变化在正常波动之内：{now}的同比变化仍处于正常范围。",
    ),
}
MIX = Text(
    en="What moved it is the mix by {slice}, {mix}; within the members it moved by {rate}.",
    zh="主要来自{slice}的结构变化：{mix}；各成员自身的变化为{rate}。",
)
RATE = Text(
    en="What moved it are the members’ own figures by {slice}, {rate}; the changed mix brought {mix}.",
    zh="按{slice}看，主要来自各成员自身的变化：{rate}；结构变化为{mix}。",
)
MOST_BOTH = Text(
    en="{member} moved it most: {part} (mix {mix}, own figure {rate}).",
    zh="影响最大的是{member}：{part}（结构{mix}，自身{rate}）。",
)
STANDS_OUT = Text(
    en="Even so, by {slice}, {member} stands out: {part} (mix {mix}, own figure {rate}).",
    zh="但按{slice}看，{member}明显突出：{part}（结构{mix}，自身{rate}）。",
)
LARGEST_BOTH = Text(
    en="By {slice}, the largest part is that of {member}: {part} (mix {mix}, own figure {rate}).",
    zh="按{slice}看，贡献最大的是{member}：{part}（结构{mix}，自身{rate}）。",
)
MOST = Text(
    en="By {slice}, {member} moved it most: {part}{share}.", zh="按{slice}看，影响最大的是{member}：{part}{share}。"
)
FACTOR = Text(
    en="Of its factors, {member} moved it most: {part}{share}.", zh="各因素中影响最大的是{member}：{part}{share}。"
)
SHARE = Text(en=" ({share} of the change)", zh="（占变化的{share}）")
AGAINST = Text(en=" (against the change)", zh="（与总体变化方向相反）")
NOBODY = Text(
    en="No member stands out from its share of the change by more than chance.",
    zh="没有哪个成员的变化超出其应占份额的随机波动。",
)
SEARCHED = Text(
    en="Of {count} slices tried, this slice explains most.", zh="共尝试{count}个维度，其中该维度的解释力最强。"
)
NONE_OF = Text(
    en="Of {count} slices tried, none explains it beyond chance; this one comes nearest.",
    zh="共尝试{count}个维度，均不足以解释超出随机波动的部分，其中该维度最为接近。",
)
ONLY = Text(en="It is the only slice at hand.", zh="这是唯一可用的维度。")
LEFT_OUT_ONE = Text(en="1 more is at hand, and was not tried.", zh="另有1个可用维度未尝试。")
LEFT_OUT = Text(en="{count} more are at hand, and were not tried.", zh="另有{count}个可用维度未尝试。")
EVENTS = Text(en="Events from {then} to {now}: {events}.", zh="{then}至{now}期间的事件：{events}。")
EVENT = Text(en="{text} ({day})", zh="{text}（{day}）")
REST = Text(en="1 − {kpi}", zh="1 − {kpi}")


class Speaker:
    """The words for one explained change in one language.

    Args:
        told: The change.
        factors: The KPIs that a product is made of.
        locale: The language.
        currency: ISO 4217 code of money.
    """

    def __init__(self, told: Explained, factors: Mapping[str, Kpi], locale: Locale, currency: str) -> None:
        self.told, self.factors, self.locale, self.currency = told, factors, locale, currency
        self.then = fmt.period(told.compared.then.label, locale)
        self.now = fmt.period(told.compared.now.label, locale)
        self.slice = slice_title(told.slice, locale) if told.slice else ""

    def value(self, figure: Any) -> str:
        """A figure of the KPI."""
        return fmt.value(figure, self.told.kpi.unit, self.locale, self.currency)

    def amount(self, part: Any) -> str:
        """A part of the change, with its sign, in the KPI's unit."""
        return fmt.change(part, None, self.told.kpi.unit, self.locale, self.currency)

    def name(self, member: str) -> str:
        """A member of the slice, or a factor."""
        if self.told.kind != "factors":
            return member_title(self.told.slice, member, self.locale)
        kpi, rest = factor_of(member)
        title = self.factors[kpi].title.in_(self.locale)
        return self.say(REST, kpi=title) if rest else title

    def quoted(self, member: str) -> str:
        """A member in a sentence: set apart, as its name may be any word."""
        name = self.name(member)
        return name if self.told.kind == "factors" else f"“{name}”"

    def member_value(self, member: str, figure: Any) -> str:
        """A member's figure; a factor's is in its own unit."""
        if self.told.kind != "factors":
            return self.value(figure)
        kpi = self.factors[factor_of(member)[0]]
        return fmt.value(figure, kpi.unit, self.locale, self.currency)

    def say(self, template: Text, /, **values: object) -> str:
        """A template, filled."""
        return template.in_(self.locale).format(**values)

    def lead(self) -> str:
        """What moved from where to where."""
        told = self.told
        words = {"kpi": told.kpi.title.in_(self.locale), "then": self.then, "now": self.now}
        ends = {"before": self.value(told.before), "after": self.value(told.after)}
        if not _moves(self.amount(told.change)):
            return self.say(STAYED, **words, **ends)
        verb = (ROSE if told.change > 0 else FELL).in_(self.locale)
        change = fmt.change(told.change, told.before, told.kpi.unit, self.locale, self.currency)
        return self.say(MOVED, **words, **ends, verb=verb, change=change)

    def noise(self) -> str:
        """That the change is within noise, if it is."""
        compared = self.told.compared
        if not compared.noise:
            return ""
        ends = (self.amount(compared.change.low), self.amount(compared.change.high))
        between = Text(en=" to ", zh="至").in_(self.locale)
        return self.say(NOISE[compared.basis], interval=between.join(ends), now=self.now)

    def cause(self) -> list[str]:
        """What moved it: mix or rate, the member that did most, and how sure that is."""
        told, frame = self.told, self.told.frame
        if frame.empty:
            return []
        first = frame.iloc[0]
        words = {name: self.amount(first[name]) for name in ("part", "mix", "rate")}
        if not _moves(words["part"]):
            return []
        words |= {"member": self.quoted(str(first["member"])), "slice": self.slice}
        if told.kind == "factors":
            return [self.say(FACTOR, **words, share=self._share(float(first["share"])))]
        if told.kind == "sum":
            found = [self.say(MOST, **words, share=self._share(float(first["share"])))]
        elif told.stands_out and not told.compared.noise:
            sides = self._mix_or_rate(float(frame["mix"].sum()), float(frame["rate"].sum()))
            found = [sides, self.say(MOST_BOTH, **words)]
        else:
            found = [self.say(STANDS_OUT if first["significant"] else LARGEST_BOTH, **words)]
        return found if told.stands_out else [*found, self.say(NOBODY)]

    def _mix_or_rate(self, mix: float, rate: float) -> str:
        template = MIX if abs(mix) > abs(rate) else RATE
        return self.say(template, slice=self.slice, mix=self.amount(mix), rate=self.amount(rate))

    def _share(self, share: float) -> str:
        """The share of the change; none of a change that is next to nothing."""
        if not abs(share) < 10:
            return ""
        return self.say(SHARE, share=f"{share:.0%}") if share > 0 else self.say(AGAINST)

    def searched(self) -> str:
        """How many slices were tried, if they were."""
        if not self.told.searched:
            return ""
        count, rest = len(self.told.tried), self.told.left_out
        template = ONLY if count == 1 else SEARCHED if self.told.stands_out else NONE_OF
        more = self.say(LEFT_OUT_ONE if rest == 1 else LEFT_OUT, count=rest) if rest else ""
        return self.join([self.say(template, count=count), more])

    def events(self) -> str:
        """What happened in the two periods and between them."""
        if not self.told.events:
            return ""
        each = [
            self.say(EVENT, text=text.in_(self.locale), day=fmt.day(day, self.locale)) for day, text in self.told.events
        ]
        between = "；" if self.locale == "zh" else "; "
        return self.say(EVENTS, then=self.then, now=self.now, events=between.join(each))

    def join(self, sentences: list[str]) -> str:
        """Sentences one after another."""
        return ("" if self.locale == "zh" else " ").join(one for one in sentences if one)

    def all(self) -> str:
        """Everything in a row."""
        return self.join([self.lead(), self.noise(), *self.cause(), self.searched(), self.events()])


def _moves(amount: str) -> bool:
    """Whether an amount, as it is written, is more than nothing."""
    return any(digit in "123456789" for digit in amount)


def told(explained: Explained, factors: Mapping[str, Kpi], currency: str) -> Text:
    """The change and what moved it, in both languages."""
    words = {locale: Speaker(explained, factors, locale, currency).all() for locale in LOCALES}
    return Text(en=words["en"], zh=words["zh"])
