"""From summed parts to figures: value, interval, state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cpm_core.measure import intervals, survival
from cpm_core.measure.cells import Column, Parts, Places, codes
from cpm_core.measure.intervals import Array
from cpm_core.measure.parts import is_share
from cpm_core.model.measures import Concentration, Distinct, Frame, Mean, Measure, Quantile, Ratio, Total
from cpm_core.model.settings import Settings

FIGURE = ["value", "numerator", "denominator", "n", "low", "high", "state", "limit", "deff", "error"]
"""`limit` is the longest time observed where a median is not reached; `deff` the design effect;
`error` the standard error of a mean or ratio of sums."""
ASIDE = ["aside", "aside_of"]
"""Sums told beside a figure, of a measure that has such."""
NUMBERS = [name for name in FIGURE if name != "state"]


@dataclass(frozen=True, eq=False)
class Figures:
    """The figures of one KPI: NUMBERS at each place, ASIDE too where the measure tells something aside, and states."""

    places: Places
    numbers: Mapping[str, Array]
    state: Column


def figures(measure: Measure, parts: Parts, settings: Settings) -> Figures:
    """The figures of summed parts; of a Quantile at each place of its times."""
    if isinstance(measure, Quantile):
        return _quantiles(measure, parts, settings)
    if isinstance(measure, Frame):
        return _of_function(parts, settings)
    num, n, none = parts["num"], np.nan_to_num(parts["n"], nan=0.0), np.full(len(parts.places), np.nan)
    found = dict.fromkeys(NUMBERS, none) | {"numerator": num, "n": n, "deff": np.ones(len(none))}
    if isinstance(measure, (Total, Distinct)):
        state = np.full(len(num), "ok", dtype=object)
        return _with_aside(measure, parts, Figures(parts.places, found | {"value": num}, state))
    den = parts["den"]
    value = num / np.where(den > 0, den, np.nan)
    found |= {"denominator": den, "value": value}
    if not isinstance(measure, Concentration):
        deff = _design_effect(measure, parts, value, n)
        low, high = _interval(measure, parts, value, n, deff, settings)
        error = _standard_error(measure, parts, value, n, deff)
        found |= {"deff": deff, "error": error, "low": low, "high": high}
    return _with_aside(measure, parts, Figures(parts.places, found, _states(value, n, settings)))


def _of_function(parts: Parts, settings: Settings) -> Figures:
    value, n, none = parts["value"], parts["n"], np.full(len(parts.places), np.nan)
    found = dict.fromkeys(NUMBERS, none) | {"value": value, "numerator": parts["num"], "denominator": parts["den"]}
    return Figures(parts.places, found | {"n": n, "deff": np.ones(len(n))}, _states(value, n, settings))


def _states(value: Array, n: Array, settings: Settings) -> Column:
    return np.where(np.isnan(value), "undefined", np.where(n < settings.min_n, "few", "ok")).astype(object)


def _with_aside(measure: Measure, parts: Parts, found: Figures) -> Figures:
    """The figures with what is told aside; a share of it that is too small leaves no figure."""
    aside = measure.aside if isinstance(measure, (Total, Ratio, Mean)) else None
    if aside is None:
        return found
    value = parts["aside"]
    of = parts["aside_of"] if aside.of is not None else np.full(len(value), np.nan)
    numbers, state = {**found.numbers, "aside": value, "aside_of": of}, found.state
    if aside.at_least is not None:
        # Also where nothing at all is covered; where there is no whole, nothing is wanting.
        low = share_aside(value, of) < aside.at_least
        numbers |= {name: np.where(low, np.nan, numbers[name]) for name in ("value", "low", "high", "error")}
        state = np.where(low, "no data", state)
    return replace(found, numbers=numbers, state=state)


def share_aside(aside: Array, of: Array) -> Array:
    """What is told aside as a share of its whole; NaN where there is no whole."""
    share: Array = aside / np.where(of > 0, of, np.nan)
    return share


def _interval(
    measure: Measure, parts: Parts, value: Array, n: Array, deff: Array, settings: Settings
) -> intervals.Interval:
    effective, confidence = n / deff, settings.confidence
    if isinstance(measure, Ratio) and is_share(measure):
        return intervals.wilson(value * effective, effective, confidence)
    if isinstance(measure, Ratio):
        return intervals.ratio_of_sums(_sums(parts), n, confidence)
    if isinstance(measure, Mean) and measure.interval == "nps":
        both, balance = parts["nn"] / 1e4, parts["num"] / 100
        shrink = effective / np.where(n > 0, n, np.nan)
        return intervals.adjusted_wald(
            (both + balance) / 2 * shrink, (both - balance) / 2 * shrink, effective, confidence
        )
    return intervals.student(value, _row_variance(parts, value, n), effective, confidence)


def _standard_error(measure: Measure, parts: Parts, value: Array, n: Array, deff: Array) -> Array:
    if isinstance(measure, Ratio) and is_share(measure):
        return np.full(len(n), np.nan)
    if isinstance(measure, Ratio):
        return np.asarray(np.sqrt(intervals.ratio_variance(_sums(parts), n)))
    with np.errstate(divide="ignore", invalid="ignore"):
        error: Array = np.sqrt(_row_variance(parts, value, n) / (n / deff))
    return error


def _sums(parts: Parts) -> intervals.Sums:
    return intervals.Sums(**{name: parts[name] for name in ("num", "den", "nn", "dd", "nd")})


def _row_variance(parts: Parts, value: Array, n: Array) -> Array:
    """Sample variance of one row's value, from the sums of values and of squares."""
    with np.errstate(divide="ignore", invalid="ignore"):
        variance: Array = np.maximum(parts["nn"] - n * value**2, 0) / (n - 1)
    return variance


def _design_effect(measure: Measure, parts: Parts, value: Array, n: Array) -> Array:
    if "clusters" not in parts:
        return np.ones(len(n))
    between = parts["cnn"] - 2 * value * parts["cnd"] + value**2 * parts["cdd"]
    share = isinstance(measure, Ratio) and is_share(measure)
    variance = value * (1 - value) if share else _row_variance(parts, value, n)
    return intervals.design_effect(parts["clusters"], between, n, variance)


def _quantiles(measure: Quantile, times: Parts, settings: Settings) -> Figures:
    """One figure for all times of a place."""
    (numbers,) = codes(times.places)
    order = np.argsort(numbers, kind="stable")
    cuts = np.flatnonzero(np.diff(numbers[order])) + 1
    columns = [np.split(times[name][order], cuts) for name in ("time", "events", "censored")]
    # np.split of nothing gives one part of nothing.
    rows = [_quantile(measure, settings, *one) for one in zip(*columns, strict=True)] if len(order) else []
    places = times.places.take(order[np.concatenate(([0], cuts))] if rows else order)
    value, events, n, low, high, limit = np.array(rows, dtype="float64").reshape(len(rows), 6).T
    none = np.full(len(rows), np.nan)
    found = {"value": value, "numerator": events, "denominator": n, "n": n, "low": low, "high": high, "limit": limit}
    return Figures(places, {**found, "deff": np.ones(len(rows)), "error": none}, _states(value, n, settings))


def _quantile(measure: Quantile, settings: Settings, *times: Array) -> tuple[float, ...]:
    curve = survival.kaplan_meier(*times)
    value = survival.quantile(curve, measure.q)
    low, high = survival.quantile_interval(curve, measure.q, settings.confidence)
    return value, curve.events, curve.n, low, high, curve.longest if np.isnan(value) else np.nan
