"""Satisfaction: what customers say when asked."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Kpi, Mean, Ratio, hookimpl, kpi


@kpi(
    title={"en": "Customer satisfaction (CSAT)", "zh": "客户满意度（CSAT）"},
    unit="percent",
    better="higher",
    table="surveys",
    at="responded_at",
    group="satisfaction",
)
def csat(surveys: Any) -> Ratio:
    """Share of scored CSAT answers in the top quarter of their scale: 4-5 of 5, 6-7 of 7, 8-10 of 10."""
    asked = (surveys.kind == "csat") & surveys.score.notnull()
    top = surveys.score - surveys.scale_min >= 0.75 * (surveys.scale_max - surveys.scale_min)
    return Ratio(asked & top, asked, cluster="customer_id")


@kpi(
    title={"en": "Net promoter score (NPS)", "zh": "净推荐值（NPS）"},
    unit="points",
    better="higher",
    table="surveys",
    at="responded_at",
    group="satisfaction",
)
def nps(surveys: Any) -> Mean:
    """Share of 9-10 minus share of 0-6, times 100 (Reichheld 2003); from 0-10 questions only."""
    import ibis

    points = ibis.cases((surveys.score >= 9, 100.0), (surveys.score <= 6, -100.0), else_=0.0)
    asked = (surveys.kind == "nps") & surveys.score.notnull()
    return Mean(points, where=asked, cluster="customer_id", interval="nps")


@kpi(
    title={"en": "Survey response rate", "zh": "问卷回复率"},
    unit="percent",
    better="higher",
    table="surveys",
    at="sent_at",
    group="satisfaction",
)
def survey_response_rate(surveys: Any, settings: Any) -> Ratio:
    """Of surveys sent at least `survey_window_days` before the as-of day, the share answered within that many days."""
    from datetime import timedelta

    import ibis

    window = settings.survey_window_days
    due = surveys.sent_at.date() <= settings.as_of - timedelta(days=window)
    in_time = surveys.responded_at_utc <= surveys.sent_at_utc + ibis.interval(days=window)
    return Ratio(due & in_time.fill_null(False), due, cluster="customer_id")


@hookimpl
def cpm_kpis() -> list[Kpi]:
    """KPIs of surveys."""
    return [csat, nps, survey_response_rate]
