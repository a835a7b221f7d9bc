"""One customer as a page: who, how they stand beside their tier, what happened, the last rows."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.measure.rows import MASK
from cpm_core.model.profile import PROFILE_COLUMNS
from cpm_core.model.rules import STAGE_TITLES, TIER_TITLES
from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.plan import label
from cpm_core.report.table import table

if TYPE_CHECKING:
    from cpm_core.report.customer_view import Customer

TITLE = Text(en="Customer {id}", zh="客户 {id}")
SINCE = Text(en="known since {day}", zh="建档于{day}")
OWNER = Text(en="account manager {owner}", zh="客户经理{owner}")
AS_OF = Text(en="as of {day}", zh="截至{day}")
TIER, STAGE = Text(en="Tier", zh="等级"), Text(en="Stage", zh="阶段")
VALUE, PLAN = Text(en="Value", zh="价值"), Text(en="Plan", zh="计划")
WORTH = Text(
    en="{value} expected in the next 12 months ({interval}), from {orders} orders; alive with a probability of {alive}",
    zh="未来12个月预期{value}（{interval}），预计{orders}单；留存概率{alive}",
)
WORTH_ALONE = Text(en="{value} expected in the next 12 months", zh="未来12个月预期{value}")
NO_VALUE = Text(en="no expected value is published for this customer", zh="该客户没有可用的预期价值")
NO_ACTION = Text(en="no action of the playbook is for this customer", zh="行动手册中没有适用于该客户的行动")
NO_LABEL = Text(en="not sorted", zh="未划分")
STANDING = Text(en="Beside {tier} customers ({peers})", zh="与{tier}相比（{peers}位）")
OF_PEERS = Text(en="of {peers} who have it", zh="{peers}位有此数值")
LEFT_OUT = ("value_12_months_low", "value_12_months_high")
"""Figures that the headline tells as an interval."""
FIGURE, OWN = Text(en="Figure", zh="指标"), Text(en="This customer", zh="该客户")
MEDIAN = Text(en="Median of theirs", zh="同类中位数")
EVERYBODY = Text(en="all", zh="全部客户")
TIMELINE = Text(en="Timeline", zh="时间线")
NOTHING = Text(
    en="No order, ticket, answer, contact or contract of this customer is known.",
    zh="没有该客户的订单、工单、问卷回答、互动或合同记录。",
)
ATTRIBUTES = ("segment", "industry", "region", "channel")


def render(view: Customer) -> Fragment:
    """The page."""
    from cpm_core.report.customer_chart import figure
    from cpm_core.report.customer_tables import last_rows

    locale = view.locale
    lines = list(headline(view))
    parts = [
        f'<p class="intro">{escape(about(view))}</p>',
        '<dl class="facts">',
        *(f"<dt>{escape(head)}</dt><dd>{escape(words)}</dd>" for head, words in lines),
        "</dl>",
        f"<h3>{escape(TIMELINE.in_(locale))}</h3>",
        figure(view) if len(view.timeline) else f'<p class="nothing">{escape(NOTHING.in_(locale))}</p>',
        f'<div class="tables">{_block(_standing(view))}{last_rows(view)}</div>',
    ]
    text = [about(view), *(_joined(head, [words], locale) for head, words in lines)]
    text += [] if len(view.timeline) else [NOTHING.in_(locale)]
    return section("customer", TITLE.in_(locale).format(id=_name(view)), "".join(parts), locale, "\n".join(text))


def _block(html: str) -> str:
    return f'<div class="block">{html}</div>' if html else ""


def _name(view: Customer) -> str:
    """The id, with the name where it is shown."""
    customers = view.tables.get("customers")
    if customers is None or "name" not in customers or not len(customers):
        return view.customer_id
    name = customers["name"].iloc[-1]
    return view.customer_id if name == MASK else f"{view.customer_id} · {name}"


def about(view: Customer) -> str:
    """Attributes, since when known and as of which day, in a line."""
    locale, row = view.locale, view.profile
    told = [str(row[name]) for name in ATTRIBUTES if isinstance(row.get(name), str)]
    if isinstance(row.get("owner"), str):
        told.append(OWNER.in_(locale).format(owner=row["owner"]))
    since = fmt.day(row.get("created_on"), locale)
    if since != fmt.DASH:
        told.append(SINCE.in_(locale).format(day=since))
    return " · ".join([*told, AS_OF.in_(locale).format(day=fmt.day(view.as_of, locale))])


def headline(view: Customer) -> Iterator[tuple[str, str]]:
    """Tier, stage, value and plan, each with its reason, in words."""
    locale, row = view.locale, view.profile
    for name, head, titles in (("tier", TIER, TIER_TITLES), ("stage", STAGE, STAGE_TITLES)):
        reasons = [row.get(one) for one in (("reason", "next_step") if name == "tier" else ("stage_reason",))]
        said = [one for one in reasons if isinstance(one, str) and one]
        if isinstance(row.get(name), str):
            yield head.in_(locale), _joined(label(row[name], titles, locale), said, locale)
        else:
            yield head.in_(locale), NO_LABEL.in_(locale)
    yield VALUE.in_(locale), _worth(view)
    if view.planned is not None and not view.planned:
        yield PLAN.in_(locale), NO_ACTION.in_(locale)
    elif view.planned:
        yield PLAN.in_(locale), _joined(view.planned["title"], [view.planned["reason"]], locale)


def _joined(label_: str, reasons: list[str], locale: str) -> str:
    colon, between = ("：", "；") if locale == "zh" else (": ", "; ")
    return label_ + (colon + between.join(reasons) if reasons else "")


def _worth(view: Customer) -> str:
    locale, row = view.locale, view.profile
    value = row.get("value_12_months")
    if not fmt.is_number(value):
        return NO_VALUE.in_(locale)
    money = fmt.value(value, "money", locale, view.currency)
    interval = fmt.interval(
        row.get("value_12_months_low"), row.get("value_12_months_high"), "money", locale, view.currency
    )
    alive = row.get("probability_alive")
    if not (interval and fmt.is_number(alive)):
        return WORTH_ALONE.in_(locale).format(value=money)
    orders = fmt.value(row.get("expected_orders_12_months"), "number", locale)
    share = fmt.value(alive, "percent", locale)
    return WORTH.in_(locale).format(value=money, interval=interval, orders=orders, alive=share)


def _standing(view: Customer) -> str:
    """The key figures beside the median of the tier."""
    locale, known = view.locale, view.standing[~view.standing["figure"].isin(LEFT_OUT)]
    if known.empty:
        return ""
    tier, peers = view.profile.get("tier"), int(known["peers"].max())
    titles = {**TIER_TITLES, "ordinary": Text(en="ordinary", zh="普通客户"), "key": Text(en="key", zh="重点客户")}
    others = label(tier, titles, locale) if isinstance(tier, str) else EVERYBODY.in_(locale)
    title = STANDING.in_(locale).format(tier=others, peers=fmt.count(peers))
    heads = [(name, head.in_(locale)) for name, head in (("figure", FIGURE), ("own", OWN), ("median", MEDIAN))]
    rows = [_figures(one, peers, view) for one in known.to_dict("records")]
    return f"<h3>{escape(title)}</h3>{table('standing', heads, rows)}"


def _figures(one: dict[Any, Any], peers: int, view: Customer) -> list[str]:
    told, locale = PROFILE_COLUMNS[one["figure"]], view.locale
    title = told.title.in_(locale)
    own, median = (escape(fmt.value(one[name], told.unit, locale, view.currency)) for name in ("own", "median"))
    if one["peers"] < peers:
        median += f'<span class="sub">{escape(OF_PEERS.in_(locale).format(peers=fmt.count(one["peers"])))}</span>'
    return [escape(title[0].upper() + title[1:]), f"<strong>{own}</strong>", median]
