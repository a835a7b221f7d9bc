"""Tiers by rank: the top shares of the customers by one column of their profile."""

from __future__ import annotations

from cpm_core.api import Text, TierRule, TopShare, hookimpl
from cpm_core.builtin.tiers._cuts import by_tier


def _options() -> type:
    from cpm_core.builtin.tiers._options import Percentile

    return Percentile


@hookimpl
def cpm_tier_rules() -> list[TierRule]:
    """The rule that params call `percentile`."""
    return [
        TierRule(
            id="percentile",
            title=Text(en="Share of customers by a value", zh="按指标排名的客户占比"),
            value=lambda profile, options, settings: profile[options.column],
            cut=lambda options: TopShare(by_tier(options.cut)),
            options=_options,
            columns=lambda options: {("column",): options.column},
        )
    ]
