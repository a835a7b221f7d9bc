"""Data quality: what came in, what was used, what was refused and why, and how fresh it is."""

from __future__ import annotations

from html import escape
from typing import Any

from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, icon, section
from cpm_core.report.inputs import ReportData
from cpm_core.report.table import table

TITLE = Text(en="Data quality", zh="数据质量")
LEAD = Text(
    en="Of {delivered} delivered rows, {kept} ({share}) are used and {rejected} were refused.",
    zh="共交付{delivered}行，采用{kept}行（{share}），拒收{rejected}行。",
)
BESIDE = Text(en="{items}: they count as neither.", zh="另有{items}，不计入以上两项。")
REPEATS = Text(en="{rows} repeat another or are an older version of it", zh="{rows}行为重复行或旧版本")
NOT_YET = Text(en="{rows} lie after the as-of day", zh="{rows}行晚于截止日")
BEFORE = Text(en="{rows} lie before the first day", zh="{rows}行早于起始日")
DELIVERIES = Text(en="Deliveries", zh="数据交付")
REASONS = Text(en="Refused and repeated rows by reason", zh="拒收与重复的原因")
NO_REJECTS = Text(en="No row was refused.", zh="没有被拒收的行。")
HEADS = {
    "table": Text(en="Table", zh="数据表"),
    "delivered": Text(en="Delivered", zh="交付"),
    "kept": Text(en="Used", zh="采用"),
    "rejected": Text(en="Refused", zh="拒收"),
    "duplicates": Text(en="Duplicates", zh="重复"),
    "not_yet": Text(en="Not yet", zh="未到期"),
    "before_since": Text(en="Before start", zh="早于起始"),
    "span": Text(en="From – to", zh="起止日期"),
    "fresh": Text(en="Freshness", zh="时效"),
}
REJECT_HEADS = {
    "reason": Text(en="Reason", zh="原因"),
    "rows": Text(en="Rows", zh="行数"),
    "tables": Text(en="Tables", zh="数据表"),
}
FRESH = Text(en="up to the as-of day", zh="已至截止日")
BEHIND = Text(en="{days} days before the as-of day", zh="距截止日{days}天")
BEHIND_ONE = Text(en="1 day before the as-of day", zh="距截止日1天")
UNKNOWN = Text(en="without dates", zh="不含日期")
COUNTS = ("delivered", "kept", "rejected", "duplicates", "not_yet", "before_since")
TABLES = {
    "customers": Text(en="Customers", zh="客户"),
    "orders": Text(en="Orders", zh="订单"),
    "order_lines": Text(en="Order lines", zh="订单明细"),
    "tickets": Text(en="Tickets", zh="工单"),
    "surveys": Text(en="Surveys", zh="调查"),
    "interactions": Text(en="Interactions", zh="互动"),
    "subscriptions": Text(en="Subscriptions", zh="订阅"),
    "points": Text(en="Points", zh="积分"),
    "costs": Text(en="Costs", zh="成本"),
}


def render(data: ReportData) -> Fragment:
    """Deliveries and rejects as a section."""
    locale = data.locale
    lead = _lead(data)
    rows = [_delivery(row, data) for row in data.quality.to_dict("records")]
    heads = [(name, title.in_(locale)) for name, title in HEADS.items()]
    lead += _of_whole(data)
    body = (
        f'<p class="intro">{escape(lead)}</p><h3>{escape(DELIVERIES.in_(locale))}</h3>{table("quality", heads, rows)}'
    )
    body += f"<h3>{escape(REASONS.in_(locale))}</h3>{_rejects(data)}"
    return section("quality", TITLE.in_(locale), body, locale, "\n".join([lead, *_reject_lines(data)]))


def table_title(name: Any, data: ReportData) -> str:
    """A base table's name in words; others as they are."""
    return TABLES[name].in_(data.locale) if name in TABLES else str(name)


def _lead(data: ReportData) -> str:
    delivered, kept, rejected, repeats, not_yet, before = (_sum(data, column) for column in COUNTS)
    words = LEAD.in_(data.locale).format(
        delivered=fmt.count(delivered),
        kept=fmt.count(kept),
        share=fmt.value(kept / delivered if delivered else None, "percent", data.locale),
        rejected=fmt.count(rejected),
    )
    beside = [
        text.in_(data.locale).format(rows=fmt.count(rows))
        for text, rows in ((REPEATS, repeats), (NOT_YET, not_yet), (BEFORE, before))
        if rows
    ]
    if not beside:
        return words
    told = BESIDE.in_(data.locale).format(items=fmt.words(beside, data.locale))
    return words + ("" if data.locale == "zh" else " ") + told


def _of_whole(data: ReportData) -> str:
    """That the counts are not those of a part; empty where the report is of all."""
    if not data.only:
        return ""
    # Here, since the words of slices need the names of tables from this module.
    from cpm_core.report import only

    told = only.OF_WHOLE.in_(data.locale).format(what=only.words(data.only, data.locale))
    return ("" if data.locale == "zh" else " ") + told


def _sum(data: ReportData, column: str) -> int:
    return int(data.quality[column].fillna(0).sum()) if len(data.quality) else 0


def _delivery(row: dict[Any, Any], data: ReportData) -> list[str]:
    name = f'<span class="name">{escape(table_title(row["table"], data))}</span>'
    source = f'<span class="sub">{escape(str(row["source"]))}</span>' if row.get("source") else ""
    first, last = (fmt.day(row[name], data.locale, short=True) for name in ("first_day", "last_day"))
    counts = [fmt.count(row[column]) for column in COUNTS]
    span = f"<span>{first} {fmt.DASH}</span> <span>{last}</span>" if first != fmt.DASH else fmt.DASH
    return [name + source, *counts, span, _fresh(row, data)]


def _fresh(row: dict[Any, Any], data: ReportData) -> str:
    """How far the data reach: the source's word for it, else the last row's day."""
    locale = data.locale
    until = next((day for day in (row["loaded_until"], row["last_day"]) if fmt.day(day, "zh") != fmt.DASH), None)
    if until is None:
        return f'<span class="none">{fmt.DASH}</span> {escape(UNKNOWN.in_(locale))}'
    days = (data.settings.as_of - fmt.as_date(until)).days
    if days <= 0:
        return f'<span class="status met">{icon("met")}{escape(FRESH.in_(locale))}</span>'
    words = (BEHIND_ONE if days == 1 else BEHIND).in_(locale).format(days=fmt.count(days))
    return f'<span class="status close">{icon("close")}{escape(words)}</span>'


def _rejects(data: ReportData) -> str:
    """A line a reason, most rows first, with the tables that it was met in."""
    locale = data.locale
    reasons: dict[str, list[tuple[str, int]]] = {}
    for row in data.rejects.sort_values("rows", ascending=False, kind="stable").to_dict("records"):
        reasons.setdefault(str(row["title"]), []).append((table_title(row["table"], data), int(row["rows"])))
    if not reasons:
        return f"<p>{escape(NO_REJECTS.in_(locale))}</p>"
    totals = {reason: sum(rows for _, rows in found) for reason, found in reasons.items()}
    most = max(totals.values())
    cells = [
        [escape(reason), _barred(totals[reason], most), escape(_where(reasons[reason], data))]
        for reason in sorted(reasons, key=lambda one: -totals[one])
    ]
    return table("rejects", [(name, title.in_(locale)) for name, title in REJECT_HEADS.items()], cells)


def _where(found: list[tuple[str, int]], data: ReportData) -> str:
    """`Orders 7, Surveys 3`, or the one table's name."""
    if len(found) == 1:
        return found[0][0]
    return ("，" if data.locale == "zh" else ", ").join(f"{name} {fmt.count(rows)}" for name, rows in found)


def _barred(rows: int, most: int) -> str:
    share = rows / most * 100 if most else 0
    return f'<span class="num">{fmt.count(rows)}</span><i class="bar" style="width:{share:.0f}%"></i>'


def _reject_lines(data: ReportData) -> list[str]:
    return [f"{row['table']}  {row['title']}  {fmt.count(row['rows'])}" for row in data.rejects.to_dict("records")]
