"""The plan of action in a params file: a playbook, and what may be spent on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, field_validator, model_validator

from cpm_core.model.errors import Problem
from cpm_core.model.names import nearest
from cpm_core.model.rules import STAGES, TIERS
from cpm_core.model.text import Text
from cpm_core.params import values
from cpm_core.params.keys import Keys
from cpm_core.params.values import Name, Names, Number, Words

if TYPE_CHECKING:
    from cpm_core.params.schema import Params


def _four_places(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -4:
        raise values.wrong(f"{value} has more than four decimals", fix="Write it with four decimals at most.")
    return value


Amount = Annotated[Decimal, Field(ge=0, le=10**12, allow_inf_nan=False), AfterValidator(_four_places)]
"""An amount of money or of hours: exact, zero or above."""


def _owner(value: Any) -> Text | str:
    return value if isinstance(value, str) else values.to_words(value)


Owner = Annotated[
    Text | str,
    PlainValidator(_owner),
    PlainSerializer(lambda owner: owner if isinstance(owner, str) else {"en": owner.en, "zh": owner.zh}),
]


class ConditionKeys(Keys):
    """What a column of the profile must be: within ends, or one of some words."""

    at_least: Number | None = Field(None, examples=[1])
    """The least that the column may be."""
    at_most: Number | None = Field(None, examples=[0.5])
    """The most that it may be."""
    is_: Names | None = Field(None, alias="is", min_length=1, examples=["[North, West]"])
    """The words that it may be."""

    @model_validator(mode="after")
    def _says_something(self) -> ConditionKeys:
        ends = self.at_least is not None or self.at_most is not None
        if ends == (self.is_ is not None):
            raise values.wrong(
                "a condition is at_least, at_most or both; or else is", fix="Write it as {at_least: 1} or {is: [West]}."
            )
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise values.wrong("at_least is above at_most: nobody fits", fix="Write the lower end as at_least.")
        return self


class ActionKeys(Keys):
    """One action of the playbook."""

    id: Name = Field(examples=["win_back"])
    """Its name."""
    title: Words
    """In both languages."""
    tiers: Names = Field((), examples=["[VIP, key]"])
    """Tiers that it is for; left out: all."""
    stages: Names = Field((), examples=["[at_risk]"])
    """Stages that it is for; left out: all."""
    when: dict[Name, ConditionKeys] = Field({}, examples=["{trailing_complaints: {at_least: 1}}"])
    """Conditions on columns of the profile, all of which must hold."""
    owner: Owner = Field("", examples=["key accounts"])
    """A name, or words in both languages."""
    cost: Amount = Field(Decimal(0), examples=[25])
    """Money a customer."""
    hours: Amount = Field(Decimal(0), examples=[0.5])
    """Hours a customer."""
    saves: Number = Field(ge=0, le=1, examples=[0.1])
    """The share of a customer's value at risk that it keeps."""


class ServiceKeys(Keys):
    """What each customer of a tier gets beside the actions."""

    cost: Amount = Field(Decimal(0), examples=[50])
    """Money a customer."""
    hours: Amount = Field(Decimal(0), examples=[2])
    """Hours a customer."""


class PlanKeys(Keys):
    """A playbook, the money and hours that it may take, and who is held back to compare with."""

    budget: Amount | None = Field(None, examples=[5000])
    """Money that may be spent; left out: no limit."""
    hours: Amount | None = Field(None, examples=[80])
    """Hours that may be spent; left out: no limit."""
    control_share: Number = Field(0.0, ge=0, lt=1, examples=[0.1])
    """The share of those found for an action that gets none, so that its effect can be seen."""
    seed: int = Field(1, examples=[7])
    """Chooses who is held back."""
    use: Names = Field((), examples=["[win_back]"])
    """Actions of plugins."""
    actions: tuple[ActionKeys, ...] = ()
    """Actions of one's own."""
    service: dict[Name, ServiceKeys] = Field({}, examples=["{VIP: {hours: 2, cost: 50}}"])

    @field_validator("actions")
    @classmethod
    def _each_once(cls, actions: tuple[ActionKeys, ...]) -> tuple[ActionKeys, ...]:
        values.each_once(tuple(one.id for one in actions))
        return actions

    @model_validator(mode="after")
    def _does_something(self) -> PlanKeys:
        if not (self.use or self.actions or self.service):
            raise values.wrong("a plan without actions and service plans nothing", fix="Write actions, use or service.")
        return self


def problems_of(params: Params, known: Collection[str]) -> Iterator[Problem]:
    """Actions, tiers and stages in the plan that there are not, with their lines; ``known`` are plugins' actions."""
    if params.plan is None:
        return
    for index, name in enumerate(params.plan.use):
        if name not in known:
            yield _unknown(params, "action", name, known, ("plan", "use", index))
    for tier in params.plan.service:
        if tier not in TIERS:
            yield _unknown(params, "tier", tier, TIERS, ("plan", "service", tier))
    for index, action in enumerate(params.plan.actions):
        loc = ("plan", "actions", index)
        if action.id in params.plan.use:
            fix = "Give yours another id, or take the other out of `use`."
            yield Problem(f"the action {action.id!r} is there twice", params.where(*loc), fix=fix)
        for place in (place for place, name in enumerate(action.tiers) if name not in TIERS):
            yield _unknown(params, "tier", action.tiers[place], TIERS, (*loc, "tiers", place))
        for place in (place for place, name in enumerate(action.stages) if name not in STAGES):
            yield _unknown(params, "stage", action.stages[place], STAGES, (*loc, "stages", place))


def _unknown(params: Params, what: str, name: str, valid: Collection[str], loc: tuple[str | int, ...]) -> Problem:
    fix = f"There are: {', '.join(valid)}."
    return Problem(f"there is no {what} {name!r}", params.where(*loc), nearest(name, valid), fix)
