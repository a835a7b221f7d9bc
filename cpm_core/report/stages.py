"""Stages: how many customers are in each, how that has changed, and the revenue that is theirs."""

from __future__ import annotations

from html import escape
from typing import Any

from cpm_core.model.periods import before
from cpm_core.model.rules import STAGE_TITLES
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.inputs import ReportData
from cpm_core.report.table import table

TITLE = Text(en="Customer stages", zh="客户生命周期")
STAGE = Text(en="Stage", zh="阶段")
CUSTOMERS = Text(en="Customers", zh="客户数")
CHANGE = Text(en="Change on {period}", zh="较{period}末")
VALUE = Text(en="Revenue, trailing year", zh="近一年净销售额")
REASON = Text(en="For example", zh="举例")
SHARE_CUSTOMERS = Text(en="{share} of customers", zh="占客户{share}")
SHARE_VALUE = Text(en="{share} of revenue", zh="占净销售额{share}")
NONE = Text(en="No customer has been sorted into stages.", zh="没有客户被划入生命周期阶段。")
LEAD = Text(
    en="{bought} of {all} customers are active or have come back; {leaving} are at risk or dormant, and with them "
    "{value} of the trailing year's revenue.",
    zh="{all}位客户中，{bought}位处于活跃状态或已被赢回；{leaving}位处于流失风险或沉睡状态，其近一年净销售额占{value}。",
)
LEAD_PLAIN = Text(
    en="{bought} of {all} customers are active or have come back; {leaving} are at risk or dormant.",
    zh="{all}位客户中，{bought}位处于活跃状态或已被赢回；{leaving}位处于流失风险或沉睡状态。",
)
KEY = Text(
    en="Every customer is in one stage, as of {day}; the change is on the last day of {period}.",
    zh="每位客户仅属一个阶段，截至{day}；变化为与{period}最后一天相比。",
)
BUYING = ("new", "active", "loyal", "won_back")
LEAVING = ("at_risk", "dormant")


def render(data: ReportData) -> Fragment:
    """The stages as a section: a sentence and a table."""
    locale = data.locale
    rows: list[dict[Any, Any]] = [] if data.stages is None else data.stages.to_dict("records")
    if not rows:
        return section("stages", TITLE.in_(locale), f"<p>{escape(NONE.in_(locale))}</p>", locale, NONE.in_(locale))
    earlier = fmt.period(before(data.period, data.settings.period, 1, data.settings.year_starts).label, locale)
    heads = [("stage", STAGE), ("customers", CUSTOMERS), ("value", VALUE), ("change", CHANGE), ("reason", REASON)]
    titles = [(name, words.in_(locale).format(period=earlier)) for name, words in heads]
    grid = table("stages", titles, [_cells(row, data) for row in rows]).replace("gt_table", "gt_table t-tiers", 1)
    lead, key = _lead(rows, locale), KEY.in_(locale).format(day=fmt.day(data.settings.as_of, locale), period=earlier)
    body = f'<p class="intro">{escape(lead)}</p>{grid}<p class="key">{escape(key)}</p>'
    text = [f"{stage_title(row['stage'], locale)}  {fmt.count(row['customers'])}  {_change(row)}" for row in rows]
    return section("stages", TITLE.in_(locale), body, locale, "\n".join([lead, *text]))


def stage_title(stage: Any, locale: Locale) -> str:
    """A stage's name."""
    return STAGE_TITLES[stage].in_(locale) if stage in STAGE_TITLES else fmt.DASH


def _lead(rows: list[dict[Any, Any]], locale: Locale) -> str:
    def counted(stages: tuple[str, ...]) -> int:
        return int(sum(row["customers"] for row in rows if row["stage"] in stages))

    share = sum(row["value_share"] for row in rows if row["stage"] in LEAVING)
    lead = LEAD if fmt.is_number(share) else LEAD_PLAIN
    return lead.in_(locale).format(
        bought=fmt.count(counted(BUYING)),
        all=fmt.count(sum(row["customers"] for row in rows)),
        leaving=fmt.count(counted(LEAVING)),
        value=fmt.value(share, "percent", locale),
    )


def _cells(row: dict[Any, Any], data: ReportData) -> list[str]:
    locale = data.locale
    customers = SHARE_CUSTOMERS.in_(locale).format(share=fmt.value(row["customers_share"], "percent", locale))
    value = SHARE_VALUE.in_(locale).format(share=fmt.value(row["value_share"], "percent", locale))
    money = escape(fmt.value(row["value"], "money", locale, data.currency))
    return [
        f'<span class="name">{escape(stage_title(row["stage"], locale))}</span>',
        f'{fmt.count(row["customers"])}<span class="sub">{customers}</span>{_bar(row["customers_share"])}',
        f'{money}<span class="sub">{value}</span>{_bar(row["value_share"])}',
        _change(row),
        escape(str(row["reason"]) or fmt.DASH),
    ]


def _bar(share: Any) -> str:
    return f'<i class="bar" style="width:{share * 100:.0f}%"></i>' if fmt.is_number(share) else ""


def _change(row: dict[Any, Any]) -> str:
    if not fmt.is_number(row["before"]):
        return fmt.DASH
    change = int(row["customers"] - row["before"])
    return fmt.count(change) if change <= 0 else f"+{fmt.count(change)}"
