"""What holds of the models whatever the customers are."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cpm_core.customers.models import (
    Fit,
    History,
    expected_orders,
    fit_bgnbd,
    fit_gamma_gamma,
    fit_mbgnbd,
    fit_paretonbd,
    fit_sbg,
    probability_alive,
    value_interval,
)
from cpm_core.customers.models.arrays import Groups, Levels
from cpm_core.customers.models.orders import MODELS
from tests.customers.models import cdnow

FITS = (fit_bgnbd, fit_mbgnbd, fit_paretonbd)
POSITIVE = st.floats(-4, 4).map(np.exp)


@st.composite
def customers(draw):
    """One to six customers: x, t_x, T."""
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        x, T = draw(st.integers(0, 300)), draw(st.floats(0.5, 1500))
        rows.append((x, draw(st.floats(0.001, 1)) * T if x else 0.0, T))
    return np.array(rows).T


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=40, deadline=None)
@given(rows=customers(), values=st.lists(POSITIVE, min_size=4, max_size=4), t=st.floats(0.1, 400))
def test_forecasts_are_possible(model, rows, values, t):
    """Probabilities are probabilities; more time brings more orders, and no rate falls below zero."""
    names = MODELS[model].names
    fit = Fit(model, names, np.array(values[: len(names)]), np.eye(len(names)), 0.0, 1)
    history = History.of(*rows)
    alive = probability_alive(fit, history)
    assert ((alive >= 0) & (alive <= 1)).all()
    soon, later = expected_orders(fit, history, [t, 2 * t])
    assert np.isfinite(later).all()
    assert (soon >= 0).all()
    # To rounding: a customer of r = 55 and alpha = .02 leaves for good within no time at all.
    assert (later >= soon * (1 - 1e-9) - 1e-12).all()


@pytest.mark.parametrize("model", FITS, ids=lambda model: model.__name__)
def test_another_unit_of_time_changes_the_unit_alone(model):
    orders = cdnow.from_events()
    days, hours = (History.of(orders["x"], orders["t_x"] * unit, orders["T"] * unit) for unit in (1, 24))
    by_day, by_hour = model(days), model(hours)
    unit = np.where(np.isin(by_day.names, ["alpha", "beta"]), 24.0, 1.0)
    assert by_hour.values / unit == pytest.approx(by_day.values, rel=1e-7)
    assert by_hour.log_errors == pytest.approx(by_day.log_errors, rel=1e-5)
    assert expected_orders(by_hour, hours, 24 * 90) == pytest.approx(expected_orders(by_day, days, 90), rel=1e-7)


@pytest.mark.parametrize("model", FITS, ids=lambda model: model.__name__)
def test_merging_changes_nothing(model):
    """The likelihood of equal customers by their number is that of each by each; twice all, the errors a root of two."""
    orders = cdnow.from_events()
    merged = cdnow.history(orders)
    assert len(merged.x) < 0.6 * len(orders)
    fit = model(merged)
    single = [History.of([x], [t_x], [T]) for x, t_x, T in zip(orders["x"], orders["t_x"], orders["T"], strict=True)]
    one_by_one = sum(MODELS[fit.model].score(fit.values, one)[0] for one in single[:300])
    some = History.of(orders["x"][:300], orders["t_x"][:300], orders["T"][:300])
    assert MODELS[fit.model].score(fit.values, some)[0] == pytest.approx(one_by_one, rel=1e-9)
    twice = model(History.of(*(np.tile(orders[name], 2) for name in ("x", "t_x", "T"))))
    assert twice.values == pytest.approx(fit.values, rel=1e-9)
    assert twice.log_likelihood == pytest.approx(2 * fit.log_likelihood, rel=1e-9)
    assert twice.errors * np.sqrt(2) == pytest.approx(fit.errors, rel=1e-6)


def test_the_order_of_rows_changes_no_digit():
    orders = cdnow.from_events()
    shuffled = orders.sample(frac=1, random_state=3)
    for model in FITS:
        first, second = model(cdnow.history(orders)), model(cdnow.history(shuffled))
        assert (first.values == second.values).all()
        assert (first.log_covariance == second.log_covariance).all()
    spending = [fit_gamma_gamma(rows["x"], rows["mean"]) for rows in (orders, shuffled)]
    assert (spending[0].values == spending[1].values).all()
    fit = fit_bgnbd(cdnow.history(orders))
    mine, other = (value_interval(fit, spending[0], cdnow.history(rows), rows["mean"]) for rows in (orders, shuffled))
    place = {customer: at for at, customer in enumerate(shuffled.index)}
    at = np.array([place[customer] for customer in orders.index])
    assert (mine.value == other.value[at]).all()
    assert (mine.low == other.low[at]).all()


def test_a_search_that_begins_in_a_sample_ends_at_the_same_place():
    """Times that differ a little make every history its own: 60,000 of them begin in a sample, and those of days do not."""
    orders = cdnow.from_events()
    many = 30
    rng = np.random.default_rng(5)
    nudge = 1 + 1e-7 * rng.random(many * len(orders))
    columns = {name: np.tile(orders[name].to_numpy(float), many) for name in ("x", "t_x", "T")}
    nudged = History.of(columns["x"], columns["t_x"] * nudge, columns["T"] * nudge)
    assert len(nudged.x) > 60_000
    whole, plain = fit_bgnbd(nudged), fit_bgnbd(cdnow.history(orders))
    assert whole.values == pytest.approx(plain.values, rel=1e-5)
    assert whole.errors * np.sqrt(many) == pytest.approx(plain.errors, rel=1e-4)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.integers(0, 3000), st.floats(0, 3000)), min_size=1, max_size=30), st.sampled_from((1, 7, 100))
)
def test_levels_are_the_different_values(column, parts):
    given_ = np.array(column, float)
    for values in (given_, np.rint(given_) / parts):
        levels = Levels.of(values)
        assert (levels.values == np.unique(values)).all()
        assert (levels.values[levels.at] == values).all()


@pytest.mark.parametrize("by", [Groups.of, Groups._sorted], ids=["numbers", "places"])
@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from((0.0, 0.1, 2.5, 900.25)), st.integers(0, 2)), max_size=40
    )
)
def test_groups_are_the_different_rows(by, rows):
    columns = np.array(rows, float).reshape(-1, 3).T
    groups = by(tuple(columns))
    different, of_row, sizes = np.unique(columns.T, axis=0, return_inverse=True, return_counts=True)
    assert (different == np.array(groups.columns).T).all()
    assert (groups.of_row == of_row).all()
    assert (groups.sizes == sizes).all()


def test_groups_of_more_rows_than_a_block():
    rng = np.random.default_rng(1)
    columns = [rng.integers(0, top, 150_000) / 7 for top in (5, 300, 300)]
    fast, slow = Groups.of(columns), Groups._sorted(columns)
    assert (fast.of_row == slow.of_row).all()
    assert (fast.sizes == slow.sizes).all()
    assert all((one == other).all() for one, other in zip(fast.columns, slow.columns, strict=True))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60))
def test_contracts_that_are_equal_count_together(rows):
    times, gone = np.array(rows).T
    assume(gone.any() and (times > 0).any())
    found, kinds = fit_sbg(times, gone.astype(bool)), np.unique(np.array(rows), axis=0, return_counts=True)
    merged = fit_sbg(kinds[0][:, 0], kinds[0][:, 1].astype(bool), kinds[1])
    assert (found.state, found.n) == (merged.state, merged.n)
    if found.ok:
        assert (found.values == merged.values).all()
