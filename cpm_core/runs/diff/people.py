"""Tiers and rejects of two runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def tiers(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Customers whose tier is another: customer_id, tier_before, tier_after, value_before, value_after.

    Null where the customer is not in one of the runs.
    """
    columns = ["customer_id", "tier", "value"]
    both = before[columns].merge(
        after[columns], on="customer_id", how="outer", suffixes=("_before", "_after"), sort=True
    )
    moved = both["tier_before"].fillna("") != both["tier_after"].fillna("")
    order = ["customer_id", "tier_before", "tier_after", "value_before", "value_after"]
    return both.loc[moved, order].reset_index(drop=True)


def rejects(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Rejected rows by table and reason where their number is another: table, reason, before, after, change."""
    import pandas as pd

    by = ["table", "reason"]
    counts = [frame.groupby(by, dropna=False).size().rename(name) for name, frame in
              (("before", before), ("after", after))]  # fmt: skip
    both = pd.concat(counts, axis=1).fillna(0).astype("int64").sort_index().reset_index()
    both = both.assign(change=both["after"] - both["before"])
    return both[both["change"] != 0].reset_index(drop=True)
