"""A KPI's total over the shown periods, read from the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpm_core.model.periods import Period, periods_until
from cpm_core.report import format as fmt
from cpm_core.report.inputs import ReportData
from cpm_core.report.sparkline import Point

if TYPE_CHECKING:
    import pandas as pd


def shown_periods(data: ReportData) -> tuple[Period, ...]:
    """The periods of the history, oldest first, the as-of period last."""
    one = data.settings
    return periods_until(data.period.start, one.period, one.history, one.year_starts)


def totals(data: ReportData) -> pd.DataFrame:
    """The facts that belong to no slice."""
    return data.facts[data.facts["slice"].fillna("") == ""]


def histories(data: ReportData) -> dict[str, tuple[Point, ...]]:
    """By KPI, the shown periods that have a value."""
    place = {period.label: index for index, period in enumerate(shown_periods(data))}
    facts = totals(data)
    facts = facts[facts["period"].isin(list(place)) & facts["value"].notna()]
    columns = ["kpi", "period", "value", "low", "high", "complete", "state"]
    found: dict[str, list[Point]] = {kpi.id: [] for kpi in data.kpis}
    for kpi, period, value, low, high, complete, state in facts[columns].itertuples(index=False, name=None):
        if kpi in found:
            down, up = fmt.number(low), fmt.number(high)
            whole = complete == complete and bool(complete)  # noqa: PLR0124  NaN differs from itself
            found[kpi].append(Point(place[period], float(value), down, up, complete=whole, few=state == "few"))
    return {kpi: tuple(sorted(points, key=lambda point: point.index)) for kpi, points in found.items()}
