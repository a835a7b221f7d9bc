"""The options of the built-in tier rules."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator, model_validator

from cpm_core.api import PROFILE_COLUMNS

Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Limit = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Shares(BaseModel):
    """Cumulative shares, from the highest tier down."""

    VIP: Share = Field(examples=["0.05"])
    key: Share = Field(examples=["0.20"])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.key < self.VIP:
            raise ValueError("shares are cumulative, so that a higher tier has the smaller one: VIP 0.05, key 0.20")
        return self


class Limits(BaseModel):
    """The least value of each tier, from the highest down."""

    VIP: Limit = Field(examples=["5000"])
    key: Limit = Field(examples=["1000"])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.key > self.VIP:
            raise ValueError("a higher tier starts at the larger value: VIP 5000, key 1000")
        return self


def _better_is_more(column: str) -> str:
    told = PROFILE_COLUMNS.get(column)
    if told is not None and told.better == "lower":
        raise ValueError(f"the best customers have the least {column!r}; `rule: weighted_score` turns it round")
    return column


Column = Annotated[str, AfterValidator(_better_is_more)]
"""A column of the customer profile of which more is better."""


class Percentile(BaseModel):
    """Shares of the customers with a positive value of a column."""

    column: Column = Field("trailing_revenue", examples=["trailing_margin"])
    cut: Shares = Field(Shares(VIP=0.05, key=0.20), examples=["{VIP: 0.05, key: 0.20}"])


class Pareto(BaseModel):
    """Shares of the sum of a column."""

    column: Column = Field("trailing_revenue", examples=["trailing_margin"])
    share: Shares = Field(Shares(VIP=0.5, key=0.8), examples=["{VIP: 0.5, key: 0.8}"])


class Thresholds(BaseModel):
    """The least value of a column for each tier."""

    column: Column = Field("trailing_revenue", examples=["trailing_margin"])
    at_least: Limits = Field(examples=["{VIP: 5000, key: 1000}"])


class LifetimeValue(BaseModel):
    """Shares of the customers with a positive 12-month value."""

    cut: Shares = Field(Shares(VIP=0.05, key=0.20), examples=["{VIP: 0.05, key: 0.20}"])


class RfmWeights(BaseModel):
    """How often each score counts."""

    recency: Weight = Field(1.0, examples=["1"])
    frequency: Weight = Field(1.0, examples=["1"])
    monetary: Weight = Field(1.0, examples=["1"])


class Rfm(BaseModel):
    """Weights of the three scores of 1 to 5, and the sum from which each tier starts."""

    weights: RfmWeights = Field(RfmWeights(), examples=["{recency: 1, frequency: 1, monetary: 1}"])
    at_least: Limits = Field(Limits(VIP=13, key=10), validate_default=True, examples=["{VIP: 13, key: 10}"])

    @field_validator("at_least")
    @classmethod
    def _within_reach(cls, limits: Limits, info: ValidationInfo) -> Limits:
        weights = info.data.get("weights")
        if weights is not None and (most := 5 * sum(weights.model_dump().values())) < limits.VIP:
            raise ValueError(f"no customer can have {limits.VIP:g}: with these weights {most:g} is the most")
        return limits


def lower(column: str) -> bool:
    """Whether less of a column is better; of a plugin's column more is."""
    told = PROFILE_COLUMNS.get(column)
    return told is not None and told.better == "lower"


def _a_whole(weights: dict[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    if abs(total - 1) > 1e-9:
        said = " + ".join(f"{weight:g}" for weight in weights.values())
        raise ValueError(f"weights must sum to 1, and {said} is {total:g}")
    if all(lower(column) for column in weights):
        raise ValueError("one column at least must be one of which more is better, such as trailing_revenue")
    return weights


Weights = Annotated[dict[str, Weight], Field(min_length=1), AfterValidator(_a_whole)]


class WeightedScore(BaseModel):
    """Profile columns with their weights, what is done where one is missing, and shares of the customers."""

    weights: Weights = Field(examples=["{trailing_revenue: 0.7, recency_days: 0.3}"])
    missing: Literal["zero", "drop", "mean"] = "zero"
    cut: Shares = Field(Shares(VIP=0.05, key=0.20), examples=["{VIP: 0.05, key: 0.20}"])
