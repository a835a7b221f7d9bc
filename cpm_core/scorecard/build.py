"""The scorecard: KPI x target x change x signal for the as-of period."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cpm_core.measure.compile import Compiled
from cpm_core.measure.facts import Measured
from cpm_core.measure.parts import is_share
from cpm_core.model.kpi import Kpi
from cpm_core.model.measures import Distinct, Quantile, Total
from cpm_core.model.periods import Period, before, year_before
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text
from cpm_core.scorecard import changes, signals
from cpm_core.scorecard.targets import Target, Targets

Mask: TypeAlias = NDArray[np.bool_]
"""Which rows."""
SEASONS = 24
"""From so many complete periods on, signals are looked for in the change on the year before."""

_FIGURE = ("value", "low", "high", "n", "numerator", "denominator")
_FACT = (*_FIGURE, "state", "reason", "complete", "provider", "version")
"""What is asked of facts."""
_POOLED = ("deff", "error")

_NOT_THERE = Text(en="{period} was not measured", zh="没有 {period} 的数据")
_INCOMPLETE = Text(en="{period} is not complete: {reason}", zh="{period} 周期不完整：{reason}")
_STATE = Text(en="no figure for {period}: {reason}", zh="{period} 没有数值：{reason}")
_TRAILING = Text(en="a trailing-year figure is compared with a year before only", zh="近一年滚动指标只与去年同期比较")
_FEW = Text(
    en="too few complete periods for limits ({n} of {needed})", zh="完整周期太少，无法确定控制限（{n}/{needed}）"
)
_SEASON = Text(
    en="the season is not removed (fewer than {needed} complete periods)", zh="未剔除季节性（完整周期少于 {needed} 个）"
)
_BASELESS = Text(
    en="the season is not removed (fewer than {needed} changes on the year before)",
    zh="未剔除季节性（同比变化少于 {needed} 个）",
)
_CHART: Mapping[str, Text] = {
    "above": Text(en="above its usual range, {low} to {high}", zh="高于正常范围（{low} 至 {high}）"),
    "below": Text(en="below its usual range, {low} to {high}", zh="低于正常范围（{low} 至 {high}）"),
    "run above": Text(en="8 periods in a row above its mean", zh="连续 8 个周期高于均值"),
    "run below": Text(en="8 periods in a row below its mean", zh="连续 8 个周期低于均值"),
}


@dataclass(frozen=True)
class Series:
    """One KPI's figures by period start, of the total or of one member, with what tests need."""

    kpi: Kpi
    compiled: Compiled
    facts: Mapping[date, Mapping[str, Any]]
    pooled: Mapping[date, Mapping[str, Any]]

    def at(self, period: Period) -> Mapping[str, Any] | None:
        """The fact of a period."""
        return self.facts.get(period.start)

    def sample(self, period: Period) -> changes.Sample:
        """The figure of a period as a two-sample test needs it."""
        fact, pool = self.facts[period.start], self.pooled[period.start]
        measure = self.compiled.measure
        share = measure is not None and is_share(measure)
        effective = float(fact["n"]) / float(pool["deff"])
        return changes.Sample(fact["value"], effective, fact["low"], fact["high"], share, float(pool["error"]))


def scorecard(
    measured: Measured,
    compiled: Mapping[str, Compiled],
    kpis: Sequence[Kpi],
    targets: Targets,
    period: Period,
    settings: Settings,
    locale: Locale,
) -> pd.DataFrame:
    """One row a KPI, columns as `cpm_core.report.inputs.SCORECARD_COLUMNS`."""
    rows, p_values = [], []
    totals = _totals(measured)
    for kpi in kpis:
        series = _series(measured, compiled[kpi.id], totals[kpi.id])
        row, p = _row(series, targets.of(kpi.id, period), period, settings, locale)
        rows.append(row)
        p_values += p
    surviving = changes.benjamini_hochberg(p_values)
    for index, row in enumerate(rows):
        row["change_significant"], row["year_significant"] = surviving[2 * index], surviving[2 * index + 1]
    return pd.DataFrame(rows)


def series_of(measured: Measured, compiled: Compiled, slice_: str = "", member: str = "") -> Series:
    """A KPI's figures by period: the total's, or those of one member of a slice."""
    frame = measured.frame
    mine = _of(frame, slice_, member) & (frame["kpi"] == compiled.kpi.id).to_numpy(dtype=bool)
    facts = dict(_by_day(frame, mine, _FACT))
    return _series(measured, compiled, facts, slice_, member)


def _totals(measured: Measured) -> dict[str, dict[date, Mapping[str, Any]]]:
    """The facts of every KPI's total, by KPI and period."""
    frame = measured.frame
    mine = _of(frame, "", "")
    found: dict[str, dict[date, Mapping[str, Any]]] = {}
    for name, (day, fact) in zip(frame["kpi"].array[mine], _by_day(frame, mine, _FACT), strict=True):
        found.setdefault(name, {})[day] = fact
    return found


def _series(
    measured: Measured, compiled: Compiled, facts: Mapping[date, Mapping[str, Any]], slice_: str = "", member: str = ""
) -> Series:
    pooled = measured.pooled.get(compiled.kpi.id)
    found = {} if pooled is None else dict(_by_day(pooled, _of(pooled, slice_, member), _POOLED))
    return Series(compiled.kpi, compiled, facts, found)


def _of(frame: pd.DataFrame, slice_: str, member: str) -> Mask:
    """Which rows are of a member of a slice."""
    both: Mask = ((frame["slice"] == slice_) & (frame["member"] == member)).to_numpy(dtype=bool)
    return both


def _by_day(frame: pd.DataFrame, mine: Mask, names: Sequence[str]) -> Iterator[tuple[date, Mapping[str, Any]]]:
    """The period of some rows, and some of their columns."""
    starts, *columns = (frame[name].array[mine].tolist() for name in ("period_start", *names))
    for start, row in zip(starts, zip(*columns, strict=True), strict=True):
        yield start.date(), dict(zip(names, row, strict=True))


def _row(
    series: Series, target: Target, period: Period, settings: Settings, locale: Locale
) -> tuple[dict[str, Any], list[float]]:
    kpi, fact = series.kpi, series.at(period)
    assert fact is not None
    judged = bool(fact["complete"]) and fact["state"] == "ok"
    status = target.status(fact["value"], fact["low"], fact["high"]) if judged and target.given else ""
    last = before(period, settings.period, 1, settings.year_starts)
    ago = year_before(period, settings.period, settings.year_starts)
    skip = _TRAILING.in_(locale) if kpi.overlaps(settings) else ""
    on_last, last_reason = compared(series, period, last, settings, locale, skip)
    on_year, year_reason = compared(series, period, ago, settings, locale, "")
    verdict = verdict_of(series, period, settings, locale)
    row = {
        "kpi": kpi.id,
        "title": kpi.title.in_(locale),
        "unit": kpi.unit,
        "better": kpi.better,
        "period": period.label,
        **{name: fact[name] for name in (*_FIGURE, "state", "reason")},
        "complete": bool(fact["complete"]),
        "complete_reason": "" if fact["complete"] else fact["reason"],
        "target_low": math.nan if target.low is None else target.low,
        "target_high": math.nan if target.high is None else target.high,
        "status": status,
        "previous_period": last.label,
        "previous": _value(series, last, last_reason),
        "change": on_last.difference,
        "change_low": on_last.low,
        "change_high": on_last.high,
        "change_reason": last_reason,
        "year_period": ago.label,
        "year_ago": _value(series, ago, year_reason),
        "year_change": on_year.difference,
        "year_reason": year_reason,
        "change_significant": False,
        "year_significant": False,
        "signal": verdict.signal,
        "signal_basis": verdict.basis,
        "signal_low": verdict.low,
        "signal_high": verdict.high,
        "signal_reason": verdict.reason,
        "provider": fact["provider"],
        "version": fact["version"],
    }
    return row, [on_last.p, on_year.p]


def _value(series: Series, period: Period, reason: str) -> float:
    fact = series.at(period)
    return math.nan if fact is None or reason else float(fact["value"])


def compared(
    series: Series, now: Period, then: Period, settings: Settings, locale: Locale, skip: str
) -> tuple[changes.Change, str]:
    """The change between two periods, or why there is none."""
    if skip:
        return changes.Change(math.nan), skip
    for period in (now, then):
        fact = series.at(period)
        if fact is None:
            return changes.Change(math.nan), _NOT_THERE.format(period=period.label).in_(locale)
        if not fact["complete"]:
            words = _INCOMPLETE.format(period=period.label, reason=fact["reason"])
            return changes.Change(math.nan), words.in_(locale)
        if math.isnan(fact["value"]):
            return changes.Change(math.nan), _STATE.format(period=period.label, reason=fact["reason"]).in_(locale)
    found = changes.change(series.sample(now), series.sample(then), settings.confidence)
    states = {series.facts[period.start]["state"] for period in (now, then)}
    # A figure on few rows is shown but raises no signal.
    return (found if states == {"ok"} else changes.Change(found.difference)), ""


@dataclass(frozen=True)
class Verdict:
    """What an XmR chart says of a figure.

    Attributes:
        basis: `level` or `year` (the change on the year before); empty without limits.
        low, high: The limits: values, or changes on the year before (relative ones of amounts).
    """

    signal: signals.Signal = ""
    basis: str = ""
    low: float = math.nan
    high: float = math.nan
    reason: str = ""


def verdict_of(series: Series, period: Period, settings: Settings, locale: Locale) -> Verdict:
    """The XmR verdict on one period, from the complete periods before it."""
    if series.kpi.overlaps(settings):
        return Verdict(reason=_TRAILING.in_(locale))
    values_by_day = {
        day: float(fact["value"])
        for day, fact in series.facts.items()
        if fact["complete"] and fact["state"] == "ok" and day <= period.start
    }
    if period.start not in values_by_day:
        return Verdict()
    known = len(values_by_day) >= SEASONS
    on_year = _on_year(series, values_by_day, settings) if known else []
    # Two years of months make limits of changes on the year before; of weeks and days they make too few.
    seasonal = len(on_year) > signals.BASELINE
    values = on_year if seasonal else list(values_by_day.values())
    signal, found = signals.judge(values)
    if found is None:
        return Verdict(reason=_FEW.format(n=max(len(values) - 1, 0), needed=signals.BASELINE).in_(locale))
    relative = seasonal and is_amount(series)
    low, high = (math.expm1(end) if relative else end for end in (found.low, found.high))
    ends = {name: _end(value, series, seasonal) for name, value in (("low", low), ("high", high))}
    reasons = [_CHART[signal].format(**ends)] if signal else []
    if not seasonal:
        reasons.append(_BASELESS.format(needed=signals.BASELINE + 1) if known else _SEASON.format(needed=SEASONS))
    between = "；" if locale == "zh" else "; "
    return Verdict(signal, "year" if seasonal else "level", low, high, between.join(one.in_(locale) for one in reasons))


_POINTS = Text(en="{value} pp", zh="{value} 个百分点")


def _end(value: float, series: Series, seasonal: bool) -> Text:
    """A limit in words: a change with its sign, relative or in percentage points; or a value."""
    percent, points = series.kpi.unit == "percent", False
    if not seasonal:
        words = f"{value:.1%}" if percent else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    elif is_amount(series):
        words = f"{value:+.1%}"
    else:
        points = percent
        words = f"{value * 100:+.1f}" if percent else f"{value:+.3g}"
    words = words.replace("-", "\u2212")
    return _POINTS.format(value=words) if points else Text(en=words, zh=words)


def is_amount(series: Series) -> bool:
    """Whether changes of it are seen relative to what it was, and not as differences."""
    return isinstance(series.compiled.measure, (Total, Distinct, Quantile))


def _on_year(series: Series, values: Mapping[date, float], settings: Settings) -> list[float]:
    """Changes on the same period a year before: log ratio of amounts and counts, difference of the others."""
    found: list[float] = []
    known = False
    for start, now in values.items():
        ago = year_before(Period(start, start, ""), settings.period, settings.year_starts).start
        known = ago in values
        if not known:
            continue
        then = values[ago]
        if not is_amount(series):
            found.append(now - then)
        elif now > 0 and then > 0:
            found.append(math.log(now / then))
        else:
            known = False
    # Without a change of its own, the last period must not be judged by an earlier one's.
    return found if known else []
