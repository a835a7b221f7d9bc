"""Stages by days since the last sale: one scale for all customers."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Text
from cpm_core.builtin.lifecycle.stages.limits import Limits, limits_of

REASONS = {
    "prospect": Text(en="no sale yet", zh="尚未购买"),
    "new": Text(
        en="first sale {tenure_days:days} ago, less than {new_days:,}",
        zh="首次购买距今{tenure_days:,}天，不足{new_days:,}天",
    ),
    "active": Text(
        en="last sale {recency_days:days} ago, less than {active_days:,}; {trailing_sales:sales} in the trailing year",
        zh="最近一次购买距今{recency_days:,}天，不足{active_days:,}天；近一年购买{trailing_sales:,}次",
    ),
    "loyal": Text(
        en="{trailing_sales:sales} in the trailing year, at least {loyal_sales:,}; the last {recency_days:days} ago",
        zh="近一年购买{trailing_sales:,}次，达到{loyal_sales:,}次；最近一次距今{recency_days:,}天",
    ),
    "won_back": Text(
        en="bought again within {active_days:days}, after a pause of {last_gap_days:days}",
        zh="停购{last_gap_days:,}天后，于最近{active_days:,}天内再次购买",
    ),
    "at_risk": Text(
        en="no sale for {recency_days:days}; at risk from {active_days:,}",
        zh="已{recency_days:,}天未购买；满{active_days:,}天即为流失风险",
    ),
    "dormant": Text(
        en="no sale for {recency_days:days}; dormant from {dormant_days:,}",
        zh="已{recency_days:,}天未购买；满{dormant_days:,}天即为沉睡",
    ),
    "lost": Text(
        en="no sale for {recency_days:days}; lost from {lost_days:,}",
        zh="已{recency_days:,}天未购买；满{lost_days:,}天即为流失",
    ),
}


def stage_by_days(profile: Any, limits: Limits) -> Any:
    """The stage of each row, an expression. Who is *active* has a sale in (day - activity_days, day]."""
    import ibis

    return ibis.cases(
        (profile.last_sale.isnull(), "prospect"),
        (profile.tenure_days < limits.new_days, "new"),
        (profile.recency_days >= limits.lost_days, "lost"),
        (profile.recency_days >= limits.dormant_days, "dormant"),
        (profile.recency_days >= limits.active_days, "at_risk"),
        (profile.last_gap_days >= limits.dormant_days, "won_back"),
        (profile.trailing_sales >= limits.loyal_sales, "loyal"),
        else_="active",
    )


def placeholders(profile: Any, limits: Limits) -> dict[str, Any]:
    """The columns that reasons name: what is known of the customer, and the limits."""
    import ibis

    known = {name: profile[name] for name in ("tenure_days", "recency_days", "trailing_sales", "last_gap_days")}
    fixed = ("new_days", "active_days", "dormant_days", "lost_days", "loyal_sales")
    return known | {name: ibis.literal(getattr(limits, name), "int64") for name in fixed}


def assign(profile: Any, options: Any, settings: Any) -> Any:
    """Every customer's stage by days since the first and the last sale."""
    limits = limits_of(options, settings)
    stage = stage_by_days(profile, limits)
    return profile.select("customer_id", stage=stage, reason=stage, **placeholders(profile, limits))
