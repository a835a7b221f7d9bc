"""How many customers each tier has, what is theirs, and where it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpm_core.customers.cuts import LOWEST
from cpm_core.customers.hysteresis import Standing
from cpm_core.customers.written import written
from cpm_core.model.profile import PROFILE_COLUMNS, Told
from cpm_core.model.rules import TIERS
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("tier", "customers", "customers_share", "value", "value_share", "kept", "start", "cut", "reason")
ADDED_UP = ("money", "count", "points", "number")
"""Units of values whose sum says something; a sum of scores does not."""
_CUT = Text(en="from {start}", zh="{start} 起")
_KEPT = Text(en="from {start}; kept down to {least}", zh="{start} 起；保留至 {least}")
_FULL = Text(en="from {start}; {capacity} at most", zh="{start} 起；最多{capacity}名")
_REST = Text(en="all others", zh="其余客户")


def amount_of(told: Told, customers: pd.DataFrame) -> tuple[str, Told] | None:
    """The column of customers that is shared out among tiers: the value, or else revenue of the trailing year."""
    if told.unit in ADDED_UP:
        return "value", told
    return ("trailing_revenue", PROFILE_COLUMNS["trailing_revenue"]) if "trailing_revenue" in customers else None


def summary(
    customers: pd.DataFrame, standing: Standing, told: Told, settings: Settings, locale: Locale
) -> pd.DataFrame:
    """One row a tier, highest first; see `COLUMNS`.

    Shares are of all customers, and of the sum of positive amounts (:func:`amount_of`). ``start`` is where the tier
    starts by the cut alone, ``cut`` says so in words, ``reason`` is that of the first customer in it.
    """
    import pandas as pd

    amount = amount_of(told, customers)
    amounts = customers[amount[0]] if amount else pd.Series(float("nan"), index=customers.index)
    total = amounts.clip(lower=0).sum()
    rows = []
    for index, tier in enumerate(TIERS):
        mine = customers["tier"] == tier
        start = standing.starts[index] if index < LOWEST else None
        rows.append(
            {
                "tier": tier,
                "customers": int(mine.sum()),
                "customers_share": mine.mean() if len(mine) else float("nan"),
                "value": amounts[mine].sum(min_count=1) if amount and mine.any() else 0.0 if amount else float("nan"),
                "value_share": amounts[mine].clip(lower=0).sum() / total if total else float("nan"),
                "kept": int((mine & (customers["why"] == "kept")).sum()),
                "start": float("nan") if start is None else start / 10**standing.worth.scale,
                "cut": _cut(index, standing, told, settings, locale),
                "reason": next(iter(customers.loc[mine, "reason"]), ""),
            }
        )
    return pd.DataFrame(rows)


def _cut(index: int, standing: Standing, told: Told, settings: Settings, locale: Locale) -> str:
    if index == LOWEST:
        return _REST.in_(locale)

    def number(raw: float) -> str:
        return written(raw / 10**standing.worth.scale, told.unit, settings.currency, locale)

    start, entry = standing.starts[index], standing.entries[index]
    if start is None:
        return _CUT.format(start="–").in_(locale)
    if entry != start:
        capacity = f"{settings.tier_capacity[TIERS[index]]:,}"
        return _FULL.format(start=number(entry), capacity=capacity).in_(locale)
    if settings.tier_margin:
        least = number(float(start) * (1 - settings.tier_margin))
        return _KEPT.format(start=number(start), least=least).in_(locale)
    return _CUT.format(start=number(start)).in_(locale)
