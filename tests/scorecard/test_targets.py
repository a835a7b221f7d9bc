"""Met, missed, or too close to call."""

import math

import pytest

from cpm_core.scorecard.targets import Target


@pytest.mark.parametrize(
    ("target", "value", "interval", "status"),
    [
        (Target(low=0.9), 0.95, (0.91, 0.98), "met"),
        (Target(low=0.9), 0.95, (0.89, 0.98), "close"),
        (Target(low=0.9), 0.85, (0.80, 0.89), "missed"),
        (Target(low=0.9), 0.85, (0.80, 0.91), "close"),
        (Target(low=0.9), 0.90, (math.nan, math.nan), "met"),
        (Target(low=0.9), 0.8999, (math.nan, math.nan), "missed"),
        (Target(high=0.05), 0.05, (math.nan, math.nan), "met"),
        (Target(high=0.05), 0.06, (0.055, 0.07), "missed"),
        (Target(high=0.05), 0.02, (0.01, 0.04), "met"),
        (Target(low=1, high=2), 1.5, (1.4, 1.6), "met"),
        (Target(low=1, high=2), 1.9, (1.7, 2.1), "close"),
        (Target(low=1, high=2), 2.5, (2.4, 2.6), "missed"),
        (Target(low=1, high=2), 0.5, (0.4, 0.6), "missed"),
        (Target(low=0.9), 0.95, (0.9, 0.98), "met"),  # an interval that touches the target does not straddle it
        (Target(low=0.9), math.nan, (math.nan, math.nan), ""),
        (Target(), 5, (4, 6), "met"),
    ],
)
def test_status(target, value, interval, status):
    assert target.status(value, *interval) == status
