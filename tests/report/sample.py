"""A report's data built by hand: every state, both languages, long names, 25 members, hostile words."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from cpm_core.model.facts import FACT_COLUMNS
from cpm_core.model.kpi import Kpi
from cpm_core.model.periods import Period, period_of, periods_until
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text
from cpm_core.report.inputs import (
    QUALITY_COLUMNS,
    SCORECARD_COLUMNS,
    STAGE_COLUMNS,
    TARGET_COLUMNS,
    TIER_COLUMNS,
    ReportData,
)

NAN = float("nan")
AS_OF = date(2011, 11, 30)

# id, English, Chinese, unit, better, group, latest, swing, low/high half width or None
KPIS: tuple[tuple[Any, ...], ...] = (
    ("revenue", "Revenue", "收入", "money", "higher", "sales", 1_132_407.74, 0.22, None),
    ("gross_sales", "Gross sales", "销售总额", "money", "higher", "sales", 1_161_817.38, 0.2, None),
    ("orders", "Orders", "订单数", "count", "higher", "sales", 2657, 0.2, None),
    ("return_rate", "Return rate", "退货率", "percent", "lower", "sales", 0.0253, 0.3, 0.008),
    ("average_order_value", "Average order value", "平均订单金额", "money", "higher", "sales", 437.27, 0.08, 18.4),
    ("active_customers", "Customers who bought", "购买客户数", "count", "higher", "customers", 1664, 0.15, None),
    ("new_customers", "New customers", "新客户数", "count", "higher", "customers", 191, 0.3, None),
    (
        "purchase_frequency",
        "Orders per customer who bought",
        "人均订单数",
        "number",
        "higher",
        "customers",
        1.597,
        0.06,
        None,
    ),
    ("repeat_rate", "Repeat rate", "复购率", "percent", "higher", "customers", 0.724, 0.02, 0.013),
    (
        "retention_rate",
        "Retention rate (90-day activity)",
        "留存率（90天活跃）",
        "percent",
        "higher",
        "customers",
        0.90695,
        0.03,
        0.0115,
    ),
    (
        "due_retention_rate",
        "Retention of customers due to lapse this month",
        "本月到期客户留存率",
        "percent",
        "higher",
        "customers",
        0.3245,
        0.1,
        0.049,
    ),
    ("churn_rate", "Churn rate", "流失率", "percent", "lower", "customers", 0.09305, 0.2, 0.0115),
    ("csat", "Customer satisfaction (CSAT)", "客户满意度", "percent", "higher", "satisfaction", 0.812, 0.05, 0.03),
    ("nps", "Net promoter score (NPS)", "净推荐值（NPS）", "points", "higher", "satisfaction", -3.4, 4.0, 6.1),
    ("survey_response_rate", "Survey response rate", "调查回复率", "percent", "higher", "satisfaction", 0.25, 0.1, 0.2),
    ("tickets", "Tickets opened", "新增工单", "count", "lower", "service", NAN, 0.1, None),
    (
        "complaint_rate",
        "Complaints per customer served, all channels and regions together",
        "服务客户投诉率（全部渠道与地区合计）",
        "percent",
        "lower",
        "service",
        0.0123,
        0.2,
        0.004,
    ),
    (
        "first_response_hours",
        "Time to first response (median)",
        "首次响应时长（中位数）",
        "hours",
        "lower",
        "service",
        5.4,
        0.25,
        0.9,
    ),
)
COUNTRIES = (
    "United Kingdom", "EIRE", "Germany", "France", "Netherlands", "Spain", "Switzerland", "Belgium", "Portugal", "Sweden",
    "Australia", "Channel Islands", "Italy", "Norway", "Finland", "Cyprus", "Japan", "Austria", "Denmark", "Greece",
    "Poland", "United Arab Emirates", "Singapore", "广东省深圳市南山区", "(none)",
)  # fmt: skip


def kpis() -> tuple[Kpi, ...]:
    """The shown KPIs."""
    return tuple(
        Kpi(
            id=id_, title=Text(en, zh), unit=unit, better=better, compute=kpis, group=group,
            description=f"What {en.lower()} is, in one sentence.\n\nMore of it.",
            described_zh=f"一句话说明{zh}。\n\n更多说明。" if id_ != "orders" else "",
        )
        for id_, en, zh, unit, better, group, *_ in KPIS
    )  # fmt: skip


def make(locale: Locale = "en", **changes: Any) -> ReportData:
    """The data, with any field replaced."""
    settings = Settings(as_of=AS_OF, since=date(2009, 12, 1), timezone="Europe/London", currency="GBP")
    values: dict[str, Any] = {
        "workbook": "online_retail",
        "title": Text("Customer performance", "客户绩效报告"),
        "locale": locale,
        "currency": "GBP",
        "settings": settings,
        "period": period_of(AS_OF, "month"),
        "kpis": kpis(),
        "facts": facts(),
        "scorecard": scorecard(locale),
        "quality": quality(),
        "rejects": rejects(locale),
        "targets": targets(),
        "tiers": tiers(locale),
        "stages": stages(locale),
        "customers": customers(locale),
        "slices": ("region", "tickets.channel"),
        "events": (
            (date(2011, 4, 29), Text("Royal wedding", "皇室婚礼")),
            (date(2010, 12, 26), Text("Warehouse moved to the new site in Leicester", "仓库整体搬迁至莱斯特新址并更换承运商")),
            (date(2001, 1, 1), Text("Long ago", "很久以前")),
        ),
        "notes": (("Columns as last delivered: customers.region.", "Season is not removed: fewer than 24 periods.")
                  if locale == "en" else ("以最近一次交付为准的列：customers.region。", "不足24期，未剔除季节影响。")),
        "provenance": provenance(),
    }  # fmt: skip
    return ReportData(**{**values, **changes})


def facts() -> pd.DataFrame:
    """36 months of totals, and the as-of month by region."""
    rows: list[dict[str, Any]] = []
    months = periods_until(AS_OF, "month", 36)
    for number, kpi in enumerate(KPIS):
        for index, month in enumerate(months):
            rows.append(_fact(kpi, month, index, number))
        if kpi[0] != "repeat_rate":
            rows += [_member(kpi, months[-1], place, name) for place, name in enumerate(COUNTRIES)]
    frame = pd.DataFrame(rows)
    for column in ("period_start", "period_end"):
        frame[column] = pd.to_datetime(frame[column])
    return frame[list(FACT_COLUMNS)]


def _fact(kpi: tuple[Any, ...], month: Period, index: int, number: int) -> dict[str, Any]:
    id_, _, _, unit, _, _, latest, swing, half = kpi
    base = 120 if math.isnan(latest) else latest
    wave = math.sin(index * 0.9 + number) * 0.6 + math.sin(index * math.pi / 6 + number * 2) * 0.4
    value = base + (wave * swing if unit == "points" else base * swing * wave * (1 if index < 35 else 0))
    state, reason, complete = "ok", "", True
    if id_ == "tickets" and index in (35, 20):
        value, state, reason = NAN, "failed", "ValueError in plugin <service_desk> & co"
    if id_ == "csat" and index == 18:
        value, state, reason = NAN, "no data", "no survey was answered"
    if id_ == "survey_response_rate" and index in (35, 30):
        state = "few"
    if id_ in ("retention_rate", "churn_rate") and index < 15:
        complete = False
    if id_ == "survey_response_rate" and index == 35:
        complete = False
    if id_ == "complaint_rate" and index < 30:
        value, state = NAN, "no data"
    has = half is not None and not math.isnan(value)
    low, high = (value - half, value + half) if has else (NAN, NAN)
    return _row(id_, month, value, low=low, high=high, complete=complete, state=state, reason=reason)


def _member(kpi: tuple[Any, ...], month: Period, place: int, name: str) -> dict[str, Any]:
    id_, _, _, unit, _, _, latest, *_ = kpi
    base = 120 if math.isnan(latest) else latest
    share = 0.8 if place == 0 else 0.1 / place
    value = base * (share if unit in ("money", "count") else 1 + 0.3 * math.sin(place * 1.7))
    value = float(round(value)) if unit == "count" else value
    state, reason = "ok", ""
    if unit not in ("money", "count") and place > 5:
        state = "few"
    if id_ == "tickets":
        value, state, reason = NAN, "failed", "ValueError in plugin <service_desk> & co"
    if id_ == "nps" and place == 4:
        value, state, reason = NAN, "no data", "no survey was answered"
    if id_ == "revenue" and place == 24:
        value = -230.5
    return _row(id_, month, value, slice="region", member=name, state=state, reason=reason)


def _row(kpi: str, month: Period, value: float, **given: Any) -> dict[str, Any]:
    row = {
        "workbook": "online_retail", "run": "r1", "as_of": AS_OF, "kpi": kpi, "period": month.label,
        "period_start": month.start, "period_end": month.end, "slice": "", "member": "", "value": value,
        "numerator": NAN, "denominator": NAN, "n": 3 if given.get("state") == "few" else 340, "low": NAN, "high": NAN,
        "complete": True, "state": "ok", "reason": "", "provider": "builtin", "version": "0.1.0",
        "definition": "d41d8cd9",
    }  # fmt: skip
    return {**row, **given}


def scorecard(locale: Locale) -> pd.DataFrame:
    """The as-of month against targets, the month before and the year before."""
    changed: dict[str, dict[str, Any]] = {
        "revenue": {"previous": 974_603.59, "signal": "above", "signal_reason": _t(locale, "outside 701,000–1,090,000; season not removed", "超出701,000–1,090,000；未剔除季节影响")},
        "orders": {"previous": 1929.0, "year_ago": 2601.0, "signal": "run above", "signal_basis": "year", "target_low": 2500.0, "status": "met"},
        "return_rate": {"previous": 0.0622, "numerator": 29410.0, "denominator": 1161817.0, "change_significant": True, "target_high": 0.03, "status": "close"},
        "average_order_value": {"previous": 538.79, "change_significant": True, "target_low": 450.0, "status": "close"},
        "active_customers": {"previous": 1364.0},
        "new_customers": {"previous": 352.0, "year_ago": 0.0},
        "purchase_frequency": {"previous": 1.414},
        "repeat_rate": {"previous": NAN, "change_reason": _t(locale, "a trailing year overlaps the one before", "近一年窗口与上期重叠"), "year_ago": 0.701, "year_significant": True},
        "retention_rate": {"previous": 0.8992, "target_low": 0.92, "status": "missed", "numerator": 2232.0, "denominator": 2461.0, "n": 2461.0},
        "due_retention_rate": {"previous": 0.3161, "numerator": 110.0, "denominator": 339.0, "n": 339.0},
        "churn_rate": {"previous": 0.1008, "target_high": 0.05, "status": "missed"},
        "csat": {"previous": 0.861, "change_significant": True, "target_low": 0.78, "status": "met"},
        "nps": {"previous": 1.2, "change": -4.6},
        "survey_response_rate": {"state": "few", "reason": _t(locale, "4 surveys sent", "仅发出4份调查"), "complete": False, "complete_reason": _t(locale, "surveys were delivered only through 20 November 2011", "调查数据仅交付至2011年11月20日"), "target_low": 0.3, "previous": NAN},
        "tickets": {"state": "failed", "reason": _t(locale, "ValueError in plugin <service_desk> & co", "插件<service_desk>出错"), "target_high": 100.0, "previous": NAN},
        "first_response_hours": {"previous": 4.9, "signal": "above", "target_low": NAN, "target_high": 6.0, "status": "met"},
    }  # fmt: skip
    return pd.DataFrame([score_row(locale, kpi, **changed.get(kpi[0], {})) for kpi in KPIS])[list(SCORECARD_COLUMNS)]


def score_row(locale: Locale, kpi: tuple[Any, ...], **changes: Any) -> dict[str, Any]:
    """One line; what is not given is quiet and complete."""
    id_, en, zh, unit, better, _, value, _, half = kpi
    row: dict[str, Any] = {
        "kpi": id_, "title": _t(locale, en, zh), "unit": unit, "better": better, "period": "2011-11", "value": value,
        "low": value - half if half else NAN, "high": value + half if half else NAN, "n": 340.0, "numerator": NAN,
        "denominator": NAN, "state": "ok", "reason": "", "complete": True, "complete_reason": "", "target_low": NAN,
        "target_high": NAN, "status": "", "previous_period": "2011-10", "previous": value * 0.98, "change_low": NAN,
        "change_high": NAN, "change_reason": "", "year_period": "2010-11", "year_ago": value * 1.01, "year_reason": "",
        "change_significant": False, "year_significant": False, "signal": "", "signal_basis": "level", "signal_reason": "", "provider": "builtin", "version": "0.1.0",
    }  # fmt: skip
    row.update(changes)
    row["change"] = changes.get("change", row["value"] - row["previous"])
    row["year_change"] = changes.get("year_change", row["value"] - row["year_ago"])
    return row


def targets() -> pd.DataFrame:
    """The scorecard's targets in each month; from 2011-07 on a higher one of CSAT; three members' own."""
    labels = [month.label for month in periods_until(AS_OF, "month", 36)]
    rows: list[tuple[Any, ...]] = []
    for row in scorecard("en").itertuples():
        if not (math.isnan(row.target_low) and math.isnan(row.target_high)):
            rows += [
                (row.kpi, label, "", "", row.target_low, row.target_high, row.status if label == "2011-11" else "")
                for label in labels
                if row.kpi != "csat"
            ]
    rows += [("csat", label, "", "", 0.78 if label >= "2011-07" else 0.7, NAN, "") for label in labels[:-1]]
    rows.append(("csat", "2011-11", "", "", 0.78, NAN, "met"))
    rows += [
        ("csat", "2011-11", "region", "United Kingdom", 0.78, NAN, "missed"),
        ("csat", "2011-11", "region", "EIRE", 0.7, NAN, "close"),
        ("orders", "2011-11", "region", "Germany", 100.0, NAN, "met"),
    ]
    return pd.DataFrame(rows, columns=list(TARGET_COLUMNS))


def tiers(locale: Locale) -> pd.DataFrame:
    """Three tiers."""
    cuts = [
        _t(locale, "top 5% of revenue", "收入前5%"),
        _t(locale, "next 15%", "其后15%"),
        _t(locale, "everyone else", "其余客户"),
    ]
    reasons = [
        _t(locale, f"12345: revenue £{n}, rank {r} of 4,277", f"12345：收入£{n}，排名{r}/4,277")
        for n, r in (("81,204.12", 3), ("4,021.50", 400), ("120.00", 3900))
    ]
    rows = zip(
        ("VIP", "key", "ordinary"),
        (214, 642, 3421),
        (0.05, 0.15, 0.8),
        (4_010_000.5, 1_840_000.0, 2_120_785.12),
        (0.503, 0.231, 0.266),
        (9, 30, 0),
        (5_120.4, 1_600.0, NAN),
        cuts,
        reasons,
        strict=True,
    )
    return pd.DataFrame(list(rows), columns=list(TIER_COLUMNS))


def stages(locale: Locale) -> pd.DataFrame:
    """All stages; one is empty, and of one it is not known how many there were."""
    rows = [
        ("prospect", 61, 0.01, 61, -1.25, 0.0, _t(locale, "no sale yet", "尚未购买")),
        ("new", 598, 0.1, 504, 353_716.95, 0.044, _t(locale, "first sale 9 days ago", "首次购买距今9天")),
        ("active", 384, 0.065, 349, 379_624.99, 0.048, ""),
        ("loyal", 1168, 0.198, 1095, 5_861_245.04, 0.735, ""),
        ("at_risk", 610, 0.103, 733, 453_482.83, 0.057, ""),
        ("dormant", 801, 0.136, 1103, 381_177.86, 0.048, ""),
        ("lost", 1599, 0.271, NAN, 6_381.49, 0.002, ""),
        ("won_back", 0, 0.0, 0, 0.0, 0.0, ""),
    ]
    return pd.DataFrame(rows, columns=list(STAGE_COLUMNS))


def customers(locale: Locale) -> pd.DataFrame:
    """Two customers; one whose id would be a formula."""
    why = _t(locale, "revenue £81,204.12", "收入£81,204.12")
    first = {"customer_id": ["12345", "=1+1"], "tier": ["VIP", "key"], "value": [81204.12, NAN], "reason": [why, ""]}
    return pd.DataFrame({**first, "stage": ["loyal", "at_risk"], "stage_reason": ["", ""]})


def quality() -> pd.DataFrame:
    """Two tables, one behind."""
    rows = [
        ("orders", "online_retail", 53_628, 44_876, 8_752, 12, 1_820, 0, date(2009, 12, 1), date(2011, 11, 30), pd.NaT),
        ("order_lines", "online_retail", 1_067_371, 814_353, 227_493, 0, 25_525, 0, date(2009, 12, 1), date(2011, 11, 30), date(2011, 11, 30)),
        ("surveys", "files", 5_210, 5_210, 0, 3, 0, 14, date(2010, 1, 4), date(2011, 11, 19), date(2011, 11, 20)),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(QUALITY_COLUMNS))


def rejects(locale: Locale) -> pd.DataFrame:
    """Three reasons."""
    return pd.DataFrame(
        [
            (
                "order_lines",
                "online_retail",
                "no_customer",
                _t(locale, "line without a customer", "缺少客户编号"),
                227_423,
            ),
            (
                "order_lines",
                "online_retail",
                "not_a_sale",
                _t(locale, "price or quantity not above zero", "价格或数量不大于零"),
                70,
            ),
            ("orders", "online_retail", "no_customer", _t(locale, "line without a customer", "缺少客户编号"), 8_752),
        ],
        columns=["table", "source", "reason", "title", "rows"],
    )


def provenance() -> dict[str, Any]:
    """Nested plain data."""
    return {
        "parameters": {"workbook": "online_retail", "as_of": "2011-11-30", "tiers": {"rule": "percentile", "cut": {"VIP": 0.05, "key": 0.2}}, "slices": ["region"], "since": None, "tier_history": False},
        "plugins": [{"name": "builtin", "version": "0.1.0"}, {"name": "online_retail", "version": "1.2.0", "from": "plugins/online_retail"}],
        "sources": {"online_retail": {"files": ["online_retail_ii.parquet"], "fingerprint": "sha256:5f2b9c0c8f4a7f0e7d3b1a6a2f7c9d1e4b8a6c3f5f2b9c0c8f4a7f0e7d3b1a6a"}},
        "versions": {"cpm-core": "0.1.0", "duckdb": "1.5.6", "ibis-framework": "12.0.0"},
        "timings": {"sources": 1.2345, "facts": 3.1, "started": datetime(2011, 12, 1, 6, 0, tzinfo=UTC).isoformat()},
    }  # fmt: skip


def _t(locale: Locale, en: str, zh: str) -> str:
    return zh if locale == "zh" else en
