"""KPIs that derive from others' figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cpm_core.measure.compile import Compiled, refs
from cpm_core.measure.figures import FIGURE
from cpm_core.measure.fused import WHERE
from cpm_core.model.measures import Derived, Formula, KpiRef, Operation
from cpm_core.model.periods import Period, year_before
from cpm_core.model.settings import Settings


def combine(
    one: Compiled,
    found: Mapping[str, pd.DataFrame],
    periods: Sequence[Period],
    settings: Settings,
    slices: frozenset[str],
) -> pd.DataFrame:
    """Figures of a derived KPI in each period and member that all its parts have."""
    measure = one.measure
    assert isinstance(measure, Derived)
    named = sorted(refs(measure), key=repr)
    frames = [_part(ref, found[ref.id], periods, settings, slices) for ref in named]
    whole = frames[0]
    for frame in frames[1:]:
        whole = whole.merge(frame, on=WHERE, how="inner")
    values = {ref: whole[_column(ref)] for ref in named}
    result = whole[WHERE].copy()
    result["numerator"] = _evaluate(measure.numerator, values)
    result["denominator"] = np.nan
    result["value"] = result["numerator"] + measure.plus
    if measure.denominator is not None:
        result["denominator"] = _evaluate(measure.denominator, values)
        result["value"] = result["numerator"] / result["denominator"].where(result["denominator"] > 0) + measure.plus
    result["n"] = whole[[f"{_column(ref)}_n" for ref in named]].max(axis=1)
    result["low"] = result["high"] = result["limit"] = result["error"] = np.nan
    result["deff"] = 1.0
    result["state"] = np.where(result["value"].isna(), "undefined", "ok")
    return result[[*WHERE, *FIGURE]]


def _column(ref: KpiRef) -> str:
    return f"{ref.id}@year" if ref.year_back else ref.id


def _part(
    ref: KpiRef, frame: pd.DataFrame, periods: Sequence[Period], settings: Settings, slices: frozenset[str]
) -> pd.DataFrame:
    frame = frame[frame["slice"].isin({"", *slices})]
    part = frame[[*WHERE, "value", "n"]].rename(columns={"value": _column(ref), "n": f"{_column(ref)}_n"})
    if ref.year_back:
        later = {
            pd.Timestamp(year_before(period, settings.period, settings.year_starts).start): pd.Timestamp(period.start)
            for period in periods
        }
        part = part.assign(period_start=part["period_start"].map(later)).dropna(subset=["period_start"])
    return part


def _evaluate(formula: Formula, values: Mapping[KpiRef, pd.Series]) -> pd.Series:
    if isinstance(formula, KpiRef):
        return values[formula]
    assert isinstance(formula, Operation)
    left, right = _evaluate(formula.left, values), _evaluate(formula.right, values)
    if formula.sign == "*":
        return left * right
    return left + right if formula.sign == "+" else left - right
