"""Tiers: how many customers each has, how much of the revenue is theirs, and who came up or fell."""

from __future__ import annotations

from html import escape
from typing import Any

from cpm_core.model.profile import PROFILE_COLUMNS, Told
from cpm_core.model.rules import TIER_TITLES
from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report import palette
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.inputs import ReportData
from cpm_core.report.table import table

TITLE = Text(en="Customer tiers", zh="客户等级")
TIER = Text(en="Tier", zh="等级")
CUT = Text(en="Cut", zh="划分标准")
CUSTOMERS = Text(en="Customers", zh="客户数")
REVENUE = Text(en="Revenue, trailing year", zh="近一年净销售额")
REASON = Text(en="For example", zh="举例")
SHARE_CUSTOMERS = Text(en="{share} of customers", zh="占客户{share}")
SHARE_REVENUE = Text(en="{share} of revenue", zh="占净销售额{share}")
SHARE_VALUE = Text(en="{share} of the total", zh="占合计{share}")
BAR_CUSTOMERS, BAR_REVENUE = Text(en="Customers", zh="客户"), Text(en="Revenue", zh="净销售额")
BAR_VALUE = Text(en="Value", zh="数值")
KEPT = Text(en="{kept} of them by the margin", zh="其中{kept}位按容差保留")
NONE = Text(en="No customer has been sorted into tiers.", zh="没有客户被划入等级。")
NONE_WHY = Text(
    en="No customer has been sorted into tiers: {what} is not delivered.", zh="没有客户被划入等级：缺少{what}。"
)
LEAD_REVENUE = Text(
    en="{tier} customers are {customers} of all customers and bring {value} of revenue.",
    zh="{tier}占全部客户的{customers}，贡献净销售额的{value}。",
)
LEAD = Text(
    en="{tier} customers are {customers} of all customers and hold {value} of the {title}.",
    zh="{tier}占全部客户的{customers}，占{title}的{value}。",
)
LEAD_COUNT = Text(en="{tier} customers are {customers} of all customers.", zh="{tier}占全部客户的{customers}。")
SHADES = (palette.BLUE, palette.SKY, "#c9cdd2")
"""From the highest tier down; names and shares stand beside the colour."""
WIDTH, HEIGHT, BAR = 310, 72, 28.5
"""Of both bars, and how high one is, in pixels."""
MARGINS = {"left": 62, "right": 1, "top": 1, "bottom": 1}
LETTER = {"en": 5.9, "zh": 7.6}
"""How wide a letter on a bar is, about."""


def render(data: ReportData) -> Fragment:
    """The tiers as a section: a sentence, two bars, a table, and who moved."""
    locale = data.locale
    rows = [] if data.tiers is None else data.tiers.to_dict("records")
    if not rows:
        none = (NONE_WHY.format(what=data.tiers_lack) if data.tiers_lack else NONE).in_(locale)
        return section("tiers", TITLE.in_(locale), f"<p>{escape(none)}</p>", locale, none)
    lead = _lead(rows[0], data)
    heads = [
        ("tier", TIER.in_(locale)),
        ("customers", CUSTOMERS.in_(locale)),
        ("value", REVENUE.in_(locale) if _is_revenue(data) else _capital(_amount(data).title.in_(locale))),
        ("cut", CUT.in_(locale)),
        ("reason", REASON.in_(locale)),
    ]
    grid = table("tiers", heads, [_cells(row, index, data) for index, row in enumerate(rows)])
    body = f'<p class="intro">{escape(lead)}</p><figure class="bars">{_bars(rows, data, lead)}</figure>{grid}'
    text = [
        f"{tier_title(row['tier'], data)}  {fmt.count(row['customers'])}  {_percent(row['customers_share'])}  "
        f"{fmt.value(row['value'], _amount(data).unit, locale, data.currency)}  {_percent(row['value_share'])}"
        for row in rows
    ]
    if data.tier_moves is not None:
        body += data.tier_moves.body()
        text.append(data.tier_moves.sentence)
    return section("tiers", TITLE.in_(locale), body, locale, "\n".join(text))


def _amount(data: ReportData) -> Told:
    """What is shared out among the tiers."""
    return data.tier_amount or PROFILE_COLUMNS["trailing_revenue"]


def _is_revenue(data: ReportData) -> bool:
    return _amount(data) == PROFILE_COLUMNS["trailing_revenue"]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _lead(top: dict[Any, Any], data: ReportData) -> str:
    known = fmt.is_number(top["value_share"])
    sentence = (LEAD_REVENUE if _is_revenue(data) else LEAD) if known else LEAD_COUNT
    return sentence.in_(data.locale).format(
        tier=tier_title(top["tier"], data),
        customers=_percent(top["customers_share"]),
        value=_percent(top["value_share"]),
        title=_amount(data).title.in_(data.locale),
    )


def tier_title(tier: Any, data: ReportData) -> str:
    """A tier's name; a team's own tiers are named as they are."""
    return TIER_TITLES[tier].in_(data.locale) if tier in TIER_TITLES else str(tier)


def _percent(share: Any) -> str:
    return fmt.value(share, "percent", "en")


def _cells(row: dict[Any, Any], index: int, data: ReportData) -> list[str]:
    locale = data.locale
    shade = SHADES[min(index, len(SHADES) - 1)]
    customers = SHARE_CUSTOMERS.in_(locale).format(share=_percent(row["customers_share"]))
    share = SHARE_REVENUE if _is_revenue(data) else SHARE_VALUE
    value = share.in_(locale).format(share=_percent(row["value_share"]))
    kept = KEPT.in_(locale).format(kept=fmt.count(row["kept"])) if row["kept"] else ""
    name = f'<span class="name">{escape(tier_title(row["tier"], data))}</span>'
    amount = escape(fmt.value(row["value"], _amount(data).unit, locale, data.currency))
    return [
        f'<span class="swatch" style="background:{shade}"></span>{name}',
        f'{fmt.count(row["customers"])}<span class="sub">{customers}</span>'
        + (f'<span class="sub">{kept}</span>' if kept else ""),
        f'{amount}<span class="sub">{value}</span>',
        escape(_words(row.get("cut"))),
        escape(_words(row.get("reason"))),
    ]


def _words(value: Any) -> str:
    return str(value) if value is not None and value == value and str(value) else fmt.DASH  # noqa: PLR0124  NaN


def _bars(rows: list[dict[Any, Any]], data: ReportData, label: str) -> str:
    """Two bars of 100 %: customers over revenue."""
    names = [bar.in_(data.locale) for bar in _both(data)]
    heads = "".join(
        f'<text x="-4" y="{_middle(name, names) + 3.3:.1f}" text-anchor="end" font-size="11" fill="{palette.INK}">'
        f"{escape(name)}</text>"
        for name in names
    )
    blocks = "".join(_block(block, _middle(block["bar"], names)) for block in _blocks(rows, data))
    size = f"{WIDTH + MARGINS['left'] + MARGINS['right']} {HEIGHT + MARGINS['top'] + MARGINS['bottom']}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img" aria-label="{escape(label)}">'
        f'<g transform="translate({MARGINS["left"]},{MARGINS["top"]})" font-family="{escape(palette.SANS)}">'
        f"{heads}{blocks}</g></svg>"
    )


def _both(data: ReportData) -> tuple[Text, Text]:
    """What the two bars are of."""
    return BAR_CUSTOMERS, BAR_REVENUE if _is_revenue(data) else BAR_VALUE


def _middle(name: str, names: list[str]) -> float:
    return BAR / 2 + 2 + names.index(name) * (HEIGHT - BAR - 4)


def _block(block: dict[str, Any], middle: float) -> str:
    x, wide = min(block["from"], 1) * WIDTH, (min(block["to"], 1) - min(block["from"], 1)) * WIDTH
    rect = (
        f'<rect x="{x:.1f}" y="{middle - BAR / 2:.1f}" width="{wide:.1f}" height="{BAR}" fill="{block["fill"]}" '
        f'stroke="{palette.PAPER}" stroke-width="1.5"/>'
    )
    if not block["text"]:
        return rect
    place = f'x="{x + 5:.1f}" y="{middle + 3.2:.1f}" font-size="10.5" font-weight="600" fill="{block["ink"]}"'
    return f"{rect}<text {place}>{escape(block['text'])}</text>"


def _blocks(rows: list[dict[Any, Any]], data: ReportData) -> list[dict[str, Any]]:
    """From where to where each tier lies on each bar, and its words where they fit."""
    found = []
    for bar, column in zip(_both(data), ("customers_share", "value_share"), strict=True):
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
