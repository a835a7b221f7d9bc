"""The actions that a plan has to choose from, and the customers that each is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cpm_core.customers.asking import PARAMS, Asked, ask_all, without
from cpm_core.customers.profile import PROFILE
from cpm_core.hooks.isolation import UnfitError
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.actions import Action
from cpm_core.model.errors import ParamsError, PluginError, Problem
from cpm_core.model.names import nearest
from cpm_core.model.text import Text
from cpm_core.params.plan import ActionKeys, ConditionKeys
from cpm_core.params.schema import Params
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_NO_CONDITION = Text(en="its condition is no boolean column but {kind}", zh="其条件不是布尔列，而是 {kind}")


def playbook(params: Params, registry: Registry) -> Sequence[Provided[Action]]:
    """The actions of a plan: those that it uses, then its own; each once (`hooks.agreement` sees to it)."""
    if params.plan is None:
        return ()
    used = [registry.actions[name] for name in params.plan.use]
    own = [
        Provided(_action(keys), PARAMS, "", params.where("plan", "actions", index))
        for index, keys in enumerate(params.plan.actions)
    ]
    return [*used, *own]


def _action(keys: ActionKeys) -> Action:
    return Action(
        id=keys.id,
        title=keys.title,
        cost=keys.cost,
        hours=keys.hours,
        saves=keys.saves,
        tiers=keys.tiers,
        stages=keys.stages,
        when=partial(_holds, keys.when) if keys.when else None,
        owner=keys.owner,
    )


def _holds(conditions: Mapping[str, ConditionKeys], profile: ir.Table) -> Any:
    """Whether all conditions hold; a missing value meets none."""
    import ibis

    parts = []
    for name, one in conditions.items():
        column = profile[name]
        parts += [column >= one.at_least] if one.at_least is not None else []
        parts += [column <= one.at_most] if one.at_most is not None else []
        parts += [column.isin(list(one.is_))] if one.is_ else []
    return ibis.and_(*parts)


def check(params: Params, registry: Registry, catalog: Catalog) -> None:
    """See that the conditions of a plan are on columns that the profile has, of a type that they fit.

    Raises:
        ParamsError: All that do not, with their lines, and actions whose tables are not delivered.
        PluginError: A column that a condition needs failed.
    """
    if params.plan is None:
        return
    problems: list[Problem] = []
    for index, name in enumerate(params.plan.use):
        gone = [one for one in registry.actions[name].item.reads if catalog.missing(one)]
        if gone:
            where, what = params.where("plan", "use", index), f"action {name!r} needs the table {gone[0]!r}"
            problems.append(
                Problem(f"{what}, which is not delivered", where, fix="Deliver it, or take the action out.")
            )
    if any(action.when for action in params.plan.actions):
        schema = catalog.schema(PROFILE)
        for index, action in enumerate(params.plan.actions):
            for name, condition in action.when.items():
                broken = None if name in schema else catalog.failures.column(name)
                if broken is not None:
                    raise without(f"action {action.id!r}", params.where("plan", "actions", index, "when", name), broken)
                problem = _unfit(name, condition, schema)
                if problem is not None:
                    what, near, fix = problem
                    where = params.where("plan", "actions", index, "when", name)
                    problems.append(Problem(f"action {action.id!r}: {what}", where, near, fix))
    if problems:
        raise ParamsError(problems)


def _unfit(name: str, condition: ConditionKeys, schema: Any) -> tuple[str, tuple[str, ...], str] | None:
    """What is wrong with a condition, the nearest columns, and the fix; None if nothing is."""
    if name not in schema:
        near = nearest(name, schema)
        return f"the profile has no column {name!r}", near, "" if near else f"It has {', '.join(schema)}."
    if condition.is_ is not None and not schema[name].is_string():
        return f"{name!r} is no text", (), "Write {at_least: …} or {at_most: …}."
    if condition.is_ is None and not schema[name].is_numeric():
        return f"{name!r} is no number", (), "Write {is: […]}." if schema[name].is_string() else "Choose a number."
    return None


@dataclass(frozen=True)
class Eligible:
    """Which customers an action is for."""

    play: Provided[Action]
    fits: NDArray[np.bool_]
    """By row of the customers."""


def eligible(catalog: Catalog, plays: Sequence[Provided[Action]], customers: pd.DataFrame) -> list[Eligible]:
    """The customers of each action: of its tiers and stages, where its condition holds.

    Args:
        catalog: The workbook's tables.
        plays: The actions.
        customers: `customer_id` and, where an action asks for them, `tier` and `stage`.

    Raises:
        PluginError: An action's condition failed or is no boolean column, or asks for labels that nobody has.
    """
    import numpy as np

    met = _met(catalog, [play for play in plays if play.item.when], customers)
    found = []
    for play in plays:
        fits = np.ones(len(customers), dtype=bool)
        for column, named in (("tier", play.item.tiers), ("stage", play.item.stages)):
            if named and column not in customers:
                raise PluginError(
                    f"action {play.item.id!r} of {play.provider!r} is for some {column}s, and no customer has one",
                    where=play.where,
                    fix="Deliver what the rule reads, or take the action out.",
                )
            if named:
                fits &= customers[column].isin(named).to_numpy(dtype=bool)
        if play.item.when:
            fits &= met[play.item.id].to_numpy(dtype=bool)
        found.append(Eligible(play, fits))
    return found


def _met(catalog: Catalog, plays: Sequence[Provided[Action]], customers: pd.DataFrame) -> dict[str, pd.Series]:
    """For whom each action's condition holds, by row of the customers; one query for all."""
    if not plays:
        return {}
    profile = catalog.unbound(PROFILE)
    conditions = ask_all([_condition(play, profile) for play in plays], catalog, profile)
    columns = {f"when_{place}": condition for place, condition in enumerate(conditions)}
    frame = catalog.engine.frame(profile.select("customer_id", **columns))
    rows = frame.set_index("customer_id").reindex(customers["customer_id"], fill_value=False)
    return {play.item.id: rows[name] for play, name in zip(plays, columns, strict=True)}


def _condition(play: Provided[Action], profile: ir.Table) -> Asked:
    """Asks for an action's condition as a column that is never null."""
    import ibis.expr.types as ir

    when = play.item.when
    assert when is not None

    def run() -> ir.BooleanValue:
        column = when(profile)
        if not isinstance(column, ir.BooleanValue):
            words = _NO_CONDITION.format(kind=type(column).__name__)
            raise UnfitError(
                words, fix="Return a comparison of the profile's columns, as profile.trailing_complaints >= 1."
            )
        return column.fill_null(False)

    return Asked(play, f"action {play.item.id!r} of {play.provider!r}", when, run)
