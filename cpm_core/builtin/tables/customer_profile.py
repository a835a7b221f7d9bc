"""One row a customer as of the workbook's day."""

from __future__ import annotations

from typing import Any

from cpm_core.api import DerivedTable, hookimpl, table

TRAILING_DAYS = 365


@table(title={"en": "Customer profile", "zh": "客户画像"}, key=("customer_id",), at="as_of")
def customer_profile(customers: Any, settings: Any, orders: Any = None, tickets: Any = None) -> Any:
    """First and last sale, recency, sales and revenue of the trailing year and of all time, tickets."""
    from datetime import timedelta

    import ibis

    as_of = ibis.literal(settings.as_of)
    year_ago = settings.as_of - timedelta(days=TRAILING_DAYS)
    plain = [name for name in ("segment", "industry", "region", "channel", "owner") if name in customers.columns]
    profile = customers.select("customer_id", *plain, as_of=as_of)
    if orders is not None:
        day = orders.ordered_at.date()
        sale, recent = orders.kind == "sale", day > year_ago
        bought = orders.group_by(buyer=orders.customer_id).aggregate(
            first_sale=day.min(where=sale),
            last_sale=day.max(where=sale),
            sales=sale.sum(),
            revenue=orders.amount.sum(),
            trailing_sales=(sale & recent).sum(),
            trailing_revenue=orders.amount.sum(where=recent),
        )
        joined = profile.left_join(bought, profile.customer_id == bought.buyer).drop("buyer")
        money = "decimal(18, 4)"
        profile = joined.mutate(
            sales=joined.sales.fill_null(0).cast("int64"),
            trailing_sales=joined.trailing_sales.fill_null(0).cast("int64"),
            revenue=joined.revenue.cast(money).fill_null(ibis.literal(0).cast(money)),
            trailing_revenue=joined.trailing_revenue.cast(money).fill_null(ibis.literal(0).cast(money)),
            recency_days=as_of.delta(joined.last_sale, unit="day").cast("int64"),
        )
    if tickets is not None:
        opened = tickets.opened_at.date() > year_ago
        asked = tickets.group_by(asker=tickets.customer_id).aggregate(
            trailing_tickets=opened.sum(), trailing_complaints=(opened & (tickets.kind == "complaint")).sum()
        )
        joined = profile.left_join(asked, profile.customer_id == asked.asker).drop("asker")
        profile = joined.mutate(
            trailing_tickets=joined.trailing_tickets.fill_null(0).cast("int64"),
            trailing_complaints=joined.trailing_complaints.fill_null(0).cast("int64"),
        )
    return profile


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that tier rules read."""
    return [customer_profile]
