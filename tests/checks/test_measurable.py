"""Which KPIs the data of the two reports allow."""

import json
from pathlib import Path

import pytest

from cpm_core.checks.listing import list_kpis

# The KPIs of the book by chapter.
SALES = "revenue gross_sales orders return_rate average_order_value revenue_growth gross_margin"
CUSTOMERS = (
    "active_customers new_customers purchase_frequency repeat_rate retention_rate due_retention_rate churn_rate "
    "reactivated_customers prospect_conversion customer_tenure_days top_20_share revenue_gini "
    "customer_lifetime_value contact_coverage"
)
SATISFACTION = "csat csat_mean nps ces survey_response_rate"
SERVICE = (
    "tickets complaint_rate first_response_hours resolution_hours complaint_resolution_hours resolution_rate "
    "complaint_resolution_rate response_sla resolution_sla reopen_rate backlog"
)
VALUE = "cost_to_serve cost_benefit_ratio"
CONTRACTS = "recurring_revenue net_revenue_retention gross_revenue_retention logo_retention"
LOYALTY = "points_redemption_rate points_liability"
BOOK = f"{SALES} {CUSTOMERS} {SATISFACTION} {SERVICE} {VALUE} {CONTRACTS} {LOYALTY}".split()


def told(repository: Path, report: str, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    """The shown KPIs by id, as `cpm kpis --params … --json` tells them."""
    assert list_kpis(str(repository / "params" / f"{report}.yaml"), True) == 0
    return {one["id"]: one for one in json.loads(capsys.readouterr().out) if not one["hidden"]}


def test_the_demo_allows_every_kpi_of_the_book(repository, capsys):
    found = told(repository, "demo", capsys)
    assert set(BOOK) <= set(found)
    # The plugins of the folder are for other workbooks.
    built_in = {name: one for name, one in found.items() if str(one["provider"]).startswith("builtin.")}
    assert [name for name, one in built_in.items() if not one["measurable"]] == []
    assert not found["on_time_delivery"]["measurable"]


def test_a_wholesaler_s_orders_allow_what_orders_tell_and_of_all_else_it_is_said_what_is_missing(repository, capsys):
    found = told(repository, "online_retail", capsys)
    missing = {name: one["missing"]["en"] for name, one in found.items() if not one["measurable"]}
    without = {"gross_margin", "prospect_conversion", "contact_coverage"}
    assert set(BOOK) - set(missing) == {*SALES.split(), *CUSTOMERS.split()} - without
    tables = {
        **dict.fromkeys(SATISFACTION.split(), "surveys"),
        **dict.fromkeys(SERVICE.split(), "tickets"),
        **dict.fromkeys(CONTRACTS.split(), "subscriptions"),
        **dict.fromkeys(LOYALTY.split(), "points"),
        "cost_to_serve": "costs",
        "contact_coverage": "interactions",
    }
    assert {name: missing[name] for name in tables} == {
        name: f"table {table} is not delivered" for name, table in tables.items()
    }
    assert missing["gross_margin"] == missing["cost_benefit_ratio"] == "column orders.cost is not delivered"
    assert missing["prospect_conversion"] == "column customers.created_at is not delivered"
