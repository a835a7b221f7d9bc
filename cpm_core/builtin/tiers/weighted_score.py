"""Tiers by a score: several columns of the profile as percentile ranks, weighted."""

from __future__ import annotations

from functools import reduce
from typing import Any

from cpm_core.api import Text, TierRule, TopShare, hookimpl
from cpm_core.builtin.tiers._cuts import by_tier


def _options() -> type:
    from cpm_core.builtin.tiers._options import WeightedScore

    return WeightedScore


def _value(profile: Any, options: Any, settings: Any) -> Any:  # noqa: ARG001  # a rule's arguments
    """A score of 0 to 100; null for who has nothing positive in any column of which more is better.

    A column's part is the share of the customers who have it that are not better than this one, so that ties share
    it. Where more is better, zero and below are worth nothing; where less is better, the least is worth most.
    """
    import ibis

    from cpm_core.builtin.tiers._options import lower

    more = [profile[name].fill_null(0) > 0 for name in options.weights if not lower(name)]
    counted = reduce(lambda one, other: one | other, more)
    total, there = ibis.literal(0.0), ibis.literal(0.0)
    for name, weight in options.weights.items():
        part, known = _part(profile[name], counted, less=lower(name))
        total += known.ifelse(part * weight, 0.0)
        there += known.ifelse(weight, 0.0)
    if options.missing == "mean":
        total = total / there.nullif(0.0)
    # Nine decimals, so that equal scores are equal on every engine.
    score = (total * 100).cast("decimal(18, 9)")
    whole = counted & (there > 1 - 1e-9) if options.missing == "drop" else counted
    return whole.ifelse(score, None)


def _part(column: Any, counted: Any, *, less: bool) -> tuple[Any, Any]:
    """A column's percentile rank from 0 to 1, and where it is there."""
    import ibis

    known = column.notnull() & counted
    ranked = known if less else known & (column > 0)
    rank = ibis.cume_dist().over(group_by=ranked, order_by=-column if less else column)
    return ranked.ifelse(rank, 0.0), known


@hookimpl
def cpm_tier_rules() -> list[TierRule]:
    """The rule that params call `weighted_score`."""
    return [
        TierRule(
            id="weighted_score",
            title=Text(en="Share of customers by a weighted score", zh="按加权得分排名的客户占比"),
            value=_value,
            cut=lambda options: TopShare(by_tier(options.cut)),
            value_title=Text(en="weighted score", zh="加权得分"),
            unit="score",
            options=_options,
            columns=lambda options: {("weights", name): name for name in options.weights},
        )
    ]
