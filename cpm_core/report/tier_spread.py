"""How the value behind tiers is spread, and where they are cut: as the params say, or as they might."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.customers.tier_spread import TierSpread
from cpm_core.customers.tier_summary import ADDED_UP
from cpm_core.customers.written import written
from cpm_core.model.profile import Told
from cpm_core.model.rules import TIER_TITLES
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.table import table
from cpm_core.report.tier_chart import SHADES

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.report.tier_chart import Histogram

TITLE = Text(en="Where tiers are cut", zh="等级划分界线")
TITLE_IF = Text(en="What if: {said}", zh="假设：{said}")
LEAD = Text(
    en="{customers} customers have a positive value; half of them have less than {median}.",
    zh="{customers}位客户的数值为正，其中一半低于{median}。",
)
NOBODY = Text(en="No customer has a positive value.", zh="没有客户的数值为正。")
KEY = Text(
    en="A tier starts at its solid line; who held it stays down to the dashed one.",
    zh="实线为等级门槛；已处于该等级者保留至虚线处。",
)
TIER, CUSTOMERS = Text(en="Tier", zh="等级"), Text(en="Customers", zh="客户数")
HELD, CUT = Text(en="Share of the sum", zh="合计占比"), Text(en="Cut", zh="划分标准")
OF_REVENUE = Text(en="Share of revenue", zh="净销售额占比")


@dataclass(frozen=True, eq=False, repr=False)
class TierSpreadView:
    """The spread of the value behind tiers; shows itself as a section.

    Attributes:
        spread: Customers by class of value.
        tiers: One row a tier, as ``book.tiers()`` gives it.
        told: The value in words.
        margin: The share below a tier's start down to which who held it stays.
        locale: The language.
        currency: Of money.
        other: What differs from the params.
    """

    spread: TierSpread
    tiers: pd.DataFrame
    told: Told
    margin: float
    locale: Locale
    currency: str = ""
    other: Mapping[str, Any] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        """The classes: `low`, `high`, `tier`, `customers`."""
        return self.spread.classes.copy()

    def chart(self) -> Histogram:
        """The histogram, for a notebook."""
        from cpm_core.report.tier_chart import chart

        return chart(self.spread, self._starts(), self.margin, self.told, self.locale, self.currency)

    def fragment(self) -> Fragment:
        """The section."""
        from cpm_core.report.tier_chart import svg

        locale, title = self.locale, self._title()
        if not self.spread.customers:
            words = NOBODY.in_(locale)
            return section(self._name("tier-spread"), title, f"<p>{escape(words)}</p>", locale, words)
        median = written(self.spread.median, self.told.unit, self.currency, locale)
        lead = LEAD.in_(locale).format(customers=fmt.count(self.spread.customers), median=median)
        drawn = svg(self.spread, self._starts(), self.margin, self.told, locale, self.currency, lead)
        key = f'<p class="key">{escape(KEY.in_(locale))}</p>' if self.margin else ""
        body = (
            f'<p class="intro">{escape(lead)}</p><div class="lorenz"><figure>{drawn}</figure>'
            f"<div>{self._table()}{key}</div></div>"
        )
        rows = (f"{row['tier']}  {fmt.count(row['customers'])}  {row['cut']}" for row in self._rows())
        return section(self._name("tier-spread"), title, body, locale, "\n".join([lead, *rows]))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.fragment()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return self.fragment().text

    def _name(self, name: str) -> str:
        """Ids are unique on a page that shows both what is and what might be."""
        return f"{name}-if" if self.other else name

    def _title(self) -> str:
        if not self.other:
            return TITLE.in_(self.locale)
        colon, comma, stop = ("：", "、", "；") if self.locale == "zh" else (" ", ", ", "; ")
        said = stop.join(f"{name}{colon}{_said(value, comma)}" for name, value in self.other.items())
        return TITLE_IF.in_(self.locale).format(said=said)

    def _starts(self) -> dict[str, float]:
        return {TIER_TITLES[row["tier"]].in_(self.locale): row["start"] for row in self._rows()}

    def _rows(self) -> list[dict[Any, Any]]:
        return self.tiers.to_dict("records")

    def _table(self) -> str:
        held_of = HELD if self.told.unit in ADDED_UP else OF_REVENUE
        heads = [("tier", TIER), ("customers", CUSTOMERS), ("held", held_of), ("cut", CUT)]
        rows = []
        for row, shade in zip(self._rows(), SHADES, strict=True):
            name = escape(TIER_TITLES[row["tier"]].in_(self.locale))
            swatch = f'<span class="swatch" style="background:{shade}"></span><span class="name">{name}</span>'
            held = fmt.value(row["value_share"], "percent", self.locale)
            rows.append([swatch, fmt.count(row["customers"]), held, escape(str(row["cut"]))])
        return table(self._name("tier-cuts"), [(name, words.in_(self.locale)) for name, words in heads], rows)


def _said(value: Any, comma: str) -> str:
    return comma.join(f"{key} {one}" for key, one in value.items()) if isinstance(value, Mapping) else str(value)
