"""How many customers each stage has, and who moved between stages since the end of the period before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from cpm_core.customers.labels import known_on
from cpm_core.customers.lifecycle import stages_at
from cpm_core.hooks.registry import Provided
from cpm_core.model.rules import STAGES, LifecycleRule
from cpm_core.model.settings import Settings
from cpm_core.model.tables import TableSpec
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import pandas as pd

NOT_KNOWN = "not known"
"""The row of the matrix for customers who were not known on the earlier day (`new` is a stage)."""
COLUMNS = ("customer_id", "stage_before", "stage", "value", "why")
SUMMARY = ("stage", "customers", "customers_share", "before", "value", "value_share", "reason")


@dataclass(frozen=True, eq=False)
class StageMoves:
    """What became of every customer's stage between two days.

    Attributes:
        before: The earlier day, the last of the period before.
        day: The workbook's as-of day.
        matrix: Customers by the stage then (a row each, NOT_KNOWN last) and the stage now (a column each).
        customers: Who moved; columns are `COLUMNS`. ``value`` is revenue of the trailing year (null without orders), the greatest first;
            ``why`` the reason of the stage now.
    """

    before: date
    day: date
    matrix: pd.DataFrame
    customers: pd.DataFrame


def held_before(
    catalog: Catalog,
    specs: Mapping[str, TableSpec],
    rule: Provided[LifecycleRule],
    options: Any,
    settings: Settings,
    day: date,
) -> pd.DataFrame:
    """The stage at the end of an earlier day of everyone who was known by then: `customer_id`, `stage_before`."""
    import ibis

    first = known_on(catalog, specs)
    known = catalog.engine.frame(first.filter(first.known_on <= ibis.literal(day)).select("customer_id"))
    stages = stages_at(catalog, rule, options, settings, day)[["customer_id", "stage"]]
    return stages.merge(known, on="customer_id").rename(columns={"stage": "stage_before"})


def moves(customers: pd.DataFrame, held: pd.DataFrame, before: date, day: date) -> StageMoves:
    """Stages of two days side by side.

    Args:
        customers: Every customer with `stage`, `stage_reason` and, where there are orders, `trailing_revenue`.
        held: What :func:`held_before` gives.
        before: The earlier day.
        day: The later one.
    """
    import pandas as pd

    known = customers[["customer_id", "stage", "stage_reason"]].assign(value=_revenue(customers))
    both = known.merge(held, on="customer_id", how="left").rename(columns={"stage_reason": "why"})
    counts = pd.crosstab(both["stage_before"].fillna(NOT_KNOWN), both["stage"])
    matrix = counts.reindex(index=[*STAGES, NOT_KNOWN], columns=list(STAGES), fill_value=0)
    moved = both[both["stage_before"].notna() & (both["stage_before"] != both["stage"])]
    moved = moved.sort_values(["value", "customer_id"], ascending=[False, True], ignore_index=True)
    return StageMoves(before, day, matrix, moved[list(COLUMNS)])


def _revenue(customers: pd.DataFrame) -> pd.Series:
    """Revenue of the trailing year; null without orders, as a team's rule may do without them."""
    import pandas as pd

    if "trailing_revenue" in customers:
        return customers["trailing_revenue"]
    return pd.Series(float("nan"), index=customers.index)


def summary(customers: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """One row a stage, in their order; columns are `SUMMARY`.

    ``before`` is the number on the last day of the period before, null where nobody was known by then; ``value`` is
    revenue of the trailing year, its share that of the sum of positive ones; ``reason`` is that of the customer with
    most of it.
    """
    import pandas as pd

    ordered = customers.assign(value=_revenue(customers)).sort_values(["value", "customer_id"], ascending=[False, True])
    total, rows, before = ordered["value"].clip(lower=0).sum(), [], held["stage_before"].value_counts()
    there = ordered["value"].notna().any()
    for stage in STAGES:
        mine = ordered[ordered["stage"] == stage]
        value = mine["value"]
        rows.append(
            (
                stage,
                len(mine),
                len(mine) / len(customers) if len(customers) else float("nan"),
                float(before.get(stage, 0)) if len(held) else float("nan"),
                value.sum() if there else float("nan"),
                value.clip(lower=0).sum() / total if total else float("nan"),
                mine["stage_reason"].iloc[0] if len(mine) else "",
            )
        )
    return pd.DataFrame(rows, columns=list(SUMMARY))
