"""What cannot be fitted or forecast: an error that says why, or a state that does."""

import pickle

import numpy as np
import pytest

from cpm_core.customers.models import (
    History,
    discounted_orders,
    discounted_renewals,
    discounted_value,
    expected_new,
    expected_orders,
    expected_value,
    fit_bgnbd,
    fit_gamma_gamma,
    fit_mbgnbd,
    fit_paretonbd,
    fit_sbg,
    fit_sbg_survivors,
    orders_interval,
    probability_alive,
    survival,
)
from cpm_core.model.errors import ModelError
from tests.customers.models import cdnow

FITS = (fit_bgnbd, fit_mbgnbd, fit_paretonbd)
EMPTY = History.of([], [], [])
ONCE = History.of([0, 0, 0], [0, 0, 0], [5, 9, 30])


def refused(call, *words: str) -> None:
    with pytest.raises(ModelError) as error:
        call()
    for word in words:
        assert word in str(error.value)


@pytest.fixture(scope="module")
def fitted():
    history = cdnow.history(cdnow.from_events())
    return fit_bgnbd(history), fit_gamma_gamma(*cdnow.repeat_means()), history


@pytest.mark.parametrize("model", FITS, ids=lambda model: model.__name__)
@pytest.mark.parametrize(
    ("history", "words", "chinese"),
    [
        (EMPTY, "there are no customers", "没有客户"),
        (ONCE, "no customer has ordered a second time", "没有客户再次下单"),
        (History.of([3], [20], [30]), "only 1 customers", "只有 1 位客户再次下单，至少需要 10 位"),
    ],
    ids=["empty", "all with one order", "one customer"],
)
def test_too_little_to_fit(model, history, words, chinese):
    fit = model(history)
    assert fit.state == "not identified"
    assert not fit.ok
    assert words in fit.reason.en
    assert chinese == fit.reason.zh
    assert np.isnan(fit.values).all()
    for ask in (
        lambda: probability_alive(fit, history),
        lambda: expected_orders(fit, history, 30),
        lambda: expected_new(fit, 30),
        lambda: discounted_orders(fit, history),
        lambda: orders_interval(fit, history, 30),
    ):
        refused(ask, "is not identified", words, "Publish no value")


def test_parameters_that_run_off():
    """Orders at one rate for all, of customers who never leave: r and alpha, a or b have no end."""
    rng = np.random.default_rng(11)
    T = np.full(3000, 100.0)
    x = rng.poisson(10, 3000).astype(float)
    last = np.where(x > 0, T * rng.random(3000) ** (1 / np.maximum(x, 1)), 0.0)
    for model in FITS:
        fit = model(History.of(x, last, T))
        assert fit.state == "not identified"
        assert "on the way to" in fit.reason.en or "many times more or less" in fit.reason.en
        assert "趋于" in fit.reason.zh or "许多倍" in fit.reason.zh


def test_histories_that_cannot_be():
    refused(lambda: History.of([1, 2], [3, 4], [5]), "arrays of shapes (2,), (2,) and (1,)")
    refused(
        lambda: History.of([1, 2], [3, np.nan], [5, 5]), "1 of 2 customers have an x, t_x or T that is not a finite"
    )
    refused(lambda: History.of([1, 1], [3, 3], [np.inf, 5]), "1 of 2 customers", "not a finite number")
    refused(lambda: History.of([-1, 1.5], [0, 1], [5, 5]), "2 of 2 customers have a number of repeat orders")
    refused(
        lambda: History.of([1, 1], [6, -1], [5, 5]), "2 of 2 customers have a last order before the first, or after"
    )
    refused(lambda: History.of([0, 1], [2, 0], [5, 5]), "2 of 2 customers have a last order at another time")


def test_horizons_of_nothing(fitted):
    fit, spending, history = fitted
    mean = cdnow.from_events()["mean"]
    for t in (0, -3, np.nan, [12, 0]):
        refused(lambda t=t: expected_orders(fit, history, t), "has no length", "Ask for a time above zero")
        refused(lambda t=t: expected_new(fit, t), "has no length")
    for months in (0, -12, 1.5):
        refused(lambda m=months: discounted_orders(fit, history, m), f"a horizon of {months} months", "1 month or more")
        refused(lambda m=months: discounted_value(fit, spending, history, mean, months=m), f"{months} months")
    refused(lambda: discounted_orders(fit, history, 12, -1), "a discount rate of -1 a year")
    refused(lambda: orders_interval(fit, history, 0), "has no length")


def test_values_that_gamma_gamma_does_not_know():
    refused(lambda: fit_gamma_gamma([2, 3, 1], [10, -5, 0]), "2 of 3 repeat customers", "zero or below", "leave those")
    refused(lambda: fit_gamma_gamma([2, 3], [10, np.nan]), "1 of 2 repeat customers have a mean that is no number")
    refused(lambda: fit_gamma_gamma([2, np.nan], [10, 10]), "1 of 2 customers have no number of orders")
    refused(lambda: fit_gamma_gamma([2, -1], [10, 10]), "1 of 2 customers have no number of orders")
    refused(lambda: fit_gamma_gamma([2, 1], [10]), "arrays of shapes")
    # A customer without repeat orders has no mean, and that is no fault.
    few = fit_gamma_gamma([2, 0], [10, np.nan])
    assert (few.state, few.reason.en) == (
        "not identified",
        "only 1 customers have repeat orders of a known value, and at least 10 are needed",
    )
    refused(lambda: expected_value(few, [2], [10]), "the Gamma–Gamma model is not identified")
    assert not fit_gamma_gamma([], []).ok


def test_spending_without_spread_or_without_mean():
    alike = fit_gamma_gamma(np.arange(1, 40), np.full(39, 20.0))
    assert alike.state == "not identified"
    rng = np.random.default_rng(2)
    x = rng.integers(2, 9, 4000)
    wild = fit_gamma_gamma(x, rng.gamma(5 * x) / (x * rng.gamma(0.6, 1 / 15, 4000)))
    assert wild.state == "failed"
    assert "have no mean (q is 0." in wild.reason.en
    assert "须大于 1" in wild.reason.zh


def test_contracts_that_tell_nothing():
    assert fit_sbg([], []).reason.en == "there are no contracts"
    assert fit_sbg([3, 5], [False, False]).reason.en == "no contract has ended yet"
    assert fit_sbg([0, 0], [True, False]).reason.en == "no contract has been renewed"
    lost = fit_sbg([0], [True])
    refused(lambda: survival(lost, [1], 2), "the shifted-beta-geometric model is not identified")
    refused(lambda: fit_sbg([1, np.nan], [True, False]), "1 of 2 contracts have no whole number of renewals")
    refused(lambda: fit_sbg([1, -1], [True, False]), "1 of 2 contracts")
    refused(lambda: fit_sbg([1], [True, False]), "arrays of shapes")
    refused(lambda: fit_sbg_survivors(1000, [900, 950]), "1000, 900, 950 are not survivors")
    refused(lambda: fit_sbg_survivors(1000, []), "1000 are not survivors")
    good = fit_sbg_survivors(1000, [631, 468, 382])
    refused(lambda: discounted_renewals(good, [1], 0), "a horizon of 0 months")


def test_a_model_error_crosses_process_borders():
    error = ModelError("nothing", fix="Something")
    assert str(pickle.loads(pickle.dumps(error))) == "nothing. Something"
