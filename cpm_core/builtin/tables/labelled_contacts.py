"""One row a customer and labelled period: the tier held before it, and how often somebody was in touch in it."""

from __future__ import annotations

from typing import Any

from cpm_core.api import DerivedTable, hookimpl, table


@table(
    title={"en": "Contacts of labelled customers by period", "zh": "已分级客户的互动 × 周期"},
    key=("customer_id", "period_start"),
    at="period_start",
)
def labelled_contacts(interactions: Any, customer_labels: Any, periods: Any) -> Any:
    """The customers known on the day before each labelled period, the tier that they held then, and their contacts.

    `tier_held` is there where customers have tiers; `contacts` is the number of interactions in the period.
    """
    days = interactions.select("customer_id", day=interactions.occurred_at.date())
    spans = periods.select(starts="period_start", ends="last_day")
    inside = days.join(spans, [days.day >= spans.starts, days.day <= spans.ends])
    touches = inside.group_by(touched="customer_id", touched_in="starts").aggregate(contacts=inside.day.count())
    held = {"tier_held": customer_labels.tier} if "tier" in customer_labels.columns else {}
    rows = customer_labels.select("customer_id", "period_start", **held)
    both = rows.left_join(touches, [rows.customer_id == touches.touched, rows.period_start == touches.touched_in])
    return both.select("customer_id", "period_start", *held, contacts=both.contacts.fill_null(0))


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that the coverage of top tiers is measured on."""
    return [labelled_contacts]
