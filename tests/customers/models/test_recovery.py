"""Populations drawn from known parameters: the intervals must hold these as often as they say."""

import numpy as np
import pytest

from tests.customers.models import simulate


def covered(model: str, populations: int) -> np.ndarray:
    """The share of populations whose 95 % interval, on the log scale, holds the truth, by parameter."""
    truth = np.array(simulate.TRUTH[model])
    held = []
    for seed in np.random.SeedSequence(20050415).spawn(populations):
        fit = simulate.population(model, np.random.default_rng(seed))
        assert fit.state == "ok", fit.reason
        low, high = fit.limits()
        held.append((low <= truth) & (truth <= high))
    return np.mean(held, axis=0)


@pytest.mark.parametrize("model", simulate.TRUTH)
def test_truth_is_found(model):
    """Of 20 populations 19 are expected; 14 or fewer come about three times in ten thousand."""
    assert (covered(model, 20) >= 15 / 20).all()


@pytest.mark.soak
@pytest.mark.parametrize("model", simulate.TRUTH)
def test_intervals_hold_the_truth_as_often_as_they_say(model):
    share = covered(model, 200)
    assert ((share >= 0.90) & (share <= 0.98)).all(), share
