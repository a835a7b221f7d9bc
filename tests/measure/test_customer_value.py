"""The mean customer value, from a profile column that a plugin brings."""

from typing import Any

import pytest

from cpm_core.api import ProfileColumn, Text
from tests.books import fact, facts, plugin

ORDERS = """
order_id customer_id ordered_at amount kind
1        a           2024-01-05 100    sale
2        b           2024-02-05 50     sale
3        c           2024-02-06 -10    return
"""


def _value(customers: Any) -> Any:
    value = customers.customer_id.cases(("a", 90), ("b", 30), else_=1000).cast("decimal(18, 4)")
    return customers.select("customer_id", value_12_months=value)


VALUES = ProfileColumn("value_12_months", Text(en="12-month value", zh="12 个月价值"), _value)


def test_the_mean_is_over_customers_with_a_sale():
    # (90 + 30) / 2: c only returned, and d has never bought.
    frame = facts(
        {"orders": ORDERS, "customers": "customer_id\na\nb\nc\nd"},
        as_of="2024-02-29",
        plugins=[plugin("values", cpm_profile_columns=[VALUES])],
    )
    found = fact(frame, "customer_lifetime_value", "2024-02")
    assert found["value"] == pytest.approx(60)
    assert (found["numerator"], found["denominator"], found["n"], found["state"]) == (120, 2, 2, "few")


def test_without_a_value_model_the_kpi_says_what_it_waits_for():
    frame = facts({"orders": ORDERS}, as_of="2024-02-29", kpis=["customer_lifetime_value"])
    value = fact(frame, "customer_lifetime_value", "2024-02")
    assert (value["state"], value["reason"]) == (
        "no data",
        "no plugin provides the column customer_profile.value_12_months",
    )
