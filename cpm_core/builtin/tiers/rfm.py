"""Tiers by RFM: how recently, how often and for how much a customer bought, each scored from 1 to 5 by rank."""

from __future__ import annotations

from typing import Any

from cpm_core.api import AtLeast, Text, TierRule, hookimpl
from cpm_core.builtin.tiers._cuts import by_tier

QUINTILES = 5
_WEIGHT = 10_000
"""Weights count to their fourth decimal."""


def _options() -> type:
    from cpm_core.builtin.tiers._options import Rfm

    return Rfm


def scores(profile: Any) -> dict[str, Any]:
    """Recency, frequency and monetary scores, whole numbers of 1 to 5; null without a sale in the trailing year.

    A score is 1 + ⌊5 × s⌋, where s is the share of the customers with a sale in the trailing year who are strictly
    worse. So ties share a score, a score of 5 has at least 80 % of the customers below it, and where all are equal
    all have 1. Revenue of zero or below ranks like any other number.
    """
    import ibis

    bought = profile.trailing_sales.fill_null(0) > 0
    columns = {
        "recency": -profile.recency_days,
        "frequency": profile.trailing_sales,
        "monetary": profile.trailing_revenue,
    }
    number = bought.count().over(group_by=bought)
    worse = {name: ibis.rank().over(group_by=bought, order_by=column) for name, column in columns.items()}
    return {name: bought.ifelse(1 + (QUINTILES * rank) // number, None) for name, rank in worse.items()}


def _value(profile: Any, options: Any, settings: Any) -> Any:  # noqa: ARG001  # a rule's arguments
    """The weighted sum of the scores, exact to four decimals."""
    import ibis

    weights = options.weights
    parts = [score * round(getattr(weights, name) * _WEIGHT) for name, score in scores(profile).items()]
    total = parts[0] + parts[1] + parts[2]
    return (total.cast("decimal(18, 4)") / ibis.literal(_WEIGHT)).cast("decimal(18, 4)")


@hookimpl
def cpm_tier_rules() -> list[TierRule]:
    """The rule that params call `rfm`."""
    return [
        TierRule(
            id="rfm",
            title=Text(en="Recency, frequency and revenue by quintile", zh="按最近购买、频次与金额的五分位评分（RFM）"),
            value=_value,
            cut=lambda options: AtLeast(by_tier(options.at_least)),
            value_title=Text(en="RFM score", zh="RFM 得分"),
            unit="score",
            options=_options,
            reads=("orders",),
        )
    ]
