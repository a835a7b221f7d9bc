"""Whether a figure meets its target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Status = Literal["met", "missed", "close", ""]


@dataclass(frozen=True)
class Target:
    """The values that are good enough, both ends included; None: no end."""

    low: float | None = None
    high: float | None = None

    def status(self, value: float, low: float = math.nan, high: float = math.nan) -> Status:
        """`met` or `missed`, or `close` (too close to call) where the interval straddles an end."""
        if math.isnan(value):
            return ""
        for end in (self.low, self.high):
            if end is not None and low < end < high:
                return "close"
        above = self.low is None or value >= self.low
        below = self.high is None or value <= self.high
        return "met" if above and below else "missed"
