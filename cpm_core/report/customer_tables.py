"""The last rows of each table of one customer, with heads and codes in words."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.table import table

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.report.customer_view import Customer

MOST = 8
"""Rows of each table that are shown, the latest; all are in ``tables``."""

DAY, KIND = Text(en="Day", zh="日期"), Text(en="Kind", zh="类型")
CHANNEL = Text(en="Channel", zh="渠道")
SHOWN: Mapping[str, Mapping[str, Text]] = {
    "orders": {
        "ordered_at": DAY,
        "order_id": Text(en="Order", zh="订单"),
        "kind": KIND,
        "amount": Text(en="Amount", zh="金额"),
        "category": Text(en="Category", zh="品类"),
        "channel": CHANNEL,
    },
    "tickets": {
        "opened_at": Text(en="Opened", zh="开单"),
        "ticket_id": Text(en="Ticket", zh="工单"),
        "kind": KIND,
        "category": Text(en="About", zh="事由"),
        "priority": Text(en="Priority", zh="优先级"),
        "resolved_at": Text(en="Resolved", zh="解决"),
        "team": Text(en="Team", zh="团队"),
    },
    "surveys": {
        "responded_at": Text(en="Answered", zh="回答"),
        "kind": KIND,
        "score": Text(en="Score", zh="得分"),
        "touchpoint": Text(en="Asked after", zh="触点"),
        "comment": Text(en="Comment", zh="评论"),
    },
    "interactions": {
        "occurred_at": DAY,
        "kind": KIND,
        "direction": Text(en="Direction", zh="方向"),
        "channel": CHANNEL,
        "campaign": Text(en="Campaign", zh="营销活动"),
        "agent": Text(en="By", zh="经办人"),
    },
    "subscriptions": {
        "started_at": Text(en="From", zh="开始"),
        "ended_at": Text(en="Until", zh="结束"),
        "plan": Text(en="Plan", zh="套餐"),
        "monthly_amount": Text(en="A month", zh="月费"),
        "end_reason": Text(en="Ended as", zh="终止原因"),
    },
    "points": {
        "occurred_at": DAY,
        "kind": KIND,
        "points": Text(en="Points", zh="积分"),
    },
}
"""Tables and columns that a page shows, in order; other columns are in ``tables``."""
TITLES = {
    "orders": Text(en="Orders and returns", zh="订单与退货"),
    "tickets": Text(en="Tickets", zh="工单"),
    "surveys": Text(en="Answers", zh="问卷回答"),
    "interactions": Text(en="Contacts", zh="互动"),
    "subscriptions": Text(en="Contracts", zh="合同"),
    "points": Text(en="Loyalty points", zh="会员积分"),
}
COUNTED = Text(en="{title}: the last {shown} of {all}", zh="{title}：最近{shown}条，共{all}条")
ALL = Text(en="{title}: {all}", zh="{title}：共{all}条")
KINDS = {
    "sale": Text(en="sale", zh="销售"),
    "return": Text(en="return", zh="退货"),
    "question": Text(en="question", zh="咨询"),
    "complaint": Text(en="complaint", zh="投诉"),
    "csat": Text(en="CSAT", zh="满意度"),
    "nps": Text(en="NPS", zh="NPS"),
    "ces": Text(en="effort (CES)", zh="费力度（CES）"),
    "earn": Text(en="earned", zh="获得"),
    "redeem": Text(en="redeemed", zh="兑换"),
    "expire": Text(en="expired", zh="过期"),
    "adjust": Text(en="adjusted", zh="调整"),
    "call": Text(en="call", zh="电话"),
    "visit": Text(en="visit", zh="拜访"),
    "mail": Text(en="mail", zh="邮件"),
    "campaign": Text(en="campaign", zh="营销活动"),
    "outbound": Text(en="outbound", zh="我方发起"),
    "inbound": Text(en="inbound", zh="客户发起"),
}
"""Codes of the shared vocabulary in words; a team's own are shown as they are."""
SCORE = Text(en="{score:g} of {low:g}–{high:g}", zh="{score:g}（{low:g}–{high:g}分制）")
MONEY = ("amount", "monthly_amount")


def last_rows(view: Customer) -> str:
    """A table for each base table that has rows of the customer, the latest row first."""
    parts = []
    for name, columns in SHOWN.items():
        frame = view.tables.get(name)
        if frame is None:
            continue
        if name == "surveys":
            frame = frame[frame["score"].notna()] if "score" in frame else frame.head(0)
        if len(frame):
            parts.append(_table(name, frame, {one: title for one, title in columns.items() if one in frame}, view))
    return "".join(parts)


def _table(name: str, frame: pd.DataFrame, columns: Mapping[str, Text], view: Customer) -> str:
    locale = view.locale
    last = frame.tail(MOST).iloc[::-1]
    counted = COUNTED if len(frame) > len(last) else ALL
    title = counted.in_(locale).format(title=TITLES[name].in_(locale), shown=len(last), all=fmt.count(len(frame)))
    rows = [[_cell(column, row, view) for column in columns] for row in last.to_dict("records")]
    heads = [(column, title_.in_(locale)) for column, title_ in columns.items()]
    return f"<div class='block'><h3>{escape(title)}</h3>{table(f'rows-{name}', heads, rows)}</div>"


def _cell(column: str, row: Mapping[Any, Any], view: Customer) -> str:
    value, locale = row[column], view.locale
    if value is None or value != value:  # noqa: PLR0124  # NaN and NaT differ from themselves
        return fmt.DASH
    if column.endswith("_at"):
        return escape(fmt.day(value, locale, short=True))
    if column in MONEY:
        return escape(fmt.value(value, "money", locale, view.currency))
    if column == "points":
        return escape(fmt.value(value, "count", locale))
    if column == "score":
        return escape(SCORE.in_(locale).format(score=value, low=row["scale_min"], high=row["scale_max"]))
    return escape(in_words(str(value), locale))


def in_words(code: str, locale: Locale) -> str:
    """A code of the vocabulary in words, any other as it is."""
    return KINDS[code].in_(locale) if code in KINDS else code
