"""XmR charts that are worked out by hand."""

from pathlib import Path

import pandas as pd
import pytest

from cpm_core.scorecard.signals import judge, limits

GOLDEN = Path(__file__).parent.parent / "golden"
# Centre 11, moving ranges of 2: limits 11 -/+ 2.66 x 2 = 5.68 and 16.32.
STEADY = [12.0, 10.0] * 4


def test_limits_of_the_golden_series():
    found = limits(pd.read_csv(GOLDEN / "xmr.csv", comment="#")["value"].tolist())
    assert found.centre == pytest.approx(50.81)
    assert found.low == pytest.approx(45.815, abs=5e-4)
    assert found.high == pytest.approx(55.805, abs=5e-4)


@pytest.mark.parametrize("count", range(9))
def test_eight_points_before_are_the_least(count):
    assert judge(STEADY[:count]) == ("", None)


@pytest.mark.parametrize(
    ("value", "signal"), [(16.3, ""), (16.4, "above"), (5.7, ""), (5.6, "below"), (1000.0, "above")]
)
def test_a_point_is_judged_by_those_before_it(value, signal):
    found, used = judge([*STEADY, value])
    assert found == signal
    assert (used.low, used.high) == pytest.approx((5.68, 16.32)), "its own value is not in its limits"


def test_only_the_last_point_is_told():
    assert judge([*STEADY, 1000.0, 11.0])[0] == ""


def test_eight_in_a_row_on_one_side():
    # The last steady point, 10, lies below the centre: seven at 11.5 are no run, the eighth is.
    assert judge([*STEADY, *[11.5] * 7])[0] == ""
    assert judge([*STEADY, *[11.5] * 8])[0] == "run above"
    assert judge([*STEADY[::-1], *[10.5] * 8])[0] == "run below"


def test_a_point_on_the_centre_ends_a_run():
    values = [*STEADY, *[11.5] * 7]
    centre = limits(values).centre
    assert judge([*values, centre])[0] == ""


def test_a_shift_starts_new_limits():
    # Eight of 13 and 14 are a run above 11 and what is made of it: new limits 13.5 -/+ 2.66.
    shifted = [*STEADY, *[13.0, 14.0] * 4]
    assert judge(shifted)[0] == "run above"
    signal, used = judge([*shifted, 10.5])
    assert signal == "below", "inside the limits of before the shift"
    assert (used.low, used.high) == pytest.approx((10.84, 16.16))


def test_a_shift_beyond_the_limits_starts_new_limits_too():
    # Each of the eight is above; then the new level is the usual one.
    jumped = [*STEADY, *[30.0, 31.0] * 4]
    assert judge(jumped)[0] == "above"
    signal, used = judge([*jumped, 30.0])
    assert signal == ""
    assert (used.low, used.high) == pytest.approx((30.5 - 2.66, 30.5 + 2.66))


def test_a_constant_series_has_no_width():
    assert judge([5.0] * 9)[0] == ""
    assert judge([*[5.0] * 8, 5.1])[0] == "above"
