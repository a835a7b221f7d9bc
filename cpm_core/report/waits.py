"""How long it takes, by member: shares done within so many hours, as a section."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.measure.waits import columns, waits
from cpm_core.model.errors import MeasureError
from cpm_core.model.kpi import Kpi
from cpm_core.model.periods import Period
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.slices import BY, TOTAL, member_title, slice_title
from cpm_core.report.table import table

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.tables.derive import Catalog

SPANS = (1.0, 4.0, 8.0, 24.0)
"""Hours that shares are told for."""
MOST = 12
"""Members that a page takes, those with most rows."""

TITLE = Text(en="How long: {kpi}", zh="用时分布：{kpi}")
INTRO = Text(en="{by}, {period}", zh="{period}，{by}")
MEMBER = Text(en="Member", zh="成员")
ROWS = Text(en="Rows", zh="样本数")
DONE = Text(en="Done", zh="已完成")
WITHIN = Text(en="Within {hours:g} h", zh="{hours:g}小时内")
HALF = Text(en="Half within", zh="半数用时")
NINE_TENTHS = Text(en="Nine in ten within", zh="九成用时")
KEY = Text(
    en="Shares by Kaplan and Meier: rows still waiting count for as long as they have waited. Hours are those of the "
    "workbook's calendar. A dash: nobody has been watched for so long, or not so many are done yet.",
    zh="比例按 Kaplan–Meier 法估计：仍在等待者按已等待的时长计入。小时数按本工作簿的日历计算。“–”表示尚无足够长的观察，或完成者尚未达到该比例。",
)
MORE = Text(en="{count} more members have fewer rows.", zh="另有{count}个成员样本更少，未列出。")
NOT_SPLIT = Text(
    en="Not split by {slice}: no such column is delivered, or the rows do not lead to it.",
    zh="未能按{slice}拆分：没有提供该字段，或这些数据无法关联到它。",
)
NOTHING = Text(en="No rows in this period.", zh="本期没有数据。")
UNMEASURED = Text(en="Not measured: {reason}.", zh="未能计算：{reason}。")


@dataclass(frozen=True, eq=False, repr=False)
class Waits:
    """The spread behind a median; shows itself as a section.

    Attributes:
        kpi: Whose times they are.
        period: Of the rows.
        slice: What they are split by; empty: the total alone.
        within: Hours that shares are told for.
        frame: See `cpm_core.measure.waits.waits`.
        note: Why it could not be split as asked, or measured at all; empty if it could.
    """

    kpi: Kpi
    period: Period
    slice: str
    within: tuple[float, ...]
    frame: pd.DataFrame
    locale: Locale
    note: str = ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.fragment()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return self.fragment().text

    def fragment(self) -> Fragment:
        """The section."""
        locale, title = self.locale, TITLE.in_(self.locale).format(kpi=_whole(self.kpi.title.in_(self.locale)))
        when = fmt.period(self.period.label, locale)
        by = BY.in_(locale).format(slice=slice_title(self.slice, locale)) if self.slice else ""
        intro = INTRO.in_(locale).format(by=by, period=when) if by else when
        notes = [self.note] if self.note else []
        if self.frame.empty:
            body = _lines([*notes, *([] if notes else [NOTHING.in_(locale)])])
        else:
            members = self.frame[self.frame["member"] != ""].sort_values(["n", "member"], ascending=[False, True])
            if len(members) > MOST:
                notes.append(MORE.in_(locale).format(count=len(members) - MOST))
            body = self._table(members.head(MOST)) + _lines([*notes, KEY.in_(locale)])
        name = f"waits-{self.kpi.id}".replace("_", "-")
        return section(name, title, f'<p class="intro">{escape(intro)}</p>{body}', locale, self._text())

    def _table(self, members: pd.DataFrame) -> str:
        locale = self.locale
        member = slice_title(self.slice, locale) if self.slice else MEMBER.in_(locale)
        heads = [("member", member[0].upper() + member[1:])]
        heads += [("n", ROWS.in_(locale)), ("events", DONE.in_(locale))]
        heads += [(f"w{place}", WITHIN.in_(locale).format(hours=hours)) for place, hours in enumerate(self.within)]
        heads += [("half", HALF.in_(locale)), ("nine", NINE_TENTHS.in_(locale))]
        total = self.frame[self.frame["member"] == ""]
        rows = [self._row(row) for one in (total, members) for row in one.to_dict("records")]
        return table(f"waits-{self.kpi.id}", heads, rows).replace("gt_table", "gt_table t-slice t-waits", 1)

    def _row(self, row: dict[Any, Any]) -> list[str]:
        name = member_title(self.slice, row["member"], self.locale) if row["member"] else TOTAL.in_(self.locale)
        cells = [f'<span class="name">{escape(name)}</span>', fmt.count(row["n"]), fmt.count(row["events"])]
        for hours in self.within:
            share = row[f"within_{hours:g}"]
            bar = f'<i class="bar" style="width:{share * 100:.0f}%"></i>' if fmt.is_number(share) else ""
            cells.append(f'<span class="num">{escape(fmt.value(share, "percent", self.locale))}</span>{bar}')
        return [*cells, *(escape(fmt.value(row[name], self.kpi.unit, self.locale)) for name in ("half", "nine_tenths"))]

    def _text(self) -> str:
        if self.frame.empty:
            return self.note or NOTHING.in_(self.locale)
        return f"{self.note}\n{self.frame.to_string(index=False)}".lstrip()


def waits_of(book: Any, catalog: Catalog, kpi: str, slice_name: str, period: Period) -> Waits:
    """The spread of one KPI of a workbook; what cannot be had is told in words, so that a page stands without it."""
    import pandas as pd

    def asked(name: str) -> pd.DataFrame:
        return waits(kpi, book.compiled, catalog, period, name, SPANS, book.settings)

    item, frame, note = book.compiled[kpi].kpi, pd.DataFrame(columns=columns(SPANS)), ""
    shown = slice_name
    missing = book.compiled[kpi].missing
    try:
        if missing:
            note = UNMEASURED.format(reason=missing).in_(book.locale)
        else:
            frame = asked(slice_name)
    except MeasureError:
        if not slice_name:
            raise
        note = NOT_SPLIT.in_(book.locale).format(slice=slice_title(slice_name, book.locale))
        shown, frame = "", asked("")
    return Waits(item, period, shown, SPANS, frame, book.locale, note)


def _whole(title: str) -> str:
    """A KPI's title without the figure that it takes of the spread, which stands in brackets at its end."""
    return re.sub(r"\s*[(（][^()（）]*[)）]$", "", title)


def _lines(told: list[str]) -> str:
    return "".join(f'<p class="key">{escape(words)}</p>' for words in told)
