"""The value of the effort on a dozen rows a table that are worked out by hand."""

import math
from datetime import date

import pytest

from cpm_core.builtin.kpis.value import cost_to_serve
from cpm_core.model.settings import Settings
from tests.books import book, fact, facts

# Return 4 gives back 15 with a cost of -5; order 3 has no cost; nothing is sold in March, and April has no costs.
ORDERS = """
order_id customer_id ordered_at amount cost kind
1        a           2024-01-10 100.10 60   sale
2        b           2024-01-11 50     20   sale
3        a           2024-01-12 15     -    sale
4        b           2024-01-20 -15    -5   return
5        c           2024-02-10 80     30   sale
6        c           2024-02-29 20     -    sale
7        a           2024-04-02 10     4    sale
"""
COSTS = """
cost_id occurred_at center    amount
1       2024-01-31  service   40
2       2024-01-31  marketing 25
3       2024-02-29  service   50.50
4       2024-03-31  service   60
5       2024-03-31  office    1000
"""
# 2 has no cost and 3 a centre that the costs have already; 5 is of a centre that they have not.
INTERACTIONS = """
interaction_id customer_id occurred_at cost  kind  center
1              a           2024-01-05  6.20  call  -
2              b           2024-01-06  -     call  -
3              c           2024-02-07  9     visit service
4              c           2024-02-08  0.50  mail  -
5              d           2024-02-09  7     visit field
"""
TICKETS = """
ticket_id customer_id opened_at
1         d           2024-01-15
2         a           2024-03-15
"""
CUSTOMERS = """
customer_id region
a           North
b           North
c           South
d           South
"""
JANUARY, FEBRUARY, MARCH, APRIL = "2024-01", "2024-02", "2024-03", "2024-04"
TABLES = {
    "orders": ORDERS,
    "costs": COSTS,
    "interactions": INTERACTIONS,
    "tickets": TICKETS,
    "customers": CUSTOMERS,
}


KPIS = ["cost_to_serve", "cost_benefit_ratio", "customers_served", "care_cost", "gross_profit"]


def measured(*without, settings=None, **params):
    tables = {name: rows for name, rows in TABLES.items() if name not in without}
    given = {"as_of": "2024-04-10", "history": 4, "kpis": KPIS, "slices": ["region"]}
    given["settings"] = {"min_n": 1, **(settings or {})}
    return facts(tables, **{**given, **params})


@pytest.fixture(scope="module")
def frame():
    return measured()


def parts(frame, kpi, period, slice_="", member=""):
    found = fact(frame, kpi, period, slice_, member)
    return found["numerator"], found["denominator"]


def test_cost_to_serve(frame):
    # January: 40 + 25 + 6.20 over a, b (sales) and d (a ticket).
    assert parts(frame, "cost_to_serve", JANUARY) == (71.20, 3)
    assert fact(frame, "cost_to_serve", JANUARY)["value"] == pytest.approx(23.7333333333333)
    # February: 50.50 + 0.50 + 7 over c; the visit of 9 is in the centre `service` already.
    assert parts(frame, "cost_to_serve", FEBRUARY) == (58, 1)
    # March: 60 + 1000 over a, who has a ticket.
    assert parts(frame, "cost_to_serve", MARCH) == (1060, 1)


def test_customers_served_rest_on_tickets_and_contracts_too():
    # In March b buys, c asks, x has a contract; that of y ends on the day on which it starts, and so runs at no day's end.
    tables = {
        "orders": "order_id customer_id ordered_at amount kind\n1 a 2024-02-10 9 sale\n2 b 2024-03-10 20 sale",
        "tickets": "ticket_id customer_id opened_at\n1 a 2024-02-02\n2 c 2024-03-02",
        "subscriptions": """subscription_id customer_id started_at ended_at   monthly_amount
                            1               x           2024-01-01 -          5
                            2               y           2024-03-05 2024-03-05 5""",
    }
    for late, reason in (("", ""), ("tickets", "tickets is"), ("subscriptions", "subscriptions is")):
        until = {name: date(2024, 3, 20 if name == late else 31) for name in tables}
        made = book(tables, loaded_until=until, as_of="2024-03-31", kpis=["customers_served"])
        march = fact(made.facts(), "customers_served", MARCH)
        made.close()
        assert (march["value"], march["complete"]) == (3, not late)
        assert march["reason"] == (f"{reason} delivered until 2024-03-20 only" if late else "")


def test_cost_benefit(frame):
    # January: 100.10 - 60 + 50 - 20 and of the return -15 - (-5) make 60.10. Of amounts
    # without their signs 100.10 + 50 + 15 of 100.10 + 50 + 15 + 15 have a cost, 165.10 of 180.10.
    january = fact(frame, "cost_benefit_ratio", JANUARY)
    assert (january["numerator"], january["denominator"], january["state"]) == (60.10, 71.20, "ok")
    assert january["value"] == pytest.approx(0.844101123595506)  # 6010 / 7120
    assert january["reason"] == "91.7% of the revenue has a cost"


def test_too_little_revenue_with_a_cost_is_no_data(frame):
    # February: 80 of 100 has a cost, less than 90 %.
    february = fact(frame, "cost_benefit_ratio", FEBRUARY)
    assert math.isnan(february["value"])
    assert (february["state"], february["reason"]) == (
        "no data",
        "Gross profit has no data; 80.0% of the revenue has a cost",
    )
    # Where that is enough, it is 50 of 58.
    enough = fact(measured(settings={"min_cost_coverage": 0.8}), "cost_benefit_ratio", FEBRUARY)
    assert (enough["numerator"], enough["denominator"], enough["state"]) == (50, 58, "ok")


def test_a_month_without_sales_has_no_profit(frame):
    assert parts(frame, "cost_benefit_ratio", MARCH) == (0, 1060)
    assert fact(frame, "cost_benefit_ratio", MARCH)["value"] == 0


def test_a_running_month_without_costs(frame):
    # One customer and no cost so far: 0 a customer, and nothing to divide the profit by.
    april = fact(frame, "cost_to_serve", APRIL)
    assert (april["value"], april["complete"]) == (0, False)
    ratio = fact(frame, "cost_benefit_ratio", APRIL)
    assert (ratio["numerator"], ratio["denominator"], ratio["state"]) == (6, 0, "undefined")


def test_cost_centres_are_a_convention():
    frame = measured(settings={"cost_centers": ["service", "field"]})
    # January without marketing: 40 + 6.20; February: 50.50 + 0.50, as the visits are of named centres.
    assert parts(frame, "cost_to_serve", JANUARY) == (46.20, 3)
    assert parts(frame, "cost_to_serve", FEBRUARY) == (51, 1)
    assert parts(frame, "cost_to_serve", MARCH) == (60, 1), "the office is none of them"


def test_the_named_centres_are_told():
    day = date(2024, 4, 10)
    said = cost_to_serve.says(Settings(day, cost_centers=("service", "field")))
    assert (said.en, said.zh) == ("cost centres service, field", "成本中心：service、field")
    assert cost_to_serve.says(Settings(day)) is None


def test_one_of_both_tables_is_enough_and_it_is_said():
    booked, spent = measured("interactions"), measured("costs")
    assert parts(booked, "cost_to_serve", JANUARY) == (65, 3)
    assert (
        fact(booked, "cost_to_serve", JANUARY)["reason"] == "table interactions is not delivered and counts as nothing"
    )
    # Without cost centres no interaction is in one.
    assert parts(spent, "cost_to_serve", FEBRUARY) == (16.50, 1)
    assert fact(spent, "cost_to_serve", FEBRUARY)["reason"] == "table costs is not delivered and counts as nothing"
    assert fact(measured("costs", locale="zh"), "cost_to_serve", FEBRUARY)["reason"] == "没有提供数据表 costs，按零计入"


def test_without_either_there_is_no_figure():
    frame = measured("costs", "interactions", kpis=["cost_to_serve"])
    found = fact(frame, "cost_to_serve", JANUARY)
    assert (found["state"], found["reason"]) == ("no data", "table costs is not delivered")


def test_interactions_without_a_cost_are_no_cost_of_nothing():
    plain = "interaction_id customer_id occurred_at kind\n1 a 2024-01-05 call"
    tables = {**TABLES, "interactions": plain}
    del tables["costs"]
    frame = facts(tables, as_of="2024-04-10", history=4, kpis=["cost_to_serve"])
    assert fact(frame, "cost_to_serve", JANUARY)["reason"] == "column interactions.cost is not delivered"
    # With costs beside them they add nothing.
    both = facts({**tables, "costs": COSTS}, as_of="2024-04-10", history=4, kpis=["cost_to_serve"])
    assert parts(both, "cost_to_serve", JANUARY) == (65, 3)


def test_by_customers_only_where_every_cost_is_of_one(frame):
    assert set(frame[frame["slice"] != ""]["kpi"]).isdisjoint({"cost_to_serve", "cost_benefit_ratio"})
    spent = measured("costs")
    # January, North: 6.20 over a and b; February, South: 9 + 0.50 + 7 over c.
    assert parts(spent, "cost_to_serve", JANUARY, "region", "North") == (6.20, 2)
    assert parts(spent, "cost_to_serve", FEBRUARY, "region", "South") == (16.50, 1)
    assert parts(spent, "cost_benefit_ratio", JANUARY, "region", "North") == (60.10, 6.20)


def test_the_parts_are_not_shown_and_their_rows_can_be_had():
    made = book(TABLES, as_of="2024-04-10", history=4)
    try:
        assert {"care_cost", "customers_served", "gross_profit"}.isdisjoint(kpi.id for kpi in made.kpis)
        rows = made.rows("cost_to_serve", JANUARY)
        assert rows[rows["kpi"] == "care_cost"]["numerator"].sum() == pytest.approx(71.20)
        assert set(rows[rows["kpi"] == "customers_served"]["customer_id"]) == {"a", "b", "d"}
    finally:
        made.close()
