"""What each tier takes: its service, and the actions planned for it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cpm_core.model.rules import TIERS
from cpm_core.params.plan import PlanKeys, ServiceKeys

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("tier", "customers", "service_hours", "service_cost"),
    *("chosen", "action_hours", "action_cost", "hours", "cost", "expected_saved"),
)
"""Hours and costs are exact decimals; the last row, without a tier, is the whole."""


def resources(customers: pd.DataFrame, plan: pd.DataFrame, keys: PlanKeys) -> pd.DataFrame:
    """One row a tier, highest first, and one for the whole; columns are `COLUMNS`.

    Service is what the params grant each customer of a tier, beside the actions: its hours and cost are none of
    the plan's budget.

    Args:
        customers: Everybody, with `tier` if they are sorted.
        plan: As `customers.plan.plan` gives it.
        keys: The params' plan.
    """
    import pandas as pd

    rows = []
    for tier in TIERS if "tier" in customers else ():
        number = int((customers["tier"] == tier).sum())
        rows.append(_row(tier, number, keys.service.get(tier, ServiceKeys()), plan[plan["tier"] == tier]))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    whole = {name: sum(frame[name], Decimal(0)) for name in ("service_hours", "service_cost")}
    return pd.concat([frame, pd.DataFrame([_whole(len(customers), plan, whole)])], ignore_index=True)


def _row(tier: str, customers: int, service: ServiceKeys, plan: pd.DataFrame) -> dict[str, object]:
    granted = {"service_hours": service.hours * customers, "service_cost": service.cost * customers}
    return _with_actions({"tier": tier, "customers": customers, **granted}, granted, plan)


def _whole(customers: int, plan: pd.DataFrame, granted: dict[str, Decimal]) -> dict[str, object]:
    return _with_actions({"tier": "", "customers": customers, **granted}, granted, plan)


def _with_actions(row: dict[str, object], granted: dict[str, Decimal], plan: pd.DataFrame) -> dict[str, object]:
    chosen = plan[plan["chosen"].astype(bool)]
    hours, cost = sum(chosen["hours"], Decimal(0)), sum(chosen["cost"], Decimal(0))
    return {
        **row,
        "chosen": len(chosen),
        "action_hours": hours,
        "action_cost": cost,
        "hours": granted["service_hours"] + hours,
        "cost": granted["service_cost"] + cost,
        "expected_saved": float(chosen["expected_saved"].sum()),
    }


ACTION_COLUMNS = (
    *("action", "title", "owner", "eligible", "chosen", "held_back", "over_limits", "not_worth"),
    *("cost", "hours", "expected_saved"),
)
"""``over_limits`` were left out for want of money or hours, ``not_worth`` as they are not worth their cost."""


def by_action(plan: pd.DataFrame) -> pd.DataFrame:
    """One row an action with somebody eligible; those that save most first. Columns are `ACTION_COLUMNS`."""
    import pandas as pd

    rows = []
    for (action, title, owner), mine in plan.groupby(["action", "title", "owner"]):
        chosen = mine[mine["chosen"].astype(bool)]
        rows.append(
            {
                "action": action,
                "title": title,
                "owner": owner,
                "eligible": len(mine),
                "chosen": len(chosen),
                "held_back": int(mine["held_back"].sum()),
                "over_limits": int(mine["state"].str.startswith("over").sum()),
                "not_worth": int(mine["state"].isin(["below cost", "no value"]).sum()),
                "cost": sum(chosen["cost"], Decimal(0)),
                "hours": sum(chosen["hours"], Decimal(0)),
                "expected_saved": float(chosen["expected_saved"].sum()),
            }
        )
    frame = pd.DataFrame(rows, columns=list(ACTION_COLUMNS))
    return frame.sort_values(["expected_saved", "action"], ascending=[False, True], ignore_index=True)
