"""Cohorts to look at: a sentence and a heat map, as a section."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.customers.cohorts import cohorts, summary
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, section

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.report.cohort_chart import Heat
    from cpm_core.tables.derive import Catalog

TITLES = {
    "customers": Text(en="Cohorts: who buys again", zh="同期群：客户复购"),
    "revenue": Text(en="Cohorts: revenue that stays", zh="同期群：净销售额留存"),
}
_FIRST = {
    "customers": Text(
        en="{share} of customers bought in month {age} after that of their first order",
        zh="{share}的客户在首购后第{age}个月再次购买",
    ),
    "revenue": Text(
        en="{share} of the first month's revenue came in again in month {age} after it",
        zh="首购后第{age}个月的净销售额为首月的{share}",
    ),
}
_NEXT = Text(en="{share} in month {age}", zh="第{age}个月为{share}")
UNITS = {
    "customers": Text(
        en="Numbers are percent of the cohort's customers with a sale in the month.",
        zh="数字为当月有购买的客户占该同期群客户数的百分比。",
    ),
    "revenue": Text(
        en="Numbers are percent of the cohort's revenue in its first month; returns are included.",
        zh="数字为当月净销售额（含退货）占该同期群首月净销售额的百分比。",
    ),
}
KEY_TOGETHER = Text(
    en="“Together” weighs each cohort by its first month, and counts those alone that have reached the month.",
    zh="“合计”按各同期群首月规模加权，仅计入已达到该月的同期群。",
)
KEY_CENSORED = Text(
    en="† {cohort}: the data begin here, so that earlier orders cannot be excluded; left out of “Together”.",
    zh="† {cohort}：数据自该月开始，无法排除此前已有购买；不计入“合计”。",
)
KEY_BEGUN = Text(
    en="Dashed: {month} is not over, or not delivered to its end; what there is so far, counted nowhere.",
    zh="虚线框：{month}尚未结束或数据尚未完整，仅列出目前数值，不参与任何计算。",
)
MORE = Text(en="The {count} cohorts before these are in the frame.", zh="更早的{count}个同期群见数据框。")
NOTHING = Text(en="No sales.", zh="没有销售记录。")
LEAD = Text(en="{parts}.", zh="{parts}。")
AGES = (1, 3, 6, 12)
"""Months that the sentence tells, as far as there are cohorts."""


@dataclass(frozen=True, eq=False, repr=False)
class Cohorts:
    """Customers or revenue by month of first order; shows itself as a section.

    Attributes:
        of: `customers` or `revenue`.
        frame: One row a cohort and age; see `cpm_core.customers.cohorts.COLUMNS`.
        summary: One row an age, all cohorts together; see `cpm_core.customers.cohorts.SUMMARY`.
    """

    of: str
    frame: pd.DataFrame
    summary: pd.DataFrame
    locale: Locale
    currency: str = ""

    def triangle(self, column: str = "value") -> pd.DataFrame:
        """One row a cohort, one column an age: `value`, `share` or `so_far`; null where the month is not over."""
        return self.frame.pivot_table(index="cohort", columns="age", values=column, dropna=False)

    def chart(self) -> Heat:
        """The heat map, for a notebook."""
        from cpm_core.report.cohort_chart import chart

        return chart(self.frame, self.summary, self.of, self.locale, self.currency)

    def fragment(self) -> Fragment:
        """The section."""
        title = TITLES[self.of].in_(self.locale)
        name = f"cohorts-{self.of}"
        if self.frame.empty:
            words = NOTHING.in_(self.locale)
            return section(name, title, f"<p>{escape(words)}</p>", self.locale, words)
        from cpm_core.report.cohort_chart import svg

        lead = self._lead()
        image = svg(self.frame, self.summary, self.of, self.locale, self.currency, lead or title)
        keys = "".join(f'<p class="key">{escape(words)}</p>' for words in self._keys())
        intro = f'<p class="intro">{escape(lead)}</p>' if lead else ""
        body = f'{intro}<div class="scroll" tabindex="0"><figure class="heat">{image}</figure></div>{keys}'
        return section(name, title, body, self.locale, f"{lead}\n{self._text()}".lstrip())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.fragment()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return self.fragment().text

    def _lead(self) -> str:
        """What the cohorts together have come to, at a few ages."""
        told = self.summary[self.summary["age"].isin(AGES) & self.summary["share"].notna()].to_dict("records")
        parts: list[str] = []
        for one in told:
            words = _NEXT if parts else _FIRST[self.of]
            share = fmt.value(one["share"], "percent", self.locale)
            parts.append(words.in_(self.locale).format(share=share, age=one["age"]))
        return LEAD.in_(self.locale).format(parts=("，" if self.locale == "zh" else ", ").join(parts)) if parts else ""

    def _keys(self) -> list[str]:
        from cpm_core.report.cohort_chart import MOST

        locale, names = self.locale, sorted(self.frame["cohort"].unique())
        begun = self.frame[self.frame["so_far"].notna()]["period"]
        told = [UNITS[self.of].in_(locale), KEY_TOGETHER.in_(locale)]
        if len(names) <= MOST:
            told.append(KEY_CENSORED.in_(locale).format(cohort=fmt.period(names[0], locale)))
        if len(begun):
            told.append(
                KEY_BEGUN.in_(locale).format(
                    month=fmt.words([fmt.period(one, locale) for one in sorted(set(begun))], locale)
                )
            )
        if len(names) > MOST:
            told.append(MORE.in_(locale).format(count=len(names) - MOST))
        return told

    def _text(self) -> str:
        shares = (self.triangle("share") * 100).round(1)
        return str(shares.to_string(na_rep=""))


def cohorts_of(book: Any, catalog: Catalog, of: str) -> Cohorts:
    """The cohorts of a workbook.

    Raises:
        MeasureError: There are no orders.
        UsageError: There are no cohorts of that.
    """
    frame = cohorts(catalog, of)
    return Cohorts(of, frame, summary(frame), book.locale, book.params.currency)
