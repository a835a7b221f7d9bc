"""Customers by the day on which they became known, with their first sale since."""

from __future__ import annotations

from typing import Any

from cpm_core.api import DerivedTable, hookimpl, table


@table(title={"en": "New contacts", "zh": "新联系人"}, key=("customer_id",), at="created_at")
def prospects(customers: Any, orders: Any) -> Any:
    """One row a customer with a day of creation; `first_sale` is the day of the first sale on that day or later."""
    known = customers.filter(customers.created_at.notnull()).select("customer_id", "created_at")
    sales = orders.filter(orders.kind == "sale").select(buyer=orders.customer_id, day=orders.ordered_at.date())
    both = known.left_join(sales, [known.customer_id == sales.buyer, sales.day >= known.created_at.date()])
    return both.group_by("customer_id", "created_at").aggregate(first_sale=both.day.min())


@hookimpl
def cpm_tables() -> list[DerivedTable]:
    """The table that the conversion of contacts is measured on."""
    return [prospects]
