"""Maximum likelihood on the logarithms of positive parameters, with the observed information."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize

from cpm_core.customers.models.arrays import Bools, Floats
from cpm_core.customers.models.fit import Fit, State, nothing
from cpm_core.model.text import Text

Score = Callable[[Floats], tuple[float, Floats]]
"""Parameters to the log-likelihood of all customers, and its derivative by each parameter."""

SPAN = 12.0
"""How far a logarithm may go from its start: a factor of 160,000 either way."""
WIDEST = 2.0
"""A standard error of a logarithm past this (50 times more or less at 95 %): the data do not tell the parameter."""
SINGULAR = 1e-8
STEP = 1e-4
POLISH = 30
STILL = 1e-3
"""A step of a logarithm that is left to go at the end may be no longer than this."""
OPTIONS: Any = {"maxiter": 500, "maxfun": 2000, "ftol": 1e-12, "gtol": 1e-7, "maxcor": 20}

_ENDS = Text(
    en="the likelihood still rises with {names} on the way to {end}",
    zh="参数 {names} 趋于{end}时，似然值仍在上升，没有最大值",
)
_ZERO, _INFINITY = Text(en="zero", zh="零"), Text(en="infinity", zh="无穷大")
_BOTH = Text(en="zero, and {names} to infinity", zh="零、{names} 趋于无穷大")
_FLAT = Text(
    en="the data do not tell the parameters apart: {names} may be many times more or less",
    zh="数据不足以区分各参数：{names} 可能大许多倍，也可能小许多倍",
)
_SLOPE = Text(en="where it ended the likelihood still rises", zh="终点处的似然值仍在上升")
_BROKEN = Text(en="where it ended the likelihood is no number", zh="终点处的似然值不是数字")
_LOST = Text(en="the search for the highest likelihood got lost: {why}", zh="寻找最大似然值的过程未能完成：{why}")


def maximise(
    model: str, names: tuple[str, ...], score: Score, start: Floats, n: int, sample: tuple[Score, float] | None = None
) -> Fit:
    """The highest likelihood, found from ``start`` (parameters), or why there is none.

    Args:
        model: Its name in `Fit`.
        names: Of the parameters.
        score: Log-likelihood and gradient, summed over customers.
        start: Where to begin; also says in which unit each parameter is.
        n: Customers behind the likelihood.
        sample: The likelihood of a part of the customers, where the search begins, and how many they are.
    """
    origin = np.log(start)
    cost = _cost(score, n)
    log = None if sample is None else _from_sample(cost, _cost(*sample), origin)
    if log is None:
        log = _searched(cost, origin)
    if log is None:
        return nothing(model, names, n, _LOST.format(why=_BROKEN), "failed")
    edge = np.abs(log - origin) > SPAN - 0.5
    if edge.any():
        return nothing(model, names, n, _runs_off(names, edge, log < origin))
    log, information, slope = _polish(cost, log)
    state, reason = _judged(names, information * n, slope * n)
    if reason:
        return nothing(model, names, n, reason, state)
    return Fit(model, names, np.exp(log), np.linalg.inv(information) / n, float(-cost(log)[0] * n), n)


def _judged(names: tuple[str, ...], information: Floats, slope: Floats) -> tuple[State, Text | None]:
    """Whether this is the top of a likelihood that tells each parameter, and if not why."""
    if not np.isfinite(information).all():
        return "failed", _LOST.format(why=_BROKEN)
    if not _round(information):
        return "not identified", _FLAT.format(names=_listed(names, np.ones(len(names), np.bool_)))
    covariance = np.linalg.inv(information)
    wide = np.sqrt(np.diag(covariance)) > WIDEST
    if wide.any():
        return "not identified", _FLAT.format(names=_listed(names, wide))
    still = np.abs(covariance @ slope).max() < STILL
    return ("ok", None) if still else ("failed", _LOST.format(why=_SLOPE))


def _round(information: Floats) -> bool:
    """Whether the likelihood falls off in every direction."""
    steep = np.diag(information)
    if (steep <= 0).any():
        return False
    scale = np.sqrt(steep)
    return bool(np.linalg.eigvalsh(information / np.outer(scale, scale))[0] > SINGULAR)


def _cost(score: Score, n: float) -> Score:
    """What is made least: minus the log-likelihood a customer, by the logarithms."""

    def cost(log: Floats) -> tuple[float, Floats]:
        value, gradient = score(np.exp(log))
        return -value / n, -gradient * np.exp(log) / n

    return cost


def _searched(cost: Score, origin: Floats) -> Floats | None:
    """The least within `SPAN` of the start; None where it is no number."""
    bounds = [(float(centre - SPAN), float(centre + SPAN)) for centre in origin]
    found = minimize(cost, origin, jac=True, method="L-BFGS-B", bounds=bounds, options=OPTIONS)
    return np.asarray(found.x, np.float64) if np.isfinite(found.fun) else None


def _from_sample(cost: Score, part: Score, origin: Floats) -> Floats | None:
    """The least, from where a sample has it and with the sample's curvature; None if that leads nowhere."""
    begun = _searched(part, origin)
    if begun is None or np.abs(begun - origin).max() > SPAN - 1:
        return None
    curvature, axes = np.linalg.eigh(_information(part, begun))
    if curvature[0] <= SINGULAR * curvature[-1]:
        return None
    # Seen along these axes the likelihood is about as steep in each, so that few steps are enough.
    steep = axes / np.sqrt(curvature)

    def seen(z: Floats) -> tuple[float, Floats]:
        value, gradient = cost(begun + steep @ z)
        return value, gradient @ steep

    found = minimize(seen, np.zeros(len(begun)), jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": 100})
    log = begun + steep @ found.x
    near = bool(np.isfinite(log).all()) and np.abs(log - origin).max() < SPAN - 1
    return np.asarray(log, np.float64) if near else None


def _polish(cost: Score, log: Floats) -> tuple[Floats, Floats, Floats]:
    """Newton's steps to the last digits; the information there (of one customer), and what slope is left."""
    information = _information(cost, log)
    gradient, moved = cost(log)[1], 0.0
    for _ in range(POLISH):
        step = np.linalg.lstsq(information, -gradient)[0]
        if not 1e-10 < np.abs(step).max() < 0.5:
            break
        after = cost(log + step)[1]
        # Rounding is reached when a step no longer makes the slope smaller.
        if not np.abs(after).max() < 0.5 * np.abs(gradient).max():
            break
        log, gradient, moved = log + step, after, max(moved, float(np.abs(step).max()))
    return log, _information(cost, log) if moved > STEP else information, gradient


def _information(cost: Score, log: Floats) -> Floats:
    """Second derivatives, from central differences of the gradient."""
    rows = [(cost(log + step)[1] - cost(log - step)[1]) / (2 * STEP) for step in np.eye(len(log)) * STEP]
    matrix = np.array(rows)
    return np.asarray((matrix + matrix.T) / 2, np.float64)


def _listed(names: tuple[str, ...], which: Bools) -> Text:
    chosen = [name for name, one in zip(names, which, strict=True) if one]
    return Text(en=", ".join(chosen), zh="、".join(chosen))


def _runs_off(names: tuple[str, ...], edge: Bools, down: Bools) -> Text:
    low, high = edge & down, edge & ~down
    if low.any() and high.any():
        return _ENDS.format(names=_listed(names, low), end=_BOTH.format(names=_listed(names, high)))
    return _ENDS.format(names=_listed(names, edge), end=_ZERO if low.any() else _INFINITY)
