"""Tiers: how many customers each has, and how much of the revenue is theirs."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

from cpm_core.model.rules import TIER_TITLES
from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report import palette
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.inputs import ReportData
from cpm_core.report.svg import to_svg
from cpm_core.report.table import table

TITLE = Text(en="Customer tiers", zh="客户等级")
TIER = Text(en="Tier", zh="等级")
CUT = Text(en="Cut", zh="划分标准")
CUSTOMERS = Text(en="Customers", zh="客户数")
VALUE = Text(en="Revenue, trailing year", zh="近一年净销售额")
REASON = Text(en="For example", zh="举例")
SHARE_CUSTOMERS = Text(en="{share} of customers", zh="占客户{share}")
SHARE_VALUE = Text(en="{share} of revenue", zh="占净销售额{share}")
BAR_CUSTOMERS, BAR_VALUE = Text(en="Customers", zh="客户"), Text(en="Revenue", zh="净销售额")
NONE = Text(en="No customer has been sorted into tiers.", zh="没有客户被划入等级。")
LEAD = Text(
    en="{tier} customers are {customers} of all customers and bring {value} of revenue.",
    zh="{tier}占全部客户的{customers}，贡献净销售额的{value}。",
)
SHADES = (palette.BLUE, palette.SKY, "#c9cdd2")
"""From the highest tier down; names and shares stand beside the colour."""
WIDTH = 310
MARGINS = {"left": 62, "right": 1, "top": 1, "bottom": 1}
LETTER = {"en": 5.9, "zh": 7.6}
"""How wide a letter on a bar is, about."""


def render(data: ReportData) -> Fragment:
    """The tiers as a section: a sentence, two bars, a table."""
    locale = data.locale
    rows = [] if data.tiers is None else data.tiers.to_dict("records")
    if not rows:
        return section("tiers", TITLE.in_(locale), f"<p>{escape(NONE.in_(locale))}</p>", locale, NONE.in_(locale))
    top = rows[0]
    lead = LEAD.in_(locale).format(
        tier=tier_title(top["tier"], data),
        customers=_percent(top["customers_share"]),
        value=_percent(top["value_share"]),
    )
    heads = [
        ("tier", TIER.in_(locale)),
        ("customers", CUSTOMERS.in_(locale)),
        ("value", VALUE.in_(locale)),
        ("cut", CUT.in_(locale)),
        ("reason", REASON.in_(locale)),
    ]
    grid = table("tiers", heads, [_cells(row, index, data) for index, row in enumerate(rows)])
    body = f'<p class="intro">{escape(lead)}</p><figure class="bars">{_bars(rows, data, lead)}</figure>{grid}'
    text = [
        f"{tier_title(row['tier'], data)}  {fmt.count(row['customers'])}  {_percent(row['customers_share'])}  "
        f"{fmt.value(row['value'], 'money', locale, data.currency)}  {_percent(row['value_share'])}"
        for row in rows
    ]
    return section("tiers", TITLE.in_(locale), body, locale, "\n".join(text))


def tier_title(tier: Any, data: ReportData) -> str:
    """A tier's name; a team's own tiers are named as they are."""
    return TIER_TITLES[tier].in_(data.locale) if tier in TIER_TITLES else str(tier)


def _percent(share: Any) -> str:
    return fmt.value(share, "percent", "en")


def _cells(row: dict[Any, Any], index: int, data: ReportData) -> list[str]:
    locale = data.locale
    shade = SHADES[min(index, len(SHADES) - 1)]
    customers = SHARE_CUSTOMERS.in_(locale).format(share=_percent(row["customers_share"]))
    value = SHARE_VALUE.in_(locale).format(share=_percent(row["value_share"]))
    name = f'<span class="name">{escape(tier_title(row["tier"], data))}</span>'
    money = escape(fmt.value(row["value"], "money", locale, data.currency))
    return [
        f'<span class="swatch" style="background:{shade}"></span>{name}',
        f'{fmt.count(row["customers"])}<span class="sub">{customers}</span>',
        f'{money}<span class="sub">{value}</span>',
        escape(_words(row.get("cut"))),
        escape(_words(row.get("reason"))),
    ]


def _words(value: Any) -> str:
    return str(value) if value is not None and value == value and str(value) else fmt.DASH  # noqa: PLR0124  NaN


def _bars(rows: list[dict[Any, Any]], data: ReportData, label: str) -> str:
    """Two bars of 100 %: customers over revenue."""
    blocks = _blocks(rows, data)
    return to_svg({**_template(), "datasets": {"blocks": blocks}}, label)


def _blocks(rows: list[dict[Any, Any]], data: ReportData) -> list[dict[str, Any]]:
    """From where to where each tier lies on each bar, and its words where they fit."""
    found = []
    for bar, column in ((BAR_CUSTOMERS, "customers_share"), (BAR_VALUE, "value_share")):
        start = 0.0
        for index, row in enumerate(rows):
            share = float(row[column]) if fmt.is_number(row[column]) else 0.0
            room = (share * WIDTH - 8) / LETTER[data.locale]
            percent = _percent(row[column])
            words = (f"{tier_title(row['tier'], data)} {percent}", percent, "")
            fitting = next(text for text in words if len(text) <= max(room, 0))
            ink = "#ffffff" if index == 0 else palette.INK
            shade = SHADES[min(index, len(SHADES) - 1)]
            place = {"bar": bar.in_(data.locale), "from": start, "to": start + share}
            found.append({**place, "text": fitting, "fill": shade, "ink": ink})
            start += share
    return found


@cache
def _template() -> dict[str, Any]:
    import altair as alt

    axis = alt.Axis(domain=False, ticks=False, labelColor=palette.INK, labelFontSize=11)
    y = alt.Y("bar:N", sort=None, title=None, axis=axis, scale=alt.Scale(paddingInner=0.28, paddingOuter=0.05))
    x = alt.X("from:Q", axis=None, scale=alt.Scale(domain=[0, 1], clamp=True))
    fill, ink = (alt.Color(f"{name}:N", scale=None, legend=None) for name in ("fill", "ink"))
    base = alt.Chart(alt.NamedData(name="blocks")).encode(x=x, y=y)
    blocks = base.mark_bar(stroke=palette.PAPER, strokeWidth=1.5).encode(x2="to:Q", color=fill)
    words = base.mark_text(align="left", dx=5, fontSize=10.5, fontWeight=600).encode(text="text:N", color=ink)
    chart = alt.layer(blocks, words).properties(width=WIDTH, height=72, padding=MARGINS)
    spec: dict[str, Any] = chart.to_dict(validate=False)
    return spec
