"""What a params file may say of the lifecycle rules."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, ValidationInfo, model_validator

from cpm_core.builtin.lifecycle.stages.limits import Limits, limits_of

Days = Annotated[int, Field(ge=1, le=36_600)]
Probability = Annotated[float, Field(gt=0, lt=1)]


class ThresholdOptions(BaseModel):
    """Days are counted back from the day for which customers are sorted; see `Limits`."""

    new_days: Days | None = Field(None, examples=[90])
    dormant_days: Days | None = Field(None, examples=[180])
    lost_days: Days | None = Field(None, examples=[360])
    loyal_sales: int = Field(4, ge=2, le=100_000, examples=[4])

    @model_validator(mode="after")
    def _in_order(self, info: ValidationInfo) -> Self:
        if info.context is not None:
            _check(limits_of(self, info.context))
        return self


class Alive(BaseModel):
    """The least probability of being alive at which a customer is active, at risk, or dormant rather than lost."""

    active: Probability = 0.8
    at_risk: Probability = 0.5
    dormant: Probability = 0.1

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.active > self.at_risk > self.dormant:
            raise ValueError(
                f"active ({self.active}) must be above at_risk ({self.at_risk}), and that above dormant ({self.dormant})"
            )
        return self


class RhythmOptions(ThresholdOptions):
    """The days hold for customers without a rhythm of their own."""

    alive: Alive = Field(Alive(), examples=["{active: 0.8, at_risk: 0.5, dormant: 0.1}"])


def _check(limits: Limits) -> None:
    """Stages follow one another.

    Raises:
        ValueError: They do not.
    """
    days: dict[str, Any] = {name: getattr(limits, name) for name in ("active_days", "dormant_days", "lost_days")}
    for low, high in (("active_days", "dormant_days"), ("dormant_days", "lost_days")):
        if days[low] >= days[high]:
            named = "settings.activity_days" if low == "active_days" else low
            raise ValueError(f"stages follow one another: {high} ({days[high]}) must be above {named} ({days[low]})")
    if limits.new_days > limits.dormant_days:
        raise ValueError(
            f"who is new is not dormant: new_days ({limits.new_days}) must not be above dormant_days ({limits.dormant_days})"
        )
