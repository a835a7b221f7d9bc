"""Tiers by rank: the top shares of the customers by one column of their profile."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Text, TierRule, TopShare, hookimpl


def _options() -> type:
    from cpm_core.builtin.tiers._options import Percentile

    return Percentile


def _cut(options: Any) -> TopShare:
    from cpm_core.builtin.tiers._options import by_tier

    return TopShare(by_tier(options.cut))


@hookimpl
def cpm_tier_rules() -> list[TierRule]:
    """The rule that params call `percentile`."""
    return [
        TierRule(
            id="percentile",
            title=Text(en="Share of customers by a value", zh="按指标排名的客户占比"),
            value=lambda profile, options, settings: profile[options.column],
            cut=_cut,
            options=_options,
            columns=lambda options: {("column",): options.column},
        )
    ]
