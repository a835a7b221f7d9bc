"""Sort customers into tiers by the rule that the params choose."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd

from cpm_core.customers.profile import PROFILE
from cpm_core.hooks.registry import Provided
from cpm_core.model.errors import PluginError
from cpm_core.model.money import amount
from cpm_core.model.rules import TIERS, TierRule
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text
from cpm_core.tables.derive import Catalog


def assign(
    catalog: Catalog, rule: Provided[TierRule], options: Any, settings: Settings, locale: Locale
) -> pd.DataFrame:
    """The profile of every customer with tier, value, rank and the reason in words.

    Without a table that the rule reads, the profile alone: there is nothing to sort by.

    Raises:
        PluginError: The rule failed, or does not put every customer into exactly one tier.
    """
    profile = catalog.unbound(PROFILE)
    customers = catalog.engine.frame(profile.order_by("customer_id"))
    if not catalog.delivered.issuperset(rule.item.reads):
        return _plain(customers)
    try:
        labels = catalog.engine.frame(rule.item.assign(profile, options, settings))
    except Exception as error:
        # Money follows tiers: a rule that fails ends the run.
        raise PluginError(
            f"tier rule {rule.item.id!r} of {rule.provider!r} failed: {type(error).__name__}: {error}", where=rule.file
        ) from error
    _check(labels, customers, rule)
    labels["reason"] = _reasons(labels, rule.item, settings.currency, locale)
    extra = [name for name in labels.columns if name == "customer_id" or name not in customers.columns]
    whole = customers.merge(labels[extra], on="customer_id", how="left")
    whole["tier"] = pd.Categorical(whole["tier"], list(TIERS), ordered=True)
    whole = whole.sort_values(["tier", "rank", "customer_id"] if "rank" in whole else ["tier", "customer_id"])
    whole["tier"] = whole["tier"].astype(str)
    return _plain(whole)


def _plain(customers: pd.DataFrame) -> pd.DataFrame:
    """Without what only the reasons need, and with money as plain numbers."""
    money = [name for name in customers.columns if len(customers) and isinstance(customers[name].iloc[0], Decimal)]
    plain = customers.astype(dict.fromkeys(money, "float64"))
    return plain.drop(columns=["as_of", "last", "of"], errors="ignore").reset_index(drop=True)


def _check(labels: pd.DataFrame, customers: pd.DataFrame, rule: Provided[TierRule]) -> None:
    name = f"tier rule {rule.item.id!r} of {rule.provider!r}"
    strange = set(labels["tier"]) - set(TIERS)
    if strange:
        raise PluginError(f"{name} gave tiers that do not exist: {', '.join(map(str, strange))}", where=rule.file)
    if labels["customer_id"].duplicated().any() or len(labels) != len(customers):
        raise PluginError(
            f"{name} labelled {len(labels)} rows for {len(customers)} customers",
            where=rule.file,
            fix="Every customer is in exactly one tier.",
        )


def _reasons(labels: pd.DataFrame, rule: TierRule, currency: str, locale: Locale) -> list[str]:
    templates = {key: text.in_(locale) for key, text in rule.reasons.items()}
    words = (
        labels.assign(value=[amount(float(value), currency) for value in labels["value"]])
        if "value" in labels
        else labels
    )
    rows = words.to_dict("records")
    return [templates[row["reason"]].format_map(row) for row in rows]


_CUT = Text(en="from {least}", zh="{least} 起")
_REST = Text(en="all others", zh="其余客户")


def summary(customers: pd.DataFrame, currency: str, locale: Locale) -> pd.DataFrame:
    """One row a tier, highest first: number and share of customers, sum and share of value."""
    rows = []
    total = customers["value"].clip(lower=0).sum()
    for tier in TIERS:
        mine = customers[customers["tier"] == tier]
        least = mine["value"].min() if len(mine) else float("nan")
        cut = _REST if tier == TIERS[-1] else _CUT.format(least=amount(least, currency) if len(mine) else "–")
        rows.append(
            {
                "tier": tier,
                "customers": len(mine),
                "customers_share": len(mine) / len(customers) if len(customers) else float("nan"),
                "value": mine["value"].sum(),
                "value_share": mine["value"].clip(lower=0).sum() / total if total else float("nan"),
                "cut": cut.in_(locale),
                "reason": mine["reason"].iloc[0] if len(mine) else "",
            }
        )
    return pd.DataFrame(rows)
