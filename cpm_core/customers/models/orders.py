"""How many orders are to come, and who is still a customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from cpm_core.customers.models.alike import BG_ALIKE, MBG_ALIKE, PARETO_ALIKE
from cpm_core.customers.models.arrays import Floats, Given
from cpm_core.customers.models.fit import Fit, nothing
from cpm_core.customers.models.geometric import BG_NBD, MBG_NBD
from cpm_core.customers.models.history import History
from cpm_core.customers.models.maximum import Score, maximise
from cpm_core.customers.models.pareto import PARETO_NBD
from cpm_core.model.errors import ModelError
from cpm_core.model.text import Text

FEWEST = 10
"""Repeat customers below which nothing is fitted: four parameters from a handful are no estimate."""
SAMPLE = 20_000
"""Histories on which the search begins, where there are more than twice as many."""

_NOBODY = Text(en="there are no customers", zh="没有客户")
_ONCE = Text(en="no customer has ordered a second time", zh="没有客户再次下单")
_FEW = Text(
    en="only {n} customers have ordered a second time, and at least {least} are needed",
    zh="只有 {n} 位客户再次下单，至少需要 {least} 位",
)


class OrderModel(Protocol):
    """What each of the three models gives; ``values`` are its parameters."""

    @property
    def id(self) -> str:
        """Its name in `Fit`."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of its parameters."""

    def start(self, unit: float) -> Floats:
        """Where a fit begins, where ``unit`` is a typical time."""

    def score(self, values: Floats, history: History) -> tuple[float, Floats]:
        """The log-likelihood of all customers, and its gradient."""

    def log_likelihood(self, values: Floats, history: History) -> Floats:
        """Of each history."""

    def alive(self, values: Floats, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """The probability of not having left."""

    def orders_if_alive(self, values: Floats, x: Floats, T: Floats, t: float) -> Floats:
        """Orders expected within ``t`` after T of those who have not left by T."""


ALIKE: Mapping[str, OrderModel] = {
    BG_NBD.id: BG_ALIKE,
    MBG_NBD.id: MBG_ALIKE,
    PARETO_NBD.id: PARETO_ALIKE,
}
"""By model: what it becomes where customers do not differ in how readily they leave."""
_ALL: tuple[OrderModel, ...] = (BG_NBD, MBG_NBD, PARETO_NBD, *ALIKE.values())
MODELS: Mapping[str, OrderModel] = {model.id: model for model in _ALL}


def fit_bgnbd(history: History) -> Fit:
    """BG/NBD: r, alpha, a, b; alpha in the unit of the history's times."""
    return _fit(BG_NBD, history)


def fit_mbgnbd(history: History) -> Fit:
    """MBG/NBD: r, alpha, a, b; alpha in the unit of the history's times."""
    return _fit(MBG_NBD, history)


def fit_paretonbd(history: History) -> Fit:
    """Pareto/NBD: r, alpha, s, beta; alpha and beta in the unit of the history's times."""
    return _fit(PARETO_NBD, history)


def fit_alike(model: str, history: History) -> Fit:
    """The same model of customers who do not differ in how readily they leave; see `alike`.

    Args:
        model: The `Fit.model` of one of the others.
        history: Customers.
    """
    return _fit(ALIKE[model], history)


def _fit(model: OrderModel, history: History) -> Fit:
    n, again = history.customers, history.repeaters
    reason = _NOBODY if not n else _ONCE if not again else _FEW.format(n=again, least=FEWEST)
    if again < FEWEST:
        return nothing(model.id, model.names, n, reason)
    # A fit in another unit of time starts from the same place, takes the same steps and ends at the same place.
    unit = float(history.weight @ history.T / history.weight.sum())

    def score(of: History) -> Score:
        return lambda values: model.score(values, of)

    some = history.sample(SAMPLE)
    sample = (score(some), float(some.weight.sum())) if len(history.x) > 2 * SAMPLE else None
    return maximise(model.id, model.names, score(history), model.start(unit), n, sample)


def probability_alive(fit: Fit, history: History) -> Floats:
    """For each customer, the probability of not having left.

    Raises:
        ModelError: Nothing may be predicted by this fit.
    """
    return history.spread(alive(fit.require(), fit.values, history))


def expected_orders(fit: Fit, history: History, t: Given) -> Floats:
    """Orders that each customer is expected to make within ``t`` after T.

    Args:
        fit: Of one of the models of orders.
        history: Customers; need not be those that the model was fitted to.
        t: One stretch, or several, in the unit of the history's times.

    Returns:
        A number a customer; for several stretches a row of them a stretch.

    Raises:
        ModelError: Nothing may be predicted by this fit, or a stretch is not above zero.
    """
    ahead = stretches(t)
    there = alive(fit.require(), fit.values, history)
    found = np.stack([there * if_alive(fit, fit.values, history, one) for one in ahead])
    return history.spread(found if np.ndim(t) else found[0])


def expected_new(fit: Fit, t: Given) -> Floats:
    """Repeat orders expected of a new customer, E[X(t)], within each stretch ``t`` after the first order.

    Raises:
        ModelError: Nothing may be predicted by this fit, or a stretch is not above zero.
    """
    new = History.of([0], [0], [0])
    found = expected_orders(fit, new, stretches(t))[:, 0]
    return found if np.ndim(t) else found[0]


def stretches(t: Given) -> Floats:
    """Stretches of time as an array, seen to be above zero."""
    ahead = np.atleast_1d(np.asarray(t, dtype=np.float64))
    if not np.all(np.isfinite(ahead) & (ahead > 0)):
        raise ModelError(f"a forecast over {ahead.tolist()} has no length", fix="Ask for a time above zero")
    return ahead


def alive(fit: Fit, values: Floats, history: History) -> Floats:
    """The probability of not having left, of each history, at any parameters."""
    return MODELS[fit.model].alive(values, history.x, history.t_x, history.T)


def if_alive(fit: Fit, values: Floats, history: History, t: float) -> Floats:
    """Orders to come within ``t`` if not gone, of each history, at any parameters."""
    pairs = history.pairs
    return MODELS[fit.model].orders_if_alive(values, pairs.x, pairs.T, t)[pairs.at]
