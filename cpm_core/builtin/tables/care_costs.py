"""What the care of customers costs: cost centres, and interactions that no cost centre has in it."""

from __future__ import annotations

from typing import Any

from cpm_core.api import DerivedTable, hookimpl, table


def _booked(costs: Any, settings: Any) -> Any:
    rows = costs if settings.cost_centers is None else costs.filter(costs.center.isin(settings.cost_centers))
    return rows.select(entry_id=rows.cost_id, occurred_at=rows.occurred_at, center=rows.center, amount=rows.amount)


def _spent(interactions: Any, costs: Any, settings: Any) -> Any:
    """Interactions with a cost of their own, but those whose `center` is among the cost centres already."""
    import ibis

    rows = interactions.filter(interactions.cost.notnull())
    has_center = "center" in rows.columns
    if has_center and settings.cost_centers is not None:
        rows = rows.filter(rows.center.isnull() | rows.center.notin(settings.cost_centers))
    elif has_center and costs is not None:
        centers = costs.select(booked_center=costs.center).distinct()
        rows = rows.anti_join(centers, [rows.center == centers.booked_center])
    center = rows.center.cast("string") if has_center else ibis.null("string")
    return rows.select(
        "customer_id", entry_id=rows.interaction_id, occurred_at=rows.occurred_at, center=center, amount=rows.cost
    )


@table(
    title={"en": "Costs of customer care", "zh": "客户服务成本明细"},
    key=("origin", "entry_id"),
    at="occurred_at",
)
def care_costs(settings: Any, costs: Any = None, interactions: Any = None) -> Any:
    """Costs of `cost_centers`, and of interactions that are not among them already.

    Of cost centres nobody knows the customer: with them there is no `customer_id`, so that costs
    are split by customers only where all of them are those of interactions.
    """
    import ibis

    columns = ("entry_id", "occurred_at", "center", "amount")
    parts = []
    if costs is not None:
        parts.append(_booked(costs, settings).mutate(origin=ibis.literal("costs")))
    if interactions is not None:
        parts.append(_spent(interactions, costs, settings).mutate(origin=ibis.literal("interactions")))
    if len(parts) == 1:
        return parts[0]
    return ibis.union(*(part.select("origin", *columns) for part in parts))


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that costs are measured on."""
    return [care_costs]
