"""Concentration to look at: a sentence, the Lorenz curve, and whose loss would hurt most."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.customers.concentration import Spread, concentration
from cpm_core.model.rules import STAGE_TITLES, TIER_TITLES
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.table import table

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.report.lorenz_chart import Lorenz
    from cpm_core.tables.derive import Catalog

MOST = 10
"""Customers that the page names; twenty are in the frame."""
TITLE = {
    "revenue": Text(en="Concentration of revenue", zh="净销售额集中度"),
    "gross_sales": Text(en="Concentration of gross sales", zh="销售总额集中度"),
}
SPAN = Text(en="{first} to {last}", zh="{first}至{last}")
ALL_TIME = Text(en="until {last}", zh="截至{last}")
LEAD = Text(
    en="{span}: {customers} customers brought {total}. The largest {share} of them, {top}, hold {held}; "
    "the largest alone holds {first}.",
    zh="{span}：{customers}位客户共贡献{total}。其中最大的{share}（{top}位）占{held}，最大的一位占{first}。",
)
TOP = Text(en="Largest", zh="最大的")
CUSTOMERS, VALUE, HELD = Text(en="Customers", zh="客户数"), Text(en="Amount", zh="金额"), Text(en="Share", zh="占比")
HURT = Text(en="Whose loss would hurt most", zh="流失影响最大的客户")
CUSTOMER, TIER, STAGE = Text(en="Customer", zh="客户"), Text(en="Tier", zh="等级"), Text(en="Stage", zh="生命周期阶段")
OF_ALL, OF_TIER = Text(en="Of all", zh="占全部"), Text(en="Of its tier", zh="占本等级")
KEY = Text(
    en="Customers above zero alone are counted; equal ones are in order of their id.",
    zh="仅统计金额为正的客户；金额相同者按客户编号排序。",
)
NOTHING = Text(en="No customer is above zero.", zh="没有金额为正的客户。")


@dataclass(frozen=True, eq=False, repr=False)
class ConcentrationView:
    """How unequally customers bring revenue; shows itself as a section.

    Attributes:
        spread: The figures.
    """

    spread: Spread
    locale: Locale
    currency: str = ""

    @property
    def frame(self) -> pd.DataFrame:
        """The Lorenz curve: the smallest `customers` (a share) hold `held` of the total."""
        return self.spread.curve.copy()

    @property
    def tops(self) -> pd.DataFrame:
        """One row a top share: `share`, `customers`, `value`, `held`."""
        return self.spread.tops.copy()

    @property
    def largest(self) -> pd.DataFrame:
        """The largest customers: `customer_id`, `value`, `share` of all, and `tier`, `share_of_tier`, `stage`."""
        return self.spread.largest.copy()

    @property
    def gini(self) -> float:
        """The Gini coefficient."""
        return self.spread.gini

    def chart(self) -> Lorenz:
        """The Lorenz curve, for a notebook."""
        from cpm_core.report.lorenz_chart import chart

        return chart(self.spread, self.locale)

    def fragment(self) -> Fragment:
        """The section."""
        locale, title = self.locale, TITLE[self.spread.of].in_(self.locale)
        if not self.spread.customers:
            words = NOTHING.in_(locale)
            return section("concentration", title, f"<p>{escape(words)}</p>", locale, words)
        from cpm_core.report.lorenz_chart import svg

        lead = self._lead()
        body = (
            f'<p class="intro">{escape(lead)}</p><div class="lorenz"><figure>{svg(self.spread, locale, lead)}</figure>'
            f"<div>{self._tops()}</div></div><h3>{escape(HURT.in_(locale))}</h3>{self._largest()}"
            f'<p class="key">{escape(KEY.in_(locale))}</p>'
        )
        return section(
            "concentration", title, body, locale, f"{lead}\n{self.largest.head(MOST).to_string(index=False)}"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.fragment()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return self.fragment().text

    def _money(self, amount: float) -> str:
        return fmt.value(amount, "money", self.locale, self.currency)

    def _percent(self, share: float) -> str:
        return fmt.value(share, "percent", self.locale)

    def _lead(self) -> str:
        one, locale = self.spread, self.locale
        last = fmt.day(one.last_day, locale)
        first = fmt.day(one.first_day, locale) if one.first_day else ""
        span = SPAN.in_(locale).format(first=first, last=last) if first else ALL_TIME.in_(locale).format(last=last)
        fifth = one.tops[one.tops["share"] == 0.2].iloc[0]
        return LEAD.in_(locale).format(
            span=span[0].upper() + span[1:],
            customers=fmt.count(one.customers),
            total=self._money(one.total),
            share=_round(fifth["share"]),
            top=fmt.count(fifth["customers"]),
            held=self._percent(fifth["held"]),
            first=self._percent(one.largest["share"].iloc[0]),
        )

    def _tops(self) -> str:
        heads = [("top", TOP), ("customers", CUSTOMERS), ("value", VALUE), ("held", HELD)]
        rows = [
            [
                _round(one["share"]),
                fmt.count(one["customers"]),
                escape(self._money(one["value"])),
                self._percent(one["held"]),
            ]
            for one in self.spread.tops.to_dict("records")
        ]
        return table("tops", [(name, words.in_(self.locale)) for name, words in heads], rows)

    def _largest(self) -> str:
        """A column is there where customers have what it tells."""
        largest, locale = self.spread.largest, self.locale
        heads = [("customer", CUSTOMER), ("value", VALUE), ("share", OF_ALL)]
        heads += [("tier", TIER), ("of_tier", OF_TIER)] if "tier" in largest else []
        heads += [("stage", STAGE)] if "stage" in largest else []
        rows = []
        for one in largest.head(MOST).to_dict("records"):
            cells = [f'<span class="name">{escape(str(one["customer_id"]))}</span>', escape(self._money(one["value"]))]
            cells.append(self._percent(one["share"]))
            if "tier" in one:
                cells += [escape(_titled(one["tier"], TIER_TITLES, locale)), self._percent(one["share_of_tier"])]
            if "stage" in one:
                cells.append(escape(_titled(one["stage"], STAGE_TITLES, locale)))
            rows.append(cells)
        return table("largest", [(name, words.in_(locale)) for name, words in heads], rows)


def _round(share: float) -> str:
    return f"{share:.0%}"


def _titled(label: Any, titles: Any, locale: Locale) -> str:
    return titles[label].in_(locale) if label in titles else fmt.DASH


def concentration_of(book: Any, catalog: Catalog, days: int | None, of: str) -> ConcentrationView:
    """The concentration of a workbook.

    Raises:
        MeasureError: There are no orders.
        UsageError: The number of days is not above zero, or there is no such measure.
    """
    spread = concentration(catalog, days, of, book.customers())
    return ConcentrationView(spread, book.locale, book.params.currency)
