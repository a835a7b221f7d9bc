"""What customers are worth from here on, worked out of their histories: numbers alone, no tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cpm_core.customers.contracts import Lives
from cpm_core.customers.histories import Histories, Numbers
from cpm_core.customers.models import contracts as sbg
from cpm_core.customers.models import orders, spending, worth
from cpm_core.customers.models.bands import Band
from cpm_core.customers.models.fit import TITLES, Fit
from cpm_core.customers.models.history import History
from cpm_core.customers.models.months import MONTH
from cpm_core.model.text import Text
from cpm_core.model.value import Value, ValueModel

if TYPE_CHECKING:
    import pyarrow as pa

Basis = Literal["margin", "revenue", "contracts"]
FITS: Mapping[ValueModel, Callable[[History], Fit]] = {
    "bgnbd": orders.fit_bgnbd,
    "mbgnbd": orders.fit_mbgnbd,
    "paretonbd": orders.fit_paretonbd,
}
SHOWN = (12, 36)
"""Horizons in months that are worked out whatever the params say."""
STRONG = 0.3
"""From this correlation on, of either sign, the independence of frequency and value is in doubt (a medium one: Cohen
1988, Statistical Power Analysis for the Behavioral Sciences)."""
STEP = 1e-4
ALIKE = Text(
    en="{model} is not identified ({reason}): the data show no difference between customers in how readily they "
    "leave, so one probability was fitted for all.",
    zh="{model} 无法识别（{reason}）：数据未显示客户在流失倾向上存在差异，因此改用统一的流失概率。",
)


@dataclass(frozen=True)
class Correlation:
    """Of the number of repeat occasions with their mean value, over the customers who have any.

    Gamma–Gamma takes the two as independent (Fader, Hardie & Lee 2005, "RFM and CLV").
    """

    pearson: float
    spearman: float
    n: int

    @property
    def strong(self) -> bool:
        """Whether either is strong enough for a warning."""
        return bool(max(abs(np.nan_to_num(self.pearson)), abs(np.nan_to_num(self.spearman))) > STRONG)


@dataclass(frozen=True)
class Margin:
    """What is left of the trailing year's amounts after their cost.

    Attributes:
        rate: Σ(amount − cost) / Σ amount over the rows with a cost; None where too few of them have one.
        coverage: The share of the amounts, without their signs, that has a cost; NaN without any amount.
    """

    rate: float | None = None
    coverage: float = float("nan")


@dataclass(frozen=True)
class Total:
    """The value of all customers together over a horizon, with the interval from the parameters' uncertainty."""

    months: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Valuation:
    """What customers are worth, one number a customer in the arrays, and what that rests on.

    Attributes:
        ids: Arrow array of customer ids, ascending.
        basis: What the value is made of: margin or revenue of orders, or monthly amounts of contracts.
        fits: The fitted models, the one of orders or contracts first.
        alive: Probability of still being a customer.
        expected: Orders expected within 12 months; NaN for contracts.
        value: By horizon in months.
        low: The interval's lower end of the value over 12 months.
        high: Its upper end.
        totals: Over each horizon.
        correlation: Of frequency and value; None for contracts and where too few have bought again.
        margin: Of the trailing year.
        note: What has to be said of the fit.
        reason: Why there is no value; the numbers are then NaN.
    """

    ids: pa.ChunkedArray
    basis: Basis
    fits: tuple[Fit, ...]
    alive: Numbers
    expected: Numbers
    value: Mapping[int, Numbers] = field(default_factory=dict)
    low: Numbers = field(default_factory=lambda: np.empty(0))
    high: Numbers = field(default_factory=lambda: np.empty(0))
    totals: tuple[Total, ...] = ()
    correlation: Correlation | None = None
    margin: Margin = Margin()
    note: Text | None = None
    reason: Text | None = None

    def __len__(self) -> int:
        return len(self.ids)


def horizons(value: Value) -> tuple[int, ...]:
    """12 and 36 months and the one that the params ask for, ascending."""
    return tuple(sorted({*SHOWN, value.horizon_months}))


def nothing(ids: pa.ChunkedArray, basis: Basis, fits: tuple[Fit, ...], reason: Text | None, wanted: Value) -> Valuation:
    """No value, and why."""
    nan = np.full(len(ids), np.nan)
    return Valuation(ids, basis, fits, nan, nan, dict.fromkeys(horizons(wanted), nan), nan, nan, reason=reason)


def fit_orders(model: ValueModel, found: Histories) -> tuple[Fit, History, Text | None]:
    """The model of how often customers buy, fitted (times in days); and what has to be said of it.

    Where the data do not tell how much customers differ in how readily they leave, that they do not is what is left
    of the model: it is identified, and nested in the one that was asked for.
    """
    history = History.of(found.repeats, found.recency, found.age)
    fit = FITS[model](history)
    if fit.ok:
        return fit, history, None
    alike = orders.fit_alike(fit.model, history)
    if not alike.ok:
        return fit, history, None
    return alike, history, ALIKE.format(model=TITLES[fit.model], reason=fit.reason)


def of_orders(found: Histories, wanted: Value, confidence: float, margin: Margin, *, totals: bool = True) -> Valuation:
    """BG/NBD (or a sibling) times Gamma–Gamma, times the margin rate where there is one.

    Args:
        found: Histories.
        wanted: Model, rate and horizon.
        confidence: Of intervals.
        margin: Of the trailing year.
        totals: Whether intervals over every horizon are wanted too, which takes several times as long.
    """
    fit, history, note = fit_orders(wanted.model, found)
    spend = spending.fit_gamma_gamma(found.repeats, found.mean_value)
    basis: Basis = "revenue" if margin.rate is None else "margin"
    none = nothing(found.ids, basis, (fit, spend), fit.reason or spend.reason, wanted)
    none = replace(none, correlation=correlation(found), margin=margin, note=note)
    if not fit.ok:
        return none
    expected = orders.expected_orders(fit, history, SHOWN[0] * MONTH)
    none = replace(none, alive=orders.probability_alive(fit, history), expected=expected)
    if not spend.ok:
        return none  # orders may be predicted though their value may not
    rate = 1.0 if margin.rate is None else margin.rate
    value, bands = {}, {}
    for months in horizons(wanted):
        said: dict[str, Any] = {"months": months, "discount_rate": wanted.discount_rate}
        if totals or months == SHOWN[0]:
            bands[months] = worth.value_interval(fit, spend, history, found.mean_value, confidence=confidence, **said)
            value[months] = bands[months].value * rate
        else:
            value[months] = worth.discounted_value(fit, spend, history, found.mean_value, **said) * rate
    first = bands[SHOWN[0]]
    low, high = np.sort(np.stack([first.low, first.high]) * rate, axis=0)
    sums = tuple(_total(months, band, rate) for months, band in bands.items())
    return replace(none, value=value, low=low, high=high, totals=sums, reason=None)


def _total(months: int, band: Band, rate: float) -> Total:
    low, high = sorted((band.total_low * rate, band.total_high * rate))
    return Total(months, band.total * rate, low, high)


def correlation(found: Histories) -> Correlation | None:
    """Of frequency and value over repeaters; None for fewer than three."""
    from scipy.stats import spearmanr

    again = found.repeats > 0
    x, mean = found.repeats[again], found.mean_value[again]
    if len(x) < 3 or not (np.ptp(x) and np.ptp(mean)):
        return None
    return Correlation(float(np.corrcoef(x, mean)[0, 1]), float(spearmanr(x, mean).statistic), len(x))


def of_contracts(lives: Lives, wanted: Value, confidence: float) -> Valuation:
    """Shifted-beta-geometric times the monthly amount, added up over a customer's contracts.

    Who has no running contract is worth nothing, and is alive with probability 0.
    """
    import pyarrow as pa

    fit = sbg.fit_sbg(lives.renewals, ~lives.running)
    encoded = lives.ids.combine_chunks().dictionary_encode()
    ids, at = pa.chunked_array([encoded.dictionary]), encoded.indices.to_numpy()
    if not fit.ok:
        return nothing(ids, "contracts", (fit,), fit.reason, wanted)

    def by_customer(each: Numbers) -> Numbers:
        return np.bincount(at, each, len(ids)).astype(np.float64)

    def forecast(values: Numbers, months: int) -> Numbers:
        ahead = sbg.discounted_renewals(replace(fit, values=values), lives.renewals, months, wanted.discount_rate)
        return by_customer(lives.monthly_amount * np.where(lives.running, ahead, 0.0))

    value = {months: forecast(fit.values, months) for months in horizons(wanted)}
    reach = {months: _reach(fit, partial(forecast, months=months), confidence) for months in value}
    low, high = value[12] / reach[12][0], value[12] * reach[12][0]
    totals = tuple(
        Total(months, float(one.sum()), float(one.sum()) / reach[months][1], float(one.sum()) * reach[months][1])
        for months, one in value.items()
    )
    alive = (by_customer(lives.running.astype(np.float64)) > 0).astype(np.float64)
    return Valuation(ids, "contracts", (fit,), alive, np.full(len(ids), np.nan), value, low, high, totals)


def _reach(fit: Fit, forecast: Callable[[Numbers], Numbers], confidence: float) -> tuple[Numbers, float]:
    """By what factor each figure, and their sum, may be off: the delta method on the log scale."""
    from scipy.special import ndtri

    at = forecast(fit.values)
    steps = np.eye(len(fit.values)) * STEP
    slopes = np.stack([forecast(fit.values * np.exp(s)) - forecast(fit.values * np.exp(-s)) for s in steps]) / (
        2 * STEP
    )
    z = ndtri(0.5 + confidence / 2)

    def factor(slope: Numbers, level: Numbers) -> Numbers:
        variance = np.einsum("i...,ij,j...->...", slope, fit.log_covariance, slope)
        share = np.divide(np.sqrt(variance), level, out=np.zeros_like(level), where=level > 0)
        return np.asarray(np.exp(z * share), np.float64)

    whole = factor(slopes.sum(axis=1), np.asarray(at.sum()))
    return factor(slopes, at), float(whole)
