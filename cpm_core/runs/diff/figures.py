"""Figures of two runs side by side."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

KEY = ["kpi", "slice", "member", "period"]
NUMBERS = ("value", "numerator", "denominator", "n")
NOISE = 1e-12
"""Relative: sums of floats in another order differ by less, and a cent in ten thousand million is as much."""
RESTATED = [
    *KEY,
    "before",
    "after",
    "change",
    *(f"{name}_{end}" for name in NUMBERS[1:] for end in ("before", "after", "change")),
    "state_before",
    "state_after",
    "because",
]
"""Columns of restated figures. `before`, `after` and `change` are of the value."""


def side_by_side(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Figures of KPIs, slices and periods that both facts have, with a column of each side.

    A member that one side lacks is there with nulls on that side. What one side did not measure at all (another KPI,
    another period, labels that it did not look for) is not.
    """
    columns = [*KEY, "period_end", *NUMBERS, "complete", "state", "definition"]
    whole = ["kpi", "slice", "period"]
    sides = [facts[columns] for facts in (before, after)]
    shared = sides[0][whole].drop_duplicates().merge(sides[1][whole].drop_duplicates(), on=whole)
    ours, theirs = (side.merge(shared, on=whole) for side in sides)
    both = ours.merge(theirs, on=KEY, how="outer", suffixes=("_before", "_after"), sort=False)
    both["period_end"] = both["period_end_before"].fillna(both["period_end_after"])
    both["differs"] = _differs(both)
    return both


def restated(both: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Those that differ though their period was over and complete in the run before.

    Args:
        both: Figures side by side.
        as_of: The day that the run before is of.

    Returns:
        The columns `RESTATED` but `because`, which the caller knows; in the order of KPI, slice, period and member.
    """
    over = both["period_end"] <= _timestamp(as_of + timedelta(days=1))
    # A figure that was marked as incomplete was expected to change; a member that was not there was not marked.
    told = both["complete_before"].astype("boolean").fillna(value=True) & both["complete_after"].astype(
        "boolean"
    ).fillna(value=True)
    found = both[over & told & both["differs"]].copy()
    found["change"] = _changes(found, "value")
    for name in NUMBERS[1:]:
        found[f"{name}_change"] = _changes(found, name)
    found = found.rename(columns={"value_before": "before", "value_after": "after"})
    place = {kpi: number for number, kpi in enumerate(dict.fromkeys(both["kpi"]))}
    found = found.assign(place=found["kpi"].map(place)).sort_values(["slice", "place", "period", "member"])
    made: pd.DataFrame = found[[name for name in RESTATED if name != "because"]].reset_index(drop=True)
    return made


def headline(before: pd.DataFrame, after: pd.DataFrame, periods: tuple[str, str]) -> pd.DataFrame:
    """Each KPI in the as-of period of each run: values, change, states, and whether its definition is the same.

    Columns: kpi, before, after, change, state_before, state_after, redefined, there (`both`, `before`, `after`).
    """
    columns = ["kpi", "value", "state", "definition"]
    ours, theirs = (
        facts[(facts["slice"] == "") & (facts["period"] == period)][columns]
        for facts, period in zip((before, after), periods, strict=True)
    )
    both = ours.merge(theirs, on="kpi", how="outer", suffixes=("_before", "_after"), sort=False, indicator="there")
    both["there"] = both["there"].astype(str).replace({"left_only": "before", "right_only": "after"})
    both["redefined"] = (both["there"] == "both") & (both["definition_before"] != both["definition_after"])
    both["change"] = _changes(both, "value")
    both = both.rename(columns={"value_before": "before", "value_after": "after"})
    return both[["kpi", "before", "after", "change", "state_before", "state_after", "redefined", "there"]]


def exact(before: float, after: float) -> float:
    """The difference of two figures as they are written: of decimals to the last digit."""
    if not (math.isfinite(before) and math.isfinite(after)):
        return math.nan
    return float(Decimal(repr(float(after))) - Decimal(repr(float(before))))


def _changes(both: pd.DataFrame, name: str) -> list[float]:
    sides = both[[f"{name}_before", f"{name}_after"]].astype(float)
    return [exact(one, other) for one, other in sides.itertuples(index=False)]


def _differs(both: pd.DataFrame) -> Any:
    differs = both["state_before"].fillna("") != both["state_after"].fillna("")
    for name in NUMBERS:
        one, other = both[f"{name}_before"].astype(float), both[f"{name}_after"].astype(float)
        near = (one - other).abs() <= NOISE * one.abs().combine(other.abs(), max)
        differs |= ~(near | (one.isna() & other.isna()))
    return differs


def _timestamp(day: date) -> Any:
    import pandas as pd

    return pd.Timestamp(day)
