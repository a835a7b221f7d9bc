"""A tier rule: margin of the trailing year, with that of strategic segments counted several times."""

from decimal import Decimal
from typing import Annotated

from cpm_core.api import Text, TierRule, TopShare


def _options():
    from pydantic import BaseModel, Field, model_validator

    share = Annotated[float, Field(gt=0, le=1)]

    class Cut(BaseModel):
        """Cumulative shares of the customers, from the highest tier down."""

        VIP: share = Field(0.05, examples=["0.05"])
        key: share = Field(0.20, examples=["0.20"])

        @model_validator(mode="after")
        def _in_order(self):
            if self.key < self.VIP:
                raise ValueError("shares are cumulative, so that VIP has the smaller one: VIP 0.05, key 0.20")
            return self

    class Options(BaseModel):
        """Which segments are strategic, how often their margin counts, and where tiers are cut."""

        segments: list[str] = Field(min_length=1, examples=["[strategic]"])
        weight: Decimal = Field(Decimal(2), ge=1, le=100, max_digits=5, decimal_places=2, examples=["2"])
        cut: Cut = Cut()

    return Options


def value(profile, options, settings):  # noqa: ARG001  # every rule is given the settings
    """Margin of the trailing year, times the weight where the customer's segment is strategic.

    Null where costs cover too little of the customer's revenue to know it: nobody comes up by a guess.
    """
    import ibis

    strategic = profile.segment.isin(options.segments).fill_null(False)
    weight = ibis.literal(options.weight, "decimal(5, 2)")
    margin = profile.trailing_margin
    return strategic.ifelse((margin * weight).cast("decimal(18, 4)"), margin)


STRATEGIC_ACCOUNTS = TierRule(
    id="strategic_accounts",
    title=Text(en="Margin, strategic accounts weighted", zh="按毛利排名（战略客户加权）"),
    value=value,
    cut=lambda options: TopShare({"VIP": options.cut.VIP, "key": options.cut.key}),
    value_title=Text(en="weighted margin of the trailing year", zh="近一年加权毛利"),
    unit="money",
    options=_options,
    reads=("orders",),
)
