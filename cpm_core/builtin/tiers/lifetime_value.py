"""Tiers by what customers are expected to bring in the next 12 months."""

from __future__ import annotations

from cpm_core.api import Text, TierRule, TopShare, hookimpl
from cpm_core.builtin.tiers._cuts import by_tier

_COLUMN = "value_12_months"


def _options() -> type:
    from cpm_core.builtin.tiers._options import LifetimeValue

    return LifetimeValue


@hookimpl
def cpm_tier_rules() -> list[TierRule]:
    """The rule that params call `lifetime_value`."""
    return [
        TierRule(
            id="lifetime_value",
            title=Text(en="Share of customers by their 12-month value", zh="按未来 12 个月客户价值排名的客户占比"),
            value=lambda profile, options, settings: profile[_COLUMN],
            cut=lambda options: TopShare(by_tier(options.cut)),
            options=_options,
            columns=lambda options: {(): _COLUMN},
        )
    ]
