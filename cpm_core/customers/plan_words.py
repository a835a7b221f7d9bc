"""Why a customer is in a plan, or is not, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpm_core.model.actions import Action
from cpm_core.model.money import amount
from cpm_core.model.text import Locale, Text
from cpm_core.params.plan import PlanKeys

if TYPE_CHECKING:
    import pandas as pd

REASONS = {
    "chosen": Text(
        en="expected to save {saved} of {risk} at risk, for {cost} and {hours} h",
        zh="预计可从{risk}风险价值中挽回{saved}，需投入{cost}和{hours}小时",
    ),
    "held back": Text(
        en="held back at random to compare with; would not have been chosen",
        zh="随机保留为对照组；即使不保留也不会入选",
    ),
    "compared": Text(
        en="held back at random to compare with; would have been chosen",
        zh="随机保留为对照组；若不保留则会入选",
    ),
    "over budget": Text(
        en="expected to save {saved} for {cost}, but the budget of {budget} goes to others",
        zh="预计可挽回{saved}，需投入{cost}，但{budget}的预算已用于收益更高的客户",
    ),
    "over hours": Text(
        en="expected to save {saved} for {hours} h, but the {all_hours} h go to others",
        zh="预计可挽回{saved}，需投入{hours}小时，但{all_hours}小时的工时已用于收益更高的客户",
    ),
    "over both": Text(
        en="expected to save {saved} for {cost} and {hours} h, but budget ({budget}) and hours ({all_hours}) go to others",
        zh="预计可挽回{saved}，需投入{cost}和{hours}小时，但预算（{budget}）和工时（{all_hours}小时）已用于收益更高的客户",
    ),
    "below cost": Text(
        en="expected to save {saved} of {risk} at risk, which is not more than the cost of {cost}",
        zh="预计可从{risk}风险价值中挽回{saved}，不高于成本{cost}",
    ),
    "no value": Text(en="no expected value is known", zh="没有可用的预期价值"),
}
"""By state of the plan; `compared` for those held back who would have been chosen."""


def owner_of(action: Action, locale: Locale) -> str:
    """Who does it, in words."""
    return action.owner.in_(locale) if isinstance(action.owner, Text) else action.owner


def reasons(plan: pd.DataFrame, keys: PlanKeys, currency: str, locale: Locale) -> list[str]:
    """A reason a row of a plan."""
    said = {state: text.in_(locale) for state, text in REASONS.items()}
    fixed = {
        "budget": amount(float(keys.budget), currency) if keys.budget is not None else "",
        "all_hours": f"{keys.hours:f}" if keys.hours is not None else "",
    }
    # All rows of an action cost the same, so that only two amounts are each row's own.
    costs = {cost: amount(float(cost), currency) for cost in set(plan["cost"])}
    hours = {one: f"{one:f}" for one in set(plan["hours"])}
    found = []
    columns = ("state", "compared", "expected_saved", "at_risk", "cost", "hours")
    for state, compared, saved, risk, cost, time in zip(*(plan[name].to_list() for name in columns), strict=True):
        words = said["compared" if state == "held back" and compared else state]
        if "{" in words:
            own = {"saved": amount(saved, currency), "risk": amount(risk, currency)}
            words = words.format(**fixed, **own, cost=costs[cost], hours=hours[time])
        found.append(words)
    return found
