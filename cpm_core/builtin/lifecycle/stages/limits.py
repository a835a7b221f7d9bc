"""The days and counts between stages, with defaults that follow the workbook's `activity_days`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Limits:
    """Whole days and numbers of sales; each number of days is that of the first day of its stage."""

    new_days: int
    """New: the first sale is fewer days ago."""
    active_days: int
    """Active, loyal or won back: the last sale is fewer days ago. Always the workbook's `activity_days`."""
    dormant_days: int
    """Dormant: the last sale is so many days ago, or more; and who buys again after so long a pause is won back."""
    lost_days: int
    """Lost: the last sale is so many days ago, or more."""
    loyal_sales: int
    """Loyal: active, with so many sales in the trailing year, or more."""


def limits_of(options: Any, settings: Any) -> Limits:
    """What the params say; left out: new for once, dormant from twice and lost from four times `activity_days`."""
    active: int = settings.activity_days
    return Limits(
        new_days=options.new_days or active,
        active_days=active,
        dormant_days=options.dormant_days or 2 * active,
        lost_days=options.lost_days or 4 * active,
        loyal_sales=options.loyal_sales,
    )
