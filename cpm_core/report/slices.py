"""Slices: the as-of period's figures side by side for the biggest members."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.model.facts import NEW_MEMBER, NO_MEMBER
from cpm_core.model.kpi import Kpi
from cpm_core.model.rules import STAGE_TITLES, TIER_TITLES
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report import provided
from cpm_core.report.beside import Beside
from cpm_core.report.fragment import Fragment, Notes, icon, section
from cpm_core.report.inputs import ReportData
from cpm_core.report.quality import TABLES
from cpm_core.report.scorecard_table import STATUS
from cpm_core.report.table import table

if TYPE_CHECKING:
    import pandas as pd

MOST = 8
"""Members that have a column of their own: as many as an A4 page takes."""

TITLE = Text(en="Slices", zh="分组对比")
BY = Text(en="By {slice}", zh="按{slice}")
MEASURE = Text(en="Measure", zh="指标")
TOTAL = Text(en="Total", zh="合计")
BIGGEST = Text(
    en="The {shown} biggest of {all} members by {kpi}, in {period}.",
    zh="{period}，按{kpi}排序最大的{shown}个（共{all}个）。",
)
EVERY = Text(
    en="All {all} members, biggest first by {kpi}, in {period}.", zh="{period}，全部{all}个，按{kpi}从大到小。"
)
HELD = {
    "tier": Text(
        en="By the tier that customers held on the day before {period}; customers who came later are New.",
        zh="按{period}开始前一天的客户等级；当时尚未建档的客户归入“新客户”。",
    ),
    "stage": Text(
        en="By the stage that customers were in on the day before {period}; customers who came later are New.",
        zh="按{period}开始前一天的生命周期阶段；当时尚未建档的客户归入“新客户”。",
    ),
}
OTHERS = Text(
    en="Others: {count} members ({names}). All are in workbook.xlsx.",
    zh="其他{count}个：{names}。完整数据见 workbook.xlsx。",
)
OTHERS_ONE = Text(
    en="Others: 1 member ({names}). All are in workbook.xlsx.", zh="其他1个：{names}。完整数据见 workbook.xlsx。"
)
AND_MORE = Text(en="{names} and {count} more", zh="{names}等")
NOT_SPLIT = Text(en="Not split by {slice}: {kpis}.", zh="无法按{slice}拆分：{kpis}。")
OVERLAP = Text(
    en="Members overlap, so that together they are more than the total: {kpis}.",
    zh="各成员之间有重叠，相加大于合计：{kpis}。",
)
KEY = Text(en="Bars compare members within a row.", zh="条形仅用于同一行内比较。")
KEY_TARGET = Text(
    en="Members are held against the target of the total (amounts and counts only in total), or their own if it is told.",
    zh="各成员按合计的目标评判（金额与数量只评判合计）；另有目标的成员以所注目标为准。",
)
GOAL = Text(en="target {goal}", zh="目标{goal}")
KEY_FEW = Text(
    en="Grey with °: fewer than {n} rows, so not to be judged by.", zh="灰色并带°：样本不足{n}条，不宜据此判断。"
)
ABSENT = Text(en="no rows of this member", zh="该成员没有数据")
EMPTY = Text(en="No figures by {slice} for this period.", zh="本期没有按{slice}拆分的数据。")
NAMES = {
    "region": Text(en="region", zh="地区"),
    "district": Text(en="district", zh="片区"),
    "segment": Text(en="segment", zh="客户细分"),
    "industry": Text(en="industry", zh="行业"),
    "channel": Text(en="channel", zh="渠道"),
    "category": Text(en="category", zh="品类"),
    "tier": Text(en="tier", zh="客户等级"),
    "stage": Text(en="lifecycle stage", zh="生命周期阶段"),
    "kind": Text(en="kind", zh="类型"),
    "priority": Text(en="priority", zh="优先级"),
    "team": Text(en="team", zh="团队"),
    "service_team": Text(en="service team", zh="客服团队"),
    "sales_team": Text(en="sales team", zh="销售团队"),
    "agent": Text(en="agent", zh="客服人员"),
    "owner": Text(en="owner", zh="负责人"),
    "campaign": Text(en="campaign", zh="营销活动"),
    "touchpoint": Text(en="touchpoint", zh="触点"),
    "plan": Text(en="plan", zh="套餐"),
}
NONE = Text(en="(none)", zh="（无）")
NEW = Text(en="New", zh="新客户")
LABELS = {"tier": {**TIER_TITLES, NEW_MEMBER: NEW}, "stage": STAGE_TITLES}
"""The members of labels that customers held before a period, in their order."""


def slice_title(name: str, locale: Locale) -> str:
    """A slice's name in words: `orders.channel` is a channel of orders."""
    table_, _, column = name.rpartition(".")
    words = NAMES[column].in_(locale) if column in NAMES else column.replace("_", " ")
    if not table_:
        return words
    of = TABLES[table_].in_(locale) if table_ in TABLES else table_
    return f"{words}（{of}）" if locale == "zh" else f"{words} ({of.lower()})"


def member_title(name: str, member: str, locale: Locale) -> str:
    """A member's name; labels that the product itself gives are translated."""
    if member == NO_MEMBER:
        return NONE.in_(locale)
    return LABELS[name][member].in_(locale) if member in LABELS.get(name, ()) else member


def render(data: ReportData) -> Fragment:
    """One table a slice, as a section."""
    now = data.facts[data.facts["period"] == data.period.label]
    told = Beside(data.beside, now, data.locale, data.currency)
    parts = [_Slice.of(data, name, now, told) for name in data.slices]
    body = _key(data, now) + "".join(part.html() for part in parts)
    text = "\n".join(f"{slice_title(part.name, data.locale)}: {', '.join(part.members)}" for part in parts)
    return section("slices", TITLE.in_(data.locale), body, data.locale, text)


def _key(data: ReportData, now: pd.DataFrame) -> str:
    """What bars and grey figures mean, once for all tables."""
    members = now[now["slice"].isin(data.slices)]
    if members.empty:
        return ""
    few = bool((members["state"] == "few").any())
    goals = data.targets is not None and bool((data.targets["slice"] != "").any())
    told = [
        KEY.in_(data.locale),
        *[KEY_TARGET.in_(data.locale)] * goals,
        *[KEY_FEW.in_(data.locale).format(n=data.settings.min_n)] * few,
    ]
    return f'<p class="key">{escape(("" if data.locale == "zh" else " ").join(told))}</p>'


@dataclass(frozen=True)
class _Slice:
    data: ReportData
    name: str
    cells: dict[tuple[str, str], dict[Any, Any]]
    """Facts by KPI and member; the total's member is empty."""
    members: tuple[str, ...]
    by: Kpi | None
    goals: dict[tuple[str, str], tuple[float, float, str]]
    """Ends and status of the targets by KPI and member."""
    told: Beside

    @classmethod
    def of(cls, data: ReportData, name: str, now: pd.DataFrame, told: Beside) -> _Slice:
        columns = ["kpi", "slice", "member", "value", "denominator", "n", "state", "reason"]
        facts = now.loc[now["slice"].fillna("").isin(["", name]), columns].to_dict("records")
        cells = {(str(fact["kpi"]), str(fact["member"] or "")): fact for fact in facts}
        split = {kpi for kpi, member in cells if member}
        by = next((kpi for kpi in data.kpis if kpi.id in split and kpi.unit in ("money", "count")), None)
        by = by or next((kpi for kpi in data.kpis if kpi.id in split), None)

        def size(member: str) -> tuple[bool, float, str]:
            fact = cells.get((by.id, member), {}) if by else {}
            figure = fmt.number(fact.get("value" if by and by.unit in ("money", "count") else "n"))
            return (math.isnan(figure), 0.0 if math.isnan(figure) else -figure, member)

        order = list(LABELS.get(name, ()))
        members = sorted({member for _, member in cells if member}, key=size)
        members.sort(key=lambda member: order.index(member) if member in order else len(order))
        return cls(data, name, cells, tuple(members), by, _goals(data, name), told)

    def html(self) -> str:
        locale, title = self.data.locale, slice_title(self.name, self.data.locale)
        head = f"<h3>{escape(BY.in_(locale).format(slice=title))}</h3>"
        split = [kpi for kpi in self.data.kpis if self._is_split(kpi)]
        if not split or self.by is None:
            return f"{head}<p>{escape(EMPTY.in_(locale).format(slice=title))}</p>"
        notes = Notes(f"slice-{_plain(self.name)}")
        shown = self.members[:MOST]
        heads = [("measure", MEASURE.in_(locale)), ("total", TOTAL.in_(locale))]
        heads += [(f"m{index}", member_title(self.name, member, locale)) for index, member in enumerate(shown)]
        rows = [self._row(kpi, shown, notes) for kpi in split]
        chapters = [kpi.chapter.in_(locale) for kpi in split]
        groups = chapters if len(set(chapters)) > 1 else None
        grid = table(f"slice-{_plain(self.name)}", heads, rows, groups).replace("gt_table", "gt_table t-slice", 1)
        return f'<div class="slice">{head}{self._intro()}{grid}{self._below(split)}{notes.html()}</div>'

    def _is_split(self, kpi: Kpi) -> bool:
        """Whether any member has a say in it: rows that all lack the slice split nothing."""
        cells = {member: self.cells.get((kpi.id, member)) for member in self.members}
        known = [member for member, fact in cells.items() if fact and fmt.is_number(fact["value"])]
        return known != [NO_MEMBER] and any(cells.values())

    def _intro(self) -> str:
        locale, by = self.data.locale, self.by
        if self.name in LABELS and set(self.members) <= {*LABELS[self.name], NO_MEMBER}:
            words = HELD[self.name].in_(locale).format(period=fmt.period(self.data.period.label, locale))
            return f'<p class="intro">{escape(words)}</p>'
        template = BIGGEST if len(self.members) > MOST else EVERY
        words = template.in_(locale).format(
            shown=MOST,
            all=len(self.members),
            kpi=by.title.in_(locale) if by else "",
            period=fmt.period(self.data.period.label, locale),
        )
        return f'<p class="intro">{escape(words)}</p>'

    def _below(self, split: list[Kpi]) -> str:
        locale, told = self.data.locale, []
        others = [member_title(self.name, member, locale) for member in self.members[MOST:]]
        if others:
            names = (
                fmt.words(others, locale)
                if len(others) <= 40
                else AND_MORE.in_(locale).format(names=", ".join(others[:40]), count=len(others) - 40)
            )
            told.append((OTHERS_ONE if len(others) == 1 else OTHERS).in_(locale).format(count=len(others), names=names))
        missing = [kpi.title.in_(locale) for kpi in self.data.kpis if kpi not in split]
        if missing:
            title = slice_title(self.name, locale)
            told.append(NOT_SPLIT.in_(locale).format(slice=title, kpis=fmt.words(missing, locale)))
        overlap = [kpi.title.in_(locale) for kpi in split if self._overlaps(kpi)]
        if overlap:
            told.append(OVERLAP.in_(locale).format(kpis=fmt.words(overlap, locale)))
        return "".join(f'<p class="key">{escape(words)}</p>' for words in told)

    def _overlaps(self, kpi: Kpi) -> bool:
        """Whether one thing counted for several members: then these add up to more than the total of a count."""
        total = self.cells.get((kpi.id, ""), {})
        counted = kpi.unit == "count" and kpi.table is not None and math.isnan(fmt.number(total.get("denominator")))
        parts = [fmt.number(self.cells.get((kpi.id, member), {}).get("value")) for member in self.members]
        return counted and sum(part for part in parts if not math.isnan(part)) > fmt.number(total.get("value")) + 0.5

    def _row(self, kpi: Kpi, shown: tuple[str, ...], notes: Notes) -> list[str]:
        facts = [self.cells.get((kpi.id, member)) for member in shown]
        values = [abs(float(fact["value"])) for fact in facts if fact and fmt.is_number(fact["value"])]
        most = max(values, default=0.0)
        total = self._cell(kpi, self.cells.get((kpi.id, "")), 0.0, notes) + self._status(kpi, "")
        beside = "".join(_sub(one.title.in_(self.data.locale)) for one in self.told.of(kpi))
        who = self.data.providers.get(kpi.id, ("", ""))
        name = f"{provided.name(kpi.title.in_(self.data.locale), *who, self.data.locale)}{self._goal(kpi, '')}{beside}"
        cells = (self._cell(kpi, fact, most, notes) for fact in facts)
        told = [cell + self._status(kpi, member) for member, cell in zip(shown, cells, strict=True)]
        members = ("", *shown)
        return [name, *(cell + self._beside(kpi, one) for cell, one in zip([total, *told], members, strict=True))]

    def _beside(self, kpi: Kpi, member: str) -> str:
        """What is told beside a figure, by the names under the measure's."""
        place = (self.data.period.label, self.name if member else "", member)
        return "".join(_sub(self.told.value(one.id, *place)) for one in self.told.of(kpi))

    def _status(self, kpi: Kpi, member: str) -> str:
        """Whether a member meets its target, with the target where it is another than the total's."""
        low, high, status = self.goals.get((kpi.id, member), (math.nan, math.nan, ""))
        if status not in STATUS:
            return ""
        word = escape(STATUS[status].in_(self.data.locale))
        of_all = self.goals.get((kpi.id, ""), ("", "", ""))[:2]
        own = "" if not member or str((low, high)) == str(of_all) else self._goal(kpi, member)
        return f'<span class="status {status}">{icon(status)}{word}</span>{own}'

    def _goal(self, kpi: Kpi, member: str) -> str:
        low, high, _ = self.goals.get((kpi.id, member), (math.nan, math.nan, ""))
        words = fmt.target(low, high, kpi.unit, self.data.locale, self.data.currency)
        return _sub(GOAL.in_(self.data.locale).format(goal=words)) if words else ""

    def _cell(self, kpi: Kpi, fact: dict[Any, Any] | None, most: float, notes: Notes) -> str:
        fact = fact or {}
        number = fmt.number(fact.get("value"))
        if math.isnan(number):
            return f'<span class="none">{fmt.DASH}{notes.mark(str(fact.get("reason") or ABSENT.in_(self.data.locale)))}</span>'
        few = fact["state"] == "few"
        words = escape(fmt.value(number, kpi.unit, self.data.locale, self.data.currency)) + ("°" if few else "")
        share = abs(number) / most if most else 0.0
        side = " below" if number < 0 else ""
        bar = f'<i class="bar{side}" style="width:{share * 100:.0f}%"></i>' if most else ""
        return f'<span class="{"few" if few else "num"}">{words}</span>{bar}'


def _sub(words: str) -> str:
    return f'<span class="sub">{escape(words)}</span>'


def _goals(data: ReportData, name: str) -> dict[tuple[str, str], tuple[float, float, str]]:
    """The as-of period's targets of the total and of one slice's members."""
    if data.targets is None:
        return {}
    mine = data.targets[(data.targets["period"] == data.period.label) & data.targets["slice"].isin(["", name])]
    rows = mine[["kpi", "member", "target_low", "target_high", "status"]].itertuples(index=False, name=None)
    return {(kpi, member): (low, high, status) for kpi, member, low, high, status in rows}


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)
