"""Satisfaction: what customers say when asked, and how many of them answer."""

from __future__ import annotations

from functools import partial
from typing import Any

from cpm_core.api import Kpi, Mean, Ratio, Settings, Text, hookimpl, kpi, start_of

_LAST = Text(en="each customer's last answer", zh="每位客户的最后一次回答")
_WITHIN = Text(en="within {days} days", zh="{days} 天内")


def _unit(settings: Settings) -> Text | None:
    return _LAST if settings.survey_unit == "customer" else None


def _window(settings: Settings) -> Text:
    return _WITHIN.format(days=settings.survey_window_days)


_of_answers = partial(kpi, table="surveys", at="responded_at", group="satisfaction", better="higher", says=_unit)
_of_sent = partial(
    kpi, table="surveys", at="sent_at", group="satisfaction", better="higher", unit="percent", says=_window
)
_beside_a_score = partial(_of_sent, hidden=True)


def _answers(surveys: Any, settings: Any, kind: str) -> Any:
    """Whether a row counts: a scored answer of the kind, or each customer's last one of the period."""
    import ibis

    scored = (surveys.kind == kind) & surveys.score.notnull()
    if settings.survey_unit == "answer":
        return scored
    period = start_of(surveys.responded_at, settings.period, settings.year_starts)
    latest_first = ibis.window(
        group_by=[surveys.customer_id, scored, period],
        order_by=[surveys.responded_at_utc.desc(), surveys.response_id.desc()],
    )
    return scored & (ibis.row_number().over(latest_first) == 0)


def _on_scale(surveys: Any, low: int, high: int) -> Any:
    """Scores moved from their own scale to another one."""
    width = surveys.scale_max - surveys.scale_min
    return low + (high - low) * (surveys.score - surveys.scale_min) / width


@_of_answers(
    title={"en": "Customer satisfaction (CSAT)", "zh": "客户满意度（CSAT）"},
    unit="percent",
    beside=("csat_response_rate",),
    described_zh="有得分的 CSAT 回答中，得分位于量表最高四分之一的比例：5 分制的 4–5 分、7 分制的 6–7 分、0–10 分制的 8–10 分、是/否中的“是”。",
)
def csat(surveys: Any, settings: Any) -> Ratio:
    """Share of scored CSAT answers in the top quarter of their scale: 4-5 of 5, 6-7 of 7, 8-10 of 10, yes of yes and no."""
    asked = _answers(surveys, settings, "csat")
    top = surveys.score - surveys.scale_min >= 0.75 * (surveys.scale_max - surveys.scale_min)
    return Ratio(asked & top, asked, cluster="customer_id")


@_of_answers(
    title={"en": "Mean CSAT score (1–5)", "zh": "CSAT 平均得分（1–5 分）"},
    unit="score",
    beside=("csat_response_rate",),
    described_zh="CSAT 得分的均值，各量表均换算为 1–5 分。",
)
def csat_mean(surveys: Any, settings: Any) -> Mean:
    """Mean CSAT score, each moved from its own scale to 1-5."""
    return Mean(_on_scale(surveys, 1, 5), where=_answers(surveys, settings, "csat"), cluster="customer_id")


@_of_answers(
    title={"en": "Net promoter score (NPS)", "zh": "净推荐值（NPS）"},
    unit="points",
    beside=("nps_response_rate",),
    described_zh="9–10 分的比例减去 0–6 分的比例，乘以 100；只计 0–10 分制的题目，不作换算。",
    source="Reichheld, F. F. (2003), The One Number You Need to Grow, Harvard Business Review 81 (12)",
)
def nps(surveys: Any, settings: Any) -> Mean:
    """Share of 9-10 minus share of 0-6, times 100; from 0-10 questions only, never rescaled."""
    import ibis

    points = ibis.cases((surveys.score >= 9, 100.0), (surveys.score <= 6, -100.0), else_=0.0)
    return Mean(points, where=_answers(surveys, settings, "nps"), cluster="customer_id", interval="nps")


@_of_answers(
    title={"en": "Customer effort score (CES, 1–7)", "zh": "客户费力度得分（CES，1–7 分）"},
    unit="score",
    beside=("ces_response_rate",),
    described_zh="费力度得分的均值，各量表均换算为 1–7 分，7 分为非常轻松；方向相反的量表在数据映射中以 `reverse: true` 反转。",
    source="Dixon, M., Freeman, K., Toman, N. (2010), Stop Trying to Delight Your Customers, Harvard Business Review 88 (7/8)",
)
def ces(surveys: Any, settings: Any) -> Mean:
    """Mean effort score, each moved from its own scale to 1-7; 7 is very easy (`reverse: true` turns other scales)."""
    return Mean(_on_scale(surveys, 1, 7), where=_answers(surveys, settings, "ces"), cluster="customer_id")


def _responses(surveys: Any, settings: Any, kind: str | None = None) -> Ratio:
    """Surveys answered in time, of those sent long enough ago."""
    from datetime import timedelta

    import ibis

    window = settings.survey_window_days
    due = surveys.sent_at.date() <= settings.as_of - timedelta(days=window)
    due = due if kind is None else due & (surveys.kind == kind)
    in_time = surveys.responded_at_utc <= surveys.sent_at_utc + ibis.interval(days=window)
    return Ratio(due & in_time.fill_null(False), due, cluster="customer_id")


@_of_sent(
    title={"en": "Survey response rate", "zh": "问卷回复率"},
    described_zh="周期内发出、且截至报告日已满 `survey_window_days` 天的问卷中，在这些天内得到回复的比例。",
)
def survey_response_rate(surveys: Any, settings: Any) -> Ratio:
    """Of surveys sent at least `survey_window_days` before the as-of day, the share answered within that many days."""
    return _responses(surveys, settings)


@_beside_a_score(
    title={"en": "CSAT response rate", "zh": "CSAT 问卷回复率"}, described_zh="仅计 CSAT 题目的问卷回复率。"
)
def csat_response_rate(surveys: Any, settings: Any) -> Ratio:
    """The survey response rate of CSAT questions."""
    return _responses(surveys, settings, "csat")


@_beside_a_score(title={"en": "NPS response rate", "zh": "NPS 问卷回复率"}, described_zh="仅计 NPS 题目的问卷回复率。")
def nps_response_rate(surveys: Any, settings: Any) -> Ratio:
    """The survey response rate of NPS questions."""
    return _responses(surveys, settings, "nps")


@_beside_a_score(title={"en": "CES response rate", "zh": "CES 问卷回复率"}, described_zh="仅计 CES 题目的问卷回复率。")
def ces_response_rate(surveys: Any, settings: Any) -> Ratio:
    """The survey response rate of CES questions."""
    return _responses(surveys, settings, "ces")


@hookimpl
def cpm_kpis() -> list[Kpi]:
    """KPIs of surveys."""
    return [
        csat,
        csat_mean,
        nps,
        ces,
        survey_response_rate,
        csat_response_rate,
        nps_response_rate,
        ces_response_rate,
    ]
