"""Where the built-in tier rules cut, as their options say it."""

from __future__ import annotations

from typing import Any

from cpm_core.api import TIERS


def by_tier(limits: Any) -> dict[str, float]:
    """The limit or share of each tier that has one, highest first."""
    return {tier: getattr(limits, tier) for tier in TIERS[:-1]}
