"""The facts table: only the guilty fail, what they block is named, and definitions are told apart."""

import math

import pandas as pd
import pytest

from cpm_core.api import Derived, Mean, Total, kpi
from cpm_core.model.facts import FACT_COLUMNS
from tests.books import book, fact, plugin

ORDERS = """
order_id customer_id ordered_at amount kind note
1        a           2024-01-05 5      sale x
2        b           2024-02-05 7      sale y
"""
WORDS = {"unit": "count", "better": "higher"}


def titled(name):
    return {"en": name, "zh": name}


@kpi(table="orders", at="ordered_at", title=titled("Raises"), **WORDS)
def raises(orders):
    """Has a misspelt column."""
    return Total(orders.amuont)


@kpi(table="orders", at="ordered_at", title=titled("Breaks"), **WORDS)
def breaks(orders):
    """Fails when it runs: a note is no number."""
    return Total(orders.note.cast("int64"))


@kpi(table="orders", at="ordered_at", title=titled("Nothing"), **WORDS)
def returns_nothing(orders):
    """Forgets to return."""


@kpi(title=titled("After"), **WORDS)
def after(breaks, orders):
    """Derives from what breaks."""
    return Derived(breaks, orders)


@kpi(title=titled("After that"), **WORDS)
def after_that(after):
    """Derives from what is blocked."""
    return Derived(after)


@kpi(table="orders", at="ordered_at", title=titled("Mean amount"), **WORDS)
def mean_amount(orders):
    """Works."""
    return Mean(orders.amount)


OURS = [raises, breaks, returns_nothing, after, after_that, mean_amount]


@pytest.fixture(scope="module")
def made():
    ours = plugin("ours", cpm_kpis=OURS)
    found = book({"orders": ORDERS}, as_of="2024-02-29", history=2, plugins=[ours], strict=False)
    yield found
    found.close()


@pytest.fixture(scope="module")
def frame(made):
    return made.facts()


def test_only_the_guilty_fail(frame):
    states = frame[frame["period"] == "2024-02"].set_index("kpi")["state"]
    assert states[["raises", "breaks", "returns_nothing"]].tolist() == ["failed"] * 3
    assert states["after"] == states["after_that"] == "blocked"
    assert fact(frame, "revenue", "2024-02")["value"] == 7
    assert fact(frame, "mean_amount", "2024-02")["value"] == 7


def test_a_failure_is_blamed_by_name_and_line(frame):
    reason = fact(frame, "raises", "2024-02")["reason"]
    assert reason.startswith("Raises of ours failed: orders has no column 'amuont' (nearest: amount) (")
    assert "test_facts.py:" in reason
    assert "returned nothing, not a measure" in fact(frame, "returns_nothing", "2024-02")["reason"]
    assert "Conversion" in fact(frame, "breaks", "2024-02")["reason"]
    assert fact(frame, "after", "2024-02")["reason"] == "blocked, because Breaks failed"


def test_what_failed_degrades_the_report_and_is_never_0(made, frame):
    assert {problem.where.split()[1] for problem in made.degraded()} == {"raises", "breaks", "returns_nothing"}
    assert frame[frame["state"].isin(["failed", "blocked"])]["value"].isna().all()


def test_columns_and_types(frame):
    assert tuple(frame.columns) == FACT_COLUMNS
    assert not frame.duplicated(["kpi", "period", "slice", "member"]).any()
    assert (frame["period_end"] > frame["period_start"]).all()
    for column in ("value", "numerator", "denominator", "n", "low", "high"):
        assert frame[column].dtype == "float64", column
    assert frame["complete"].dtype == bool
    assert pd.notna(frame[["kpi", "period", "slice", "member", "state", "reason", "provider", "definition"]]).all(
        axis=None
    )
    assert set(frame[frame["kpi"] == "mean_amount"]["provider"]) == {"ours"}


def definitions(**params):
    found = book({"orders": ORDERS}, kpis=["revenue", "retention_rate"], **{"as_of": "2024-02-29", **params})
    try:
        return found.facts().groupby("kpi")["definition"].unique().map(list).to_dict()
    finally:
        found.close()


def test_a_definition_is_the_same_on_another_day_and_another_with_another_convention():
    usual = definitions()
    assert all(len(one) == 1 for one in usual.values())
    assert definitions(as_of="2024-01-31", history=6) == usual
    other = definitions(settings={"activity_days": 30})
    assert other["revenue"] == usual["revenue"]
    assert other["retention_rate"] != usual["retention_rate"]


def test_members_without_rows_in_a_month_have_a_figure():
    customers = "customer_id region\na North\nb South"
    found = book({"orders": ORDERS, "customers": customers}, as_of="2024-02-29", history=2, slices=["region"])
    frame = found.facts()
    found.close()
    assert fact(frame, "revenue", "2024-02", "region", "North")["value"] == 0
    rate = fact(frame, "average_order_value", "2024-02", "region", "North")
    assert (math.isnan(rate["value"]), rate["state"], rate["n"]) == (True, "undefined", 0)


@kpi(title=titled("New of all"), **WORDS)
def share_of_new(new_customers, active_customers):
    """Derives from a KPI that needs a year before, and says nothing of it itself."""
    return Derived(new_customers, active_customers)


@kpi(title=titled("New of all again"), **WORDS)
def share_again(share_of_new):
    """Derives from that."""
    return Derived(share_of_new)


def test_a_derived_kpi_needs_the_look_back_of_its_parts():
    # a is new in January only as far as the data tells, which starts then: 1 of 1 would be wrong.
    ours = plugin("ours", cpm_kpis=[share_of_new, share_again])
    made = book({"orders": ORDERS}, as_of="2024-02-29", history=2, plugins=[ours], kpis=["share_of_new", "share_again"])
    frame = made.facts()
    made.close()
    for name in ("new_customers", "share_of_new", "share_again"):
        found = fact(frame, name, "2024-01")
        assert (found["state"], bool(found["complete"])) == ("no data", False)
        assert math.isnan(found["value"])
        assert found["reason"].startswith("its look-back is not covered: it needs orders from 2023-01-01")
