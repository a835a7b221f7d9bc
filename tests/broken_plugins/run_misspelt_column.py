"""A KPI that asks for a column that its table does not have."""

from cpm_core.api import Mean, hookimpl, kpi


@kpi(table="surveys", at="responded_at", unit="score", better="higher", title={"en": "Mean score", "zh": "平均得分"})
def mean_score(surveys):
    """Mean of all scores."""
    return Mean(surveys.scoer)  # <- here


@hookimpl
def cpm_kpis():
    return [mean_score]
