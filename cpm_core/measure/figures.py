"""From summed parts to figures: value, interval, state."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cpm_core.measure import intervals, survival
from cpm_core.measure.fused import WHERE
from cpm_core.measure.parts import is_share
from cpm_core.model.measures import Concentration, Distinct, Frame, Mean, Measure, Quantile, Ratio, Total
from cpm_core.model.settings import Settings

FIGURE = ["value", "numerator", "denominator", "n", "low", "high", "state", "limit", "deff", "error"]
"""`limit` is the longest time observed where a median is not reached; `deff` the design effect;
`error` the standard error of a mean or ratio of sums."""
ASIDE = ["aside", "aside_of"]
"""Sums told beside a figure, of a measure that has such."""


def figures(measure: Measure, parts: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """WHERE and FIGURE for each row of summed parts; ASIDE too where the measure tells something aside."""
    if isinstance(measure, Quantile):
        return _quantiles(measure, parts, settings)
    if isinstance(measure, Frame):
        return _of_function(parts, settings)
    frame = parts[WHERE].copy()
    frame["numerator"] = parts["num"]
    frame["n"] = parts["n"].fillna(0)
    frame["limit"] = np.nan
    frame["deff"], frame["error"] = 1.0, np.nan
    if isinstance(measure, (Total, Distinct)):
        frame["value"], frame["denominator"] = parts["num"], np.nan
        frame["low"] = frame["high"] = np.nan
        frame["state"] = "ok"
        return _with_aside(measure, parts, frame[[*WHERE, *FIGURE]])
    frame["denominator"] = parts["den"]
    den = parts["den"].where(parts["den"] > 0)
    frame["value"] = parts["num"] / den
    if isinstance(measure, Concentration):
        frame["low"] = frame["high"] = np.nan
    else:
        frame["deff"] = _design_effect(measure, parts, frame)
        frame["error"] = _standard_error(measure, parts, frame)
        frame["low"], frame["high"] = _interval(measure, parts, frame, settings)
    frame["state"] = _states(frame, settings)
    return _with_aside(measure, parts, frame[[*WHERE, *FIGURE]])


def _of_function(parts: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    frame = parts[[*WHERE, "value", "n"]].assign(numerator=parts["num"], denominator=parts["den"])
    frame = frame.assign(low=np.nan, high=np.nan, limit=np.nan, deff=1.0, error=np.nan)
    frame["state"] = _states(frame, settings)
    return frame[[*WHERE, *FIGURE]]


def _states(frame: pd.DataFrame, settings: Settings) -> np.ndarray:
    return np.where(frame["value"].isna(), "undefined", np.where(frame["n"] < settings.min_n, "few", "ok"))


def _with_aside(measure: Measure, parts: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The figures with what is told aside; a share of it that is too small leaves no figure."""
    aside = measure.aside if isinstance(measure, (Total, Ratio, Mean)) else None
    if aside is None:
        return frame
    of = parts["aside_of"] if aside.of is not None else np.nan
    frame = frame.assign(aside=parts["aside"], aside_of=of)
    if aside.at_least is not None:
        # Also where nothing at all is covered; where there is no whole, nothing is wanting.
        low = share_aside(frame) < aside.at_least
        frame.loc[low, ["value", "low", "high", "error"]] = np.nan
        frame.loc[low, "state"] = "no data"
    return frame


def share_aside(frame: pd.DataFrame) -> pd.Series:
    """What is told aside as a share of its whole; NaN where there is no whole."""
    return frame["aside"] / frame["aside_of"].where(frame["aside_of"] > 0)


def _interval(measure: Measure, parts: pd.DataFrame, frame: pd.DataFrame, settings: Settings) -> intervals.Interval:
    value, n = intervals.as_array(frame["value"]), intervals.as_array(frame["n"])
    effective = n / intervals.as_array(frame["deff"])
    confidence = settings.confidence
    if isinstance(measure, Ratio) and is_share(measure):
        return intervals.wilson(value * effective, effective, confidence)
    if isinstance(measure, Ratio):
        return intervals.ratio_of_sums(_sums(parts), n, confidence)
    if isinstance(measure, Mean) and measure.interval == "nps":
        both, balance = intervals.as_array(parts["nn"]) / 1e4, intervals.as_array(parts["num"]) / 100
        shrink = effective / np.where(n > 0, n, np.nan)
        return intervals.adjusted_wald(
            (both + balance) / 2 * shrink, (both - balance) / 2 * shrink, effective, confidence
        )
    return intervals.student(value, row_variance(parts, frame), effective, confidence)


def _standard_error(measure: Measure, parts: pd.DataFrame, frame: pd.DataFrame) -> intervals.Array:
    n = intervals.as_array(frame["n"])
    if isinstance(measure, Ratio) and is_share(measure):
        return np.full(len(frame), np.nan)
    if isinstance(measure, Ratio):
        return np.asarray(np.sqrt(intervals.ratio_variance(_sums(parts), n)))
    with np.errstate(divide="ignore", invalid="ignore"):
        error: intervals.Array = np.sqrt(row_variance(parts, frame) / (n / intervals.as_array(frame["deff"])))
    return error


def _sums(parts: pd.DataFrame) -> intervals.Sums:
    return intervals.Sums(**{name: intervals.as_array(parts[name]) for name in ("num", "den", "nn", "dd", "nd")})


def row_variance(parts: pd.DataFrame, frame: pd.DataFrame) -> intervals.Array:
    """Sample variance of one row's value, from the sums of values and of squares."""
    n, value = intervals.as_array(frame["n"]), intervals.as_array(frame["value"])
    with np.errstate(divide="ignore", invalid="ignore"):
        variance: intervals.Array = np.maximum(intervals.as_array(parts["nn"]) - n * value**2, 0) / (n - 1)
    return variance


def _design_effect(measure: Measure, parts: pd.DataFrame, frame: pd.DataFrame) -> intervals.Array:
    if "clusters" not in parts:
        return np.ones(len(parts))
    value, n = intervals.as_array(frame["value"]), intervals.as_array(frame["n"])
    between = parts["cnn"] - 2 * frame["value"] * parts["cnd"] + frame["value"] ** 2 * parts["cdd"]
    share = isinstance(measure, Ratio) and is_share(measure)
    variance = value * (1 - value) if share else row_variance(parts, frame)
    clusters = intervals.as_array(parts["clusters"])
    return intervals.design_effect(clusters, intervals.as_array(between), n, variance)


def _quantiles(measure: Quantile, times: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    rows = []
    for where, part in times.groupby(WHERE, sort=False):
        curve = survival.kaplan_meier(*(intervals.as_array(part[name]) for name in ("time", "events", "censored")))
        value = survival.quantile(curve, measure.q)
        low, high = survival.quantile_interval(curve, measure.q, settings.confidence)
        state = "undefined" if np.isnan(value) else "few" if curve.n < settings.min_n else "ok"
        limit = curve.longest if np.isnan(value) else np.nan
        rows.append([*where, value, curve.events, curve.n, curve.n, low, high, state, limit, 1.0, np.nan])
    frame = pd.DataFrame(rows, columns=[*WHERE, *FIGURE])
    numbers = [name for name in FIGURE if name != "state"]
    return frame.astype(dict.fromkeys(numbers, "float64"))
