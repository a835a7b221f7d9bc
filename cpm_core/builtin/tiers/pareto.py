"""Tiers by Pareto: the fewest customers that bring given shares of a sum."""

from __future__ import annotations

from cpm_core.api import ShareOfValue, Text, TierRule, hookimpl
from cpm_core.builtin.tiers._cuts import by_tier


def _options() -> type:
    from cpm_core.builtin.tiers._options import Pareto

    return Pareto


@hookimpl
def cpm_tier_rules() -> list[TierRule]:
    """The rule that params call `pareto`."""
    return [
        TierRule(
            id="pareto",
            title=Text(en="The fewest customers that bring a share", zh="贡献达到指定份额的最少客户"),
            value=lambda profile, options, settings: profile[options.column],
            cut=lambda options: ShareOfValue(by_tier(options.share)),
            options=_options,
            columns=lambda options: {("column",): options.column},
        )
    ]
