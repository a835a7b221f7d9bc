"""The search for the highest likelihood, on likelihoods whose maximum is known."""

import numpy as np
import pytest

from cpm_core.customers.models import maximum
from cpm_core.customers.models.maximum import maximise


def of_rate(values):
    """Eight waiting times that sum to 20: ln L = 8 ln rate - 20 rate."""
    (rate,) = values
    return 8 * np.log(rate) - 20 * rate, np.array([8 / rate - 20])


def test_a_maximum_by_hand():
    """Rate 8 / 20; the information of its logarithm is 20 rate = 8, the error of the logarithm 1 / sqrt(8)."""
    fit = maximise("sbg", ("rate",), of_rate, np.array([50.0]), 8)
    assert fit.state == "ok"
    assert fit.values == pytest.approx([0.4], rel=1e-12)
    assert fit.log_errors == pytest.approx([8**-0.5], rel=1e-6)
    assert fit.errors == pytest.approx([0.4 * 8**-0.5], rel=1e-6)
    assert fit.log_likelihood == pytest.approx(8 * np.log(0.4) - 8)
    low, high = fit.limits()
    assert (low[0], high[0]) == pytest.approx((0.4 * np.exp(-1.959964 / 8**0.5), 0.4 * np.exp(1.959964 / 8**0.5)))


@pytest.mark.parametrize(
    ("score", "state", "words"),
    [
        (lambda v: (np.nan, np.array([np.nan])), "failed", "got lost: where it ended the likelihood is no number"),
        (lambda v: of_rate(v) if v == 1 else (np.nan, np.array([np.nan])), "failed", "the likelihood is no number"),
        (lambda v: (float(-1 / v[0]), np.array([v[0] ** -2])), "not identified", "rate on the way to infinity"),
        (lambda v: (float(-v[0]), np.array([-1.0])), "not identified", "rate on the way to zero"),
        (lambda v: (0.0, np.array([0.0])), "not identified", "do not tell the parameters apart: rate"),
        (lambda v: (of_rate(v)[0] / 100, of_rate(v)[1] / 100), "not identified", "rate may be many times more"),
    ],
    ids=["nan", "nan beside", "infinity", "zero", "flat", "wide"],
)
def test_no_maximum(score, state, words):
    fit = maximise("sbg", ("rate",), score, np.array([1.0]), 8)
    assert fit.state == state
    assert words in fit.reason.en
    assert fit.reason.zh
    assert np.isnan(fit.values).all()


def test_a_search_that_is_cut_short(monkeypatch):
    monkeypatch.setattr(maximum, "_searched", lambda cost, origin: origin)
    monkeypatch.setattr(maximum, "POLISH", 0)
    fit = maximise("sbg", ("rate",), of_rate, np.array([0.5]), 8)
    assert fit.state == "failed"
    assert "still rises" in fit.reason.en
