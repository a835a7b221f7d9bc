"""Stages by each customer's own rhythm: how probable it is that they still buy, given how they bought."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Text
from cpm_core.builtin.lifecycle.stages import thresholds
from cpm_core.builtin.lifecycle.stages.limits import limits_of

PAUSE = 2
"""A pause is one that is so many times as long as the customer's usual interval."""
_ALIVE = Text(
    en="still buying with probability {alive:.0%}: last sale {recency_days:days} ago, usually one every {usual:,.1f} days",
    zh="仍在购买的概率为{alive:.0%}：最近一次购买距今{recency_days:,}天，通常每{usual:,.1f}天购买一次",
)
_ONCE = Text(en="; one day with sales so far, so by days", zh="；目前仅有一个购买日，故按天数判断")
_UNMODELLED = Text(en="; without a model of buying, so by days", zh="；没有可用的购买模型，故按天数判断")
_BOTH = ("prospect", "new")
"""Stages that no rhythm is asked for."""


def _reasons() -> dict[str, Text]:
    """Of those with a rhythm by stage; of those without one as by days, and why."""
    by_days = {stage: text for stage, text in thresholds.REASONS.items() if stage not in _BOTH}
    found = {stage: thresholds.REASONS[stage] for stage in _BOTH}
    found["alive"] = _ALIVE
    found["won_back"] = Text(
        en=thresholds.REASONS["won_back"].en + "; usually one every {usual:,.1f} days",
        zh=thresholds.REASONS["won_back"].zh + "；通常每{usual:,.1f}天购买一次",
    )
    found["loyal"] = Text(
        en=_ALIVE.en + "; {trailing_sales:sales} in the trailing year",
        zh=_ALIVE.zh + "；近一年购买{trailing_sales:,}次",
    )
    for key, why in (("once", _ONCE), ("unmodelled", _UNMODELLED)):
        found |= {f"{key}_{stage}": Text(en=text.en + why.en, zh=text.zh + why.zh) for stage, text in by_days.items()}
    return found


REASONS = _reasons()


def assign(profile: Any, options: Any, settings: Any) -> Any:
    """Every customer's stage by the probability of being alive; by days where there is none."""
    import ibis

    limits, cut = limits_of(options, settings), options.alive
    by_days = thresholds.stage_by_days(profile, limits)
    alive = profile.probability_alive if "probability_alive" in profile.columns else ibis.null("float64")
    paused = (profile.last_gap_days >= limits.dormant_days) & (
        profile.last_gap_days >= PAUSE * profile.usual_interval_days
    )
    by_rhythm = ibis.cases(
        (alive < cut.dormant, "lost"),
        (alive < cut.at_risk, "dormant"),
        (alive < cut.active, "at_risk"),
        (paused, "won_back"),
        (profile.trailing_sales >= limits.loyal_sales, "loyal"),
        else_="active",
    )
    settled = profile.last_sale.isnull() | (profile.tenure_days < limits.new_days)
    # After one purchase, the models know of no rhythm: BG/NBD calls each such customer alive for ever.
    once, unmodelled = profile.usual_interval_days.isnull(), alive.isnull()
    stage = ibis.cases((settled | once | unmodelled, by_days), else_=by_rhythm)
    reason = ibis.cases(
        (settled, by_days),
        (unmodelled, ibis.literal("unmodelled_").concat(by_days)),
        (once, ibis.literal("once_").concat(by_days)),
        (by_rhythm.isin(["won_back", "loyal"]), by_rhythm),
        else_="alive",
    )
    told = thresholds.placeholders(profile, limits)
    return profile.select(
        "customer_id", stage=stage, reason=reason, **told, alive=alive, usual=profile.usual_interval_days
    )
