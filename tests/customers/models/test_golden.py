"""Published values: CDNOW (Fader, Hardie and others) and the contracts of Fader & Hardie (2007)."""

import numpy as np
import pytest

from cpm_core.customers.models import (
    Fit,
    History,
    expected_orders,
    fit_bgnbd,
    fit_gamma_gamma,
    fit_mbgnbd,
    fit_paretonbd,
    fit_sbg_survivors,
    probability_alive,
)
from cpm_core.customers.models.geometric import BG_NBD
from tests.customers.models import cdnow

PUBLISHED = {
    # Fader, Hardie & Lee (2005); Batislam et al. (2007) by the same sample; Fader & Hardie (2005).
    fit_bgnbd: ((0.24259, 4.4135, 0.79289, 2.4258), -9582.43),
    fit_mbgnbd: ((0.52484, 6.1830, 0.89136, 1.6140), -9582.13),
    fit_paretonbd: ((0.55328, 10.5776, 0.60621, 11.6679), -9594.97),
}


def found(fit: Fit, values: tuple[float, ...], log_likelihood: float) -> None:
    assert fit.state == "ok"
    assert fit.values == pytest.approx(values, rel=5e-4)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.01)


@pytest.mark.parametrize("model", PUBLISHED, ids=lambda model: model.__name__)
def test_cdnow_by_week(model):
    found(model(cdnow.history(cdnow.summary())), *PUBLISHED[model])


@pytest.mark.parametrize("model", PUBLISHED, ids=lambda model: model.__name__)
def test_cdnow_from_the_event_log(model):
    """By day: times in weeks are days / 7, so alpha and beta are 7 times as large, and each repeat order's density a
    seventh."""
    orders = cdnow.from_events()
    fit = model(cdnow.history(orders))
    values, log_likelihood = PUBLISHED[model]
    weeks = np.where(np.isin(fit.names, ["alpha", "beta"]), 7.0, 1.0)
    assert fit.values / weeks == pytest.approx(values, rel=5e-4)
    assert fit.log_likelihood + orders["x"].sum() * np.log(7) == pytest.approx(log_likelihood, abs=0.01)


def test_the_event_log_by_customer():
    assert len(cdnow.days()) == 6696
    orders = cdnow.from_events()
    assert (len(orders), orders["x"].sum(), (orders["x"] == 0).sum()) == (2357, 2457, 1411)
    # Each customer's sampleid is the summary's ID; its weeks are rounded to two decimals.
    weeks = cdnow.summary().set_index("ID").sort_index()
    by_id = orders.set_axis(cdnow.sample_ids().loc[orders.index]).sort_index()
    assert (by_id["x"] == weeks["x"]).all()
    for time in ("t_x", "T"):
        assert (by_id[time] / 7 - weeks[time]).abs().max() < 0.0051


def test_pareto_standard_errors():
    fit = fit_paretonbd(cdnow.history(cdnow.summary()))
    assert fit.errors == pytest.approx((0.0476, 0.843, 0.187, 6.21), rel=0.02)


def test_forecast_of_one_customer_and_of_all():
    everybody = cdnow.history(cdnow.summary())
    fit = fit_bgnbd(everybody)
    one = History.of([2], [30.43], [38.86])
    assert expected_orders(fit, one, 39)[0] == pytest.approx(1.226, abs=5e-4)
    assert probability_alive(fit, one)[0] == pytest.approx(0.7266, abs=5e-5)
    assert expected_orders(fit, everybody, 39).sum() == pytest.approx(1653.4, abs=0.05)
    # What they did in the 39 weeks after: the event log goes on.
    assert (cdnow.days()["date"] > cdnow.END).sum() == 1882


def test_many_orders_neither_overflow_nor_vanish():
    """The examples of the note on a stable form of the likelihood (Fader & Hardie 2019)."""
    values = np.array([0.25, 4, 0.8, 2.5])
    assert BG_NBD.log_likelihood(values, History.of([200], [38], [40]))[0] == pytest.approx(100.7957, abs=5e-5)
    assert BG_NBD.log_likelihood(values, History.of([0], [0], [40]))[0] == pytest.approx(-0.59947, abs=5e-6)


def test_gamma_gamma_from_the_event_log():
    fit = fit_gamma_gamma(*cdnow.repeat_means())
    assert fit.n == 946
    found(fit, (6.250, 3.744, 15.444), -4055.92)


@pytest.mark.parametrize(
    ("survivors", "values"),
    [
        ((869, 743, 653, 593, 551, 517, 491), (0.668, 3.806)),  # High End
        ((631, 468, 382, 326, 289, 262, 241), (0.704, 1.182)),  # Regular
    ],
    ids=["high end", "regular"],
)
def test_contracts(survivors, values):
    assert fit_sbg_survivors(1000, survivors).values == pytest.approx(values, abs=5e-4)
