"""The models against other implementations and against the integrals that they are the closed form of."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from scipy.special import hyp2f1

from cpm_core.customers.models import (
    Fit,
    History,
    expected_new,
    expected_orders,
    expected_value,
    fit_bgnbd,
    fit_mbgnbd,
    fit_paretonbd,
    probability_alive,
)
from cpm_core.customers.models.geometric import BG_NBD, MBG_NBD, Geometric
from cpm_core.customers.models.orders import MODELS
from cpm_core.customers.models.pareto import PARETO_NBD
from tests.customers.models import cdnow

LIFETIMES = pd.read_csv(cdnow.GOLDEN / "lifetimes.csv", comment="#")
PYMC = pd.read_csv(cdnow.GOLDEN / "pymc_marketing.csv", comment="#", index_col="model")
AT = {"bg_nbd": (0.25, 4.5, 0.8, 2.5), "mbg_nbd": (0.5, 6.0, 0.9, 1.6), "pareto_nbd": (0.55, 10.5, 0.6, 11.5)}


def known(model: str, values: tuple[float, ...]) -> Fit:
    """A fit whose parameters are given."""
    size = len(values)
    return Fit(model, ("",) * size, np.array(values), np.zeros((size, size)), 0.0, 1)


@pytest.mark.parametrize("model", AT)
def test_as_lifetimes_has_it(model):
    theirs = LIFETIMES[LIFETIMES["model"] == model]
    history, fit = History.of(theirs["x"], theirs["t_x"], theirs["T"]), known(model, AT[model])
    ours = history.spread(MODELS[model].log_likelihood(fit.values, history))
    assert ours == pytest.approx(theirs["log_likelihood"].to_numpy(), rel=1e-9)
    assert probability_alive(fit, history) == pytest.approx(theirs["alive"].to_numpy(), rel=1e-9)
    assert expected_orders(fit, history, 4) == pytest.approx(theirs["orders_4"].to_numpy(), rel=1e-9)
    assert expected_orders(fit, history, [4, 52])[1] == pytest.approx(theirs["orders_52"].to_numpy(), rel=1e-9)


@pytest.mark.parametrize("model", AT)
def test_as_pymc_marketing_has_it(model):
    theirs = PYMC.loc[model].to_numpy()
    fit = known(model, tuple(theirs[:4]))
    two = History.of([2, 7], [30.43, 20.14], [38.86, 20.14])
    assert expected_orders(fit, two, 39) == pytest.approx(theirs[4:6], rel=1e-8)
    assert probability_alive(fit, two) == pytest.approx(theirs[6:], rel=1e-9)
    # Its search ends where its likelihood is flat to about this.
    model_fit = {"bg_nbd": fit_bgnbd, "mbg_nbd": fit_mbgnbd, "pareto_nbd": fit_paretonbd}[model]
    ours = model_fit(cdnow.history(cdnow.summary()))
    assert tuple(ours.values) == pytest.approx(theirs[:4], rel=3e-4)


def test_spending_as_lifetimes_has_it():
    """`conditional_expected_average_profit` of 0.11.3 at p 6.25, q 3.74, v 15.4."""
    theirs = (35.12773723, 17.65850945, 35.09678478, 23.05825243, 79.3537111)
    ours = expected_value(known("gamma_gamma", (6.25, 3.74, 15.4)), [0, 1, 2, 5, 30], [np.nan, 10, 35.09, 22, 80])
    assert ours == pytest.approx(theirs, rel=1e-8)


@pytest.mark.parametrize("model", [BG_NBD, MBG_NBD], ids=lambda model: model.id)
@pytest.mark.parametrize(("x", "t_x", "T"), [(0, 0, 20), (3, 12, 20)], ids=["none", "three"])
def test_geometric_likelihood_is_the_mean_over_customers(model, x, t_x, T):
    """Of one customer with rate l and chance p to leave: l^x ((1 - p)^y e^-lT + [y > 0] p (1 - p)^(y - 1) e^-lt_x)."""
    r, alpha, a, b = 0.7, 5.0, 0.9, 2.1
    y = x + model.first_chance

    def of_rate(time: float) -> float:
        density = stats.gamma(r, scale=1 / alpha).pdf
        return integrate.quad(lambda rate: rate**x * np.exp(-rate * time) * density(rate), 0, np.inf, limit=200)[0]

    def of_chance(left: int, stayed: int) -> float:
        density = stats.beta(a, b).pdf
        return integrate.quad(lambda p: p**left * (1 - p) ** stayed * density(p), 0, 1)[0]

    mean = of_chance(0, y) * of_rate(T) + (of_chance(1, y - 1) * of_rate(t_x) if y else 0)
    ours = model.log_likelihood(np.array([r, alpha, a, b]), History.of([x], [t_x], [T]))
    assert np.exp(ours[0]) == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("values", [(0.55, 10.5, 0.6, 11.5), (0.55, 11.5, 0.6, 2.5)], ids=["beta", "alpha"])
@pytest.mark.parametrize(("x", "t_x", "T"), [(0, 0, 40), (2, 30, 38), (40, 90, 104), (5, 0.5, 104)], ids=str)
def test_pareto_likelihood_by_its_printed_form(values, x, t_x, T):
    """Fader & Hardie (2005), equations 15 to 17: with 2F1, for alpha at or above beta and below."""
    r, alpha, s, beta = values
    least, second = (beta, s + 1) if alpha >= beta else (alpha, r + x)
    most, k = max(alpha, beta), r + s + x

    def term(t: float) -> float:
        return hyp2f1(k, second, k + 1, (most - least) / (most + t)) / (most + t) ** k

    stays = 1 / ((alpha + T) ** (r + x) * (beta + T) ** s)
    gammas = np.prod(r + np.arange(x))  # Gamma(r + x) / Gamma(r)
    printed = gammas * alpha**r * beta**s * (stays + s / k * (term(t_x) - term(T)))
    ours = PARETO_NBD.log_likelihood(np.array(values), History.of([x], [t_x], [T]))[0]
    assert ours == pytest.approx(np.log(printed), rel=1e-9)


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.id)
def test_gradients(model):
    """Against differences of the likelihood, which is summed over histories in another way than the score is."""
    history = History.of([0, 0, 1, 4, 9, 40], [0, 0, 3, 30, 11, 50.5], [0, 52, 52, 40, 52, 52])
    for given in ((0.4, 5.0, 0.7, 2.2), (2.5, 9.0, 3.0, 40.0)):
        point = np.array(given[: len(model.names)])

        def total_at(at: np.ndarray) -> float:
            return history.weight @ model.log_likelihood(at, history)

        steps = np.diag(1e-5 * point)
        slope = [(total_at(point + step) - total_at(point - step)) / (2 * step.sum()) for step in steps]
        total, gradient = model.score(point, history)
        assert gradient == pytest.approx(slope, abs=1e-5 * np.max(np.abs(slope)))
        assert total == pytest.approx(total_at(point), rel=1e-12)


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_customers_who_leave_alike_are_the_limit(model):
    """a and b (s and beta) in the millions, in the ratio that the model of three parameters tells."""
    history = History.of([0, 1, 4, 40], [0, 3, 30, 50.5], [52, 52, 40, 52])
    odds = 80.0 if model == "pareto_nbd" else 0.1
    many = 1e6 * odds if model == "pareto_nbd" else 1e8
    limit = (0.4, 5.0, 1e6, many) if model == "pareto_nbd" else (0.4, 5.0, many * odds, many)
    whole, alike = known(model, limit), known(f"{model}_alike", (0.4, 5.0, odds))
    for found in (probability_alive, lambda fit, of: expected_orders(fit, of, 52)):
        assert found(alike, history) == pytest.approx(found(whole, history), rel=2e-5)
    likely = MODELS[model].log_likelihood(whole.values, history)
    assert MODELS[alike.model].log_likelihood(alike.values, history) == pytest.approx(likely, rel=2e-5)


@pytest.mark.parametrize("model", [BG_NBD, MBG_NBD], ids=lambda model: model.id)
@pytest.mark.parametrize("a", [1.0, 1 + 1e-7, 1 - 1e-7, 0.4], ids=str)
def test_forecasts_where_the_closed_form_has_a_pole(model: Geometric, a: float):
    """At a = 1, and at a + b = 1 for BG/NBD without repeat orders, the forecast is that of parameters next to it."""
    b = 0.6 if a < 0.9 else 2.2
    x, T = np.array([0.0, 1, 7]), np.array([0.0, 30, 52])

    def at(where: float) -> np.ndarray:
        return model.orders_if_alive(np.array([0.3, 4.5, where, b]), x, T, 52.0)

    # The mean of both sides at h differs from the middle by h^2 times the curvature.
    h = 2e-3
    assert at(a) == pytest.approx((4 * (at(a - h) + at(a + h)) - (at(a - 2 * h) + at(a + 2 * h))) / 6, rel=1e-7)


def test_a_new_customer():
    """Fader & Hardie's E[X(t)], as printed for each model."""
    r, alpha, a, b = AT["bg_nbd"]
    z = 39 / (alpha + 39)
    printed = (a + b - 1) / (a - 1) * (1 - (1 - z) ** r * hyp2f1(r, b, a + b - 1, z))
    assert expected_new(known("bg_nbd", AT["bg_nbd"]), 39) == pytest.approx(printed, rel=1e-10)
    r, alpha, a, b = AT["mbg_nbd"]
    z = 39 / (alpha + 39)
    printed = b / (a - 1) * (1 - (1 - z) ** r * hyp2f1(r, b + 1, a + b, z))
    assert expected_new(known("mbg_nbd", AT["mbg_nbd"]), [13, 39])[1] == pytest.approx(printed, rel=1e-10)
    r, alpha, s, beta = AT["pareto_nbd"]
    printed = r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + 39)) ** (s - 1))
    assert expected_new(known("pareto_nbd", AT["pareto_nbd"]), 39) == pytest.approx(printed, rel=1e-10)
