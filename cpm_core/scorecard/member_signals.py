"""Signals of a KPI in every period, of its total or of each member of a slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from cpm_core.measure import slices
from cpm_core.measure.compile import Compiled
from cpm_core.measure.facts import measure
from cpm_core.model.errors import MeasureError
from cpm_core.model.periods import Period, year_before
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale
from cpm_core.scorecard.build import Series, Verdict, is_amount, series_of, verdict_of
from cpm_core.tables.derive import Catalog

COLUMNS = ("period", "member", "value", "signal", "basis", "low", "high", "reason")
"""``signal`` is `above`, `below`, `run above`, `run below` or empty; ``low`` and ``high`` are the values between which
the figure would be usual (NaN without limits), from its own `level` or its change on the `year` before: ``basis``."""


def signals(
    name: str,
    slice_: str,
    compiled: Mapping[str, Compiled],
    catalog: Catalog,
    periods: Sequence[Period],
    settings: Settings,
    locale: Locale,
) -> pd.DataFrame:
    """One row a period and member (empty for the total), each judged by the periods before it; see COLUMNS.

    Raises:
        MeasureError: There is no such slice, or the KPI cannot be measured or does not reach it.
    """
    one = compiled[name]
    if slice_:
        slices.check(slice_, catalog)
        if slice_ not in slices.reached(one, compiled, [slice_], catalog):
            raise MeasureError(f"KPI {name!r} cannot reach the slice {slice_!r}")
    wanted = {part: compiled[part] for part in (*one.parts, name)}
    measured = measure(wanted, catalog, periods, [slice_] if slice_ else [], settings, locale)
    if measured.failures:
        raise MeasureError([one.problem for one in measured.failures])
    mine = measured.frame[(measured.frame["kpi"] == name) & (measured.frame["slice"] == slice_)]
    rows: list[dict[str, Any]] = []
    for member in sorted(mine["member"].unique()):
        rows += _judged(series_of(measured, one, slice_, member), member, periods, settings, locale)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values(["period", "member"], kind="stable", ignore_index=True)


def _judged(
    series: Series, member: str, periods: Sequence[Period], settings: Settings, locale: Locale
) -> Iterator[dict[str, Any]]:
    for period in periods:
        fact = series.at(period)
        if fact is None:
            continue
        verdict = verdict_of(series, period, settings, locale)
        low, high = _as_values(series, period, verdict, settings)
        told = {"signal": verdict.signal, "basis": verdict.basis, "low": low, "high": high}
        reason = verdict.reason or str(fact["reason"])
        yield {"period": period.label, "member": member, "value": fact["value"], **told, "reason": reason}


def _as_values(series: Series, period: Period, verdict: Verdict, settings: Settings) -> tuple[float, float]:
    """The limits as values; those of a change on the year before, from what the figure was then."""
    if verdict.basis != "year":
        return verdict.low, verdict.high
    ago = float(series.facts[year_before(period, settings.period, settings.year_starts).start]["value"])
    if is_amount(series):
        return ago * (1 + verdict.low), ago * (1 + verdict.high)
    return ago + verdict.low, ago + verdict.high
