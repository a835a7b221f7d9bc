"""Who gets which action, chosen under a budget and a number of hours."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from cpm_core.customers.choosing import Line, choose
from cpm_core.customers.holding import held_back
from cpm_core.customers.plan_words import owner_of, reasons
from cpm_core.customers.playbook import Eligible, check, eligible, playbook
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.actions import Action
from cpm_core.model.errors import MeasureError
from cpm_core.model.text import Locale
from cpm_core.params.plan import PlanKeys
from cpm_core.params.schema import Params
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("customer_id", "action", "title", "owner", "tier", "stage", "cost", "hours", "at_risk", "expected_saved"),
    *("chosen", "held_back", "compared", "state", "reason"),
)
"""Of a plan. `cost` and `hours` are exact decimals, `at_risk` and `expected_saved` are estimates in money;
`compared` marks the chosen and those held back that would have been chosen: whom to compare later."""
STATES = ("chosen", "held back", "over budget", "over hours", "over both", "below cost", "no value")
Basis = Literal["value", "revenue"]


def basis_of(customers: pd.DataFrame) -> Basis:
    """Whether customers are weighed by their expected value, or by revenue for want of it.

    Raises:
        MeasureError: There is neither.
    """
    if {"value_12_months", "probability_alive"} <= {*customers} and customers["value_12_months"].notna().any():
        return "value"
    if "trailing_revenue" in customers:
        return "revenue"
    raise MeasureError(
        "a plan has nothing to weigh customers by: neither expected values nor orders are there",
        fix="Deliver orders, or take the actions out of the plan.",
    )


def at_risk(customers: pd.DataFrame) -> pd.Series:
    """What may be lost with each customer, in money; missing where nothing is known.

    The expected value of the next 12 months times the probability of not being alive any more. So a plan counts
    neither on those who stay anyway nor on those who are surely gone (their expected value is small). Where no
    value model is published: the revenue of the trailing year, which says nothing of the risk.
    """
    if basis_of(customers) == "revenue":
        return customers["trailing_revenue"].astype("float64").clip(lower=0)
    value = customers["value_12_months"].astype("float64").clip(lower=0)
    return value * (1 - customers["probability_alive"].astype("float64"))


def planned(
    params: Params, registry: Registry, catalog: Catalog, customers: pd.DataFrame, locale: Locale
) -> pd.DataFrame:
    """The plan of the params; with names only where the params show personal data.

    Raises:
        ParamsError: As :func:`check` says.
        PluginError: An action failed.
        MeasureError: There is nothing to weigh customers by.
    """
    assert params.plan is not None
    check(params, registry, catalog)
    plays = playbook(params, registry)
    frame = plan(catalog, customers, plays, params.plan, params.currency, locale)
    if params.show_personal_data and catalog.is_delivered("customers", "name"):
        names = catalog.engine.frame(catalog.unbound("customers")[["customer_id", "name"]])
        frame.insert(1, "name", frame["customer_id"].map(names.set_index("customer_id")["name"]))
    return frame


def plan(
    catalog: Catalog,
    customers: pd.DataFrame,
    plays: Sequence[Provided[Action]],
    keys: PlanKeys,
    currency: str,
    locale: Locale,
) -> pd.DataFrame:
    """One row an eligible customer with the action that is worth most for them; columns are `COLUMNS`.

    Args:
        catalog: The workbook's tables.
        customers: Everybody, with labels and what they are worth.
        plays: The playbook.
        keys: What may be spent, and who is held back.
        currency: ISO 4217 code of all money.
        locale: Language of titles, owners and reasons.

    Raises:
        PluginError: An action failed.
        MeasureError: There is nothing to weigh customers by.
    """
    import pandas as pd

    if not plays:
        return pd.DataFrame(columns=list(COLUMNS))
    # Nothing below may depend on the order of rows.
    everybody = customers.sort_values("customer_id", ignore_index=True)
    everybody = everybody.assign(at_risk=at_risk(everybody).round(4))
    everybody = everybody[[name for name in ("customer_id", "tier", "stage", "at_risk") if name in everybody]]
    offers = _best(everybody, eligible(catalog, plays, everybody), keys)
    offers["held_back"] = held_back(offers.set_index("customer_id")["action"], keys.control_share, keys.seed).to_numpy()
    counts = _chosen(offers, plays, keys)
    offers["state"] = _states(offers, counts, plays, keys)
    offers["chosen"] = offers["state"] == "chosen"
    offers["compared"] = offers["chosen"] | (offers["held_back"] & _above(offers))
    return _dressed(offers, plays, keys, currency, locale)


def _best(customers: pd.DataFrame, offers: Sequence[Eligible], keys: PlanKeys) -> pd.DataFrame:
    """For each eligible customer the action with the greatest gain; of equal ones the first of the playbook.

    An action that is beyond the whole budget or all the hours is taken for those only who have no other.
    """
    import pandas as pd

    parts = []
    for place, offer in enumerate(offers):
        item, mine = offer.play.item, customers[offer.fits]
        saved = (mine["at_risk"] * item.saves).round(4)
        gain = saved - float(item.cost)
        beyond = any(limit is not None and takes > limit for takes, limit in _takes(item, keys))
        parts.append(mine.assign(place=place, expected_saved=saved, gain=gain, _beyond=beyond))
    whole = pd.concat(parts, ignore_index=True)
    order = whole.assign(_gain=whole["gain"].fillna(float("-inf"))).sort_values(
        ["customer_id", "_beyond", "_gain", "place"], ascending=[True, True, False, True]
    )
    best = order.drop_duplicates("customer_id").drop(columns=["_gain", "_beyond"]).reset_index(drop=True)
    names = [offer.play.item.id for offer in offers]
    # In the playbook's order, in which whom to hold back is counted.
    best["action"] = pd.Categorical([names[place] for place in best["place"]], names)
    return best.assign(**{name: best.get(name, "") for name in ("tier", "stage")})


def _takes(item: Action, keys: PlanKeys) -> tuple[tuple[Decimal, Decimal | None], ...]:
    """What an action takes of money and of hours, with what there is of each."""
    return (item.cost, keys.budget), (item.hours, keys.hours)


def _ranked(offers: pd.DataFrame) -> pd.DataFrame:
    """Those who may be chosen, the greatest gain of each action first, ties by id."""
    free = offers[~offers["held_back"] & (offers["gain"] > 0)]
    return free.sort_values(["place", "gain", "customer_id"], ascending=[True, False, True])


def _chosen(offers: pd.DataFrame, plays: Sequence[Provided[Action]], keys: PlanKeys) -> list[int]:
    """How many customers each action gets."""
    ranked = _ranked(offers)
    gains = [ranked.loc[ranked["place"] == place, "gain"].to_numpy("float64") for place in range(len(plays))]
    lines = [Line(gain, play.item.cost, play.item.hours) for gain, play in zip(gains, plays, strict=True)]
    return choose(lines, keys.budget, keys.hours)


def _states(
    offers: pd.DataFrame, counts: Sequence[int], plays: Sequence[Provided[Action]], keys: PlanKeys
) -> pd.Series:
    """What became of each, one of `STATES`."""
    import numpy as np
    import pandas as pd

    state = pd.Series(
        np.where(offers["held_back"], "held back", np.where(offers["gain"].isna(), "no value", "below cost")),
        index=offers.index,
        dtype="object",
    )
    ranked = _ranked(offers)
    used = [
        sum((n * getattr(play.item, name) for n, play in zip(counts, plays, strict=True)), Decimal(0))
        for name in ("cost", "hours")
    ]
    for place, (count, play) in enumerate(zip(counts, plays, strict=True)):
        mine = ranked.index[ranked["place"] == place]
        state[mine[:count]] = "chosen"
        no_money = keys.budget is not None and used[0] + play.item.cost > keys.budget
        no_hours = keys.hours is not None and used[1] + play.item.hours > keys.hours
        state[mine[count:]] = "over both" if no_money and no_hours else "over hours" if no_hours else "over budget"
    return state


def _above(offers: pd.DataFrame) -> pd.Series:
    """Whether a customer's gain reaches what was enough to be chosen for the same action."""
    free = offers[~offers["held_back"] & (offers["gain"] > 0)]
    least = free[free["chosen"]].groupby("place")["gain"].min()
    # Where nobody was left out, any gain would have been enough.
    everyone = free.groupby("place")["chosen"].all()
    return (offers["gain"] > 0) & (
        (offers["gain"] >= offers["place"].map(least)) | offers["place"].isin(everyone.index[everyone])
    )


def _dressed(
    offers: pd.DataFrame, plays: Sequence[Provided[Action]], keys: PlanKeys, currency: str, locale: Locale
) -> pd.DataFrame:
    """With words, the chosen first: those who save most."""
    import pandas as pd

    items = [play.item for play in plays]
    whole = offers.assign(
        action=offers["action"].astype(str),
        title=[items[place].title.in_(locale) for place in offers["place"]],
        owner=[owner_of(items[place], locale) for place in offers["place"]],
        cost=[items[place].cost for place in offers["place"]],
        hours=[items[place].hours for place in offers["place"]],
    )
    whole["reason"] = reasons(whole, keys, currency, locale)
    order = pd.Categorical(whole["state"], list(STATES), ordered=True)
    whole = whole.assign(_order=order).sort_values(
        ["_order", "gain", "customer_id"], ascending=[True, False, True], na_position="last", ignore_index=True
    )
    return whole[list(COLUMNS)]
