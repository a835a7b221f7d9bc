"""Tiers by rank: the top share of customers by revenue of the trailing year."""

from __future__ import annotations

from typing import Any

from cpm_core.api import TIERS, Text, TierRule, hookimpl


def _options() -> type:
    from typing import Annotated

    from pydantic import BaseModel, Field, field_validator

    class Options(BaseModel):
        """Cumulative shares of customers with positive revenue, from the highest tier down."""

        cut: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(
            default={"VIP": 0.05, "key": 0.20}, examples=["{VIP: 0.05, key: 0.20}"]
        )

        @field_validator("cut")
        @classmethod
        def _in_order(cls, cut: dict[str, float]) -> dict[str, float]:
            cuts = TIERS[:-1]
            strange = [name for name in cut if name not in cuts]
            if strange:
                raise ValueError(f"{strange[0]!r} is no tier that takes a cut; write {' and '.join(cuts)}")
            missing = [name for name in cuts if name not in cut]
            if missing:
                raise ValueError(f"the cut of {missing[0]!r} is missing")
            shares = [cut[name] for name in cuts]
            if shares != sorted(shares):
                raise ValueError("cuts are cumulative, so that a higher tier has the smaller one: VIP 0.05, key 0.20")
            return cut

    return Options


def _assign(profile: Any, options: Any, settings: Any) -> Any:  # noqa: ARG001  # the contract of a rule
    """Rank customers with positive revenue, ties by id; the top ceil(share x number) are in the tier."""
    import ibis

    positive = profile.trailing_revenue > 0
    order = [ibis.desc(positive), ibis.desc(profile.trailing_revenue), profile.customer_id]
    ranked = profile.select(
        "customer_id",
        value=profile.trailing_revenue,
        positive=positive,
        rank=ibis.row_number().over(ibis.window(order_by=order)) + 1,
        of=positive.sum().over(ibis.window()),
    )

    def last(share: float) -> Any:
        # Rounded before the ceiling, so that 5 % of 100 is 5 and not 6 by a float's last digit.
        return (ranked.of * share).round(9).ceil().cast("int64")

    vip, key = last(options.cut["VIP"]), last(options.cut["key"])
    tier = ibis.cases(
        (~ranked.positive, "ordinary"), (ranked["rank"] <= vip, "VIP"), (ranked["rank"] <= key, "key"), else_="ordinary"
    )
    return ranked.select(
        "customer_id",
        "value",
        "rank",
        "of",
        tier=tier,
        reason=ranked.positive.ifelse("rank", "none"),
        last=ibis.cases((tier == "VIP", vip), (tier == "key", key), else_=key),
    )


@hookimpl
def cpm_tier_rules() -> list[TierRule]:
    """The rule that params call `percentile`."""
    return [
        TierRule(
            id="percentile",
            title=Text(en="Share of customers by revenue of the trailing year", zh="按近一年净销售额排名的客户占比"),
            assign=_assign,
            options=_options,
            reads=("orders",),
            reasons={
                "rank": Text(
                    en="rank {rank:,} of {of:,} by revenue of the trailing year ({value}); the tier's limit is rank {last:,}",
                    zh="近一年净销售额{value}，在{of:,}位客户中排名第{rank:,}；该等级界限为第{last:,}名",
                ),
                "none": Text(
                    en="no positive revenue in the trailing year ({value})", zh="近一年没有正的净销售额（{value}）"
                ),
            },
        )
    ]
