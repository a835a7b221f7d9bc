"""KPIs that derive from others' figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cpm_core.measure.cells import WHERE
from cpm_core.measure.compile import Compiled
from cpm_core.measure.figures import ASIDE, FIGURE
from cpm_core.measure.shape import refs
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
    """Figures of a derived KPI in each period and member that all its parts have; `lacking` names a part without data.

    What a part tells aside comes along in the columns `aside@part` and `aside_of@part`.
    A part of the year before that was not measured leaves its figure empty, not away.
    """
    measure = one.measure
    assert isinstance(measure, Derived)
    named = sorted(refs(measure), key=lambda ref: (ref.year_back, ref.id))
    whole = _part(named[0], found[named[0].id], periods, settings, slices)
    for ref in named[1:]:
        part = _part(ref, found[ref.id], periods, settings, slices)
        whole = whole.merge(part, on=WHERE, how="left" if ref.year_back else "inner")
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
    gone = [(whole[f"{_column(ref)}_state"] == "no data").to_numpy(dtype=bool) for ref in named]
    lacks = result["value"].isna() & np.logical_or.reduce(gone)
    result["state"] = np.where(lacks, "no data", np.where(result["value"].isna(), "undefined", "ok"))
    result["lacking"] = np.where(lacks, np.select(gone, [ref.id for ref in named], ""), "")
    asides = [name for name in whole.columns if name.startswith(tuple(f"{one}@" for one in ASIDE))]
    return result[[*WHERE, *FIGURE, "lacking"]].assign(**{name: whole[name] for name in asides})


def _column(ref: KpiRef) -> str:
    return f"{ref.id}@year" if ref.year_back else ref.id


def _part(
    ref: KpiRef, frame: pd.DataFrame, periods: Sequence[Period], settings: Settings, slices: frozenset[str]
) -> pd.DataFrame:
    frame = frame[frame["slice"].isin({"", *slices})]
    names = {"value": _column(ref), "n": f"{_column(ref)}_n", "state": f"{_column(ref)}_state"}
    if not ref.year_back:
        names |= {name: f"{name}@{ref.id}" for name in ASIDE if name in frame}
    part = frame[[*WHERE, *names]].rename(columns=names)
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
