"""Tiers by fixed limits of one column of the profile."""

from __future__ import annotations

from cpm_core.api import AtLeast, Text, TierRule, hookimpl
from cpm_core.builtin.tiers._cuts import by_tier


def _options() -> type:
    from cpm_core.builtin.tiers._options import Thresholds

    return Thresholds


@hookimpl
def cpm_tier_rules() -> list[TierRule]:
    """The rule that params call `thresholds`."""
    return [
        TierRule(
            id="thresholds",
            title=Text(en="Fixed limits of a value", zh="按固定门槛划分"),
            value=lambda profile, options, settings: profile[options.column],
            cut=lambda options: AtLeast(by_tier(options.at_least)),
            options=_options,
            columns=lambda options: {("column",): options.column},
        )
    ]
