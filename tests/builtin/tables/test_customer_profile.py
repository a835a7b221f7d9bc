"""The customer profile: worked out by hand, and as of an earlier day."""

from datetime import date

import pandas as pd
import pytest

from tests.books import book
from tests.measure import random_service, rich_book

# The 365 days that end with 2024-12-31 start on 2024-01-02.
TABLES = {
    "customers": """
customer_id region created_at
a           North  2023-04-30
b           South  2024-05-01
c           -      2024-06-01
d           North  2024-12-31
e           North  2025-01-01
""",
    "orders": """
order_id customer_id ordered_at       amount kind   cost
1        a           2023-05-01       30     sale   10
2        a           2024-03-01T23:59 90     sale   60
3        a           2024-03-01       10     sale   -
2        a           2024-03-10       -20    return -15
4        b           2024-06-01       90     sale   50
5        b           2024-06-11       10     sale   -
6        c           2024-06-02       -5     return -5
7        a           2025-01-01       999    sale   1
""",
    "surveys": """
response_id customer_id responded_at kind score scale_min scale_max
1           a           2024-02-01   csat 4     1         5
2           a           2024-02-01   csat 2     1         5
3           a           2025-01-05   csat 5     1         5
4           a           2024-05-01   nps  9     0         10
5           b           2024-07-01   csat 7     1         7
""",
    "tickets": """
ticket_id customer_id opened_at        first_response_at kind
1         a           2024-05-01T10:00 2024-05-01T11:00  question
2         a           2024-05-02T10:00 2024-05-02T16:00  complaint
3         a           2023-05-02T10:00 -                 question
4         b           2024-12-31T22:00 -                 question
5         b           2024-12-31T10:00 2025-01-01T09:00  -
""",
    "interactions": """
interaction_id customer_id occurred_at kind cost
1              a           2024-02-01  call 3.5
2              a           2023-02-01  call 100
3              b           2024-02-01  mail -
""",
    "points": """
entry_id customer_id occurred_at points kind
1        a           2024-02-01  100    earn
2        a           2024-02-02  -30    redeem
3        a           2025-01-01  500    earn
""",
    "subscriptions": """
subscription_id customer_id started_at ended_at   monthly_amount
1               a           2024-01-01 2024-12-31 50
2               a           2024-12-31 -          20
3               b           2024-01-01 2025-02-01 10
""",
}
PARAMS = {"as_of": "2024-12-31", "sla": {"response": {"default": "4"}}}


def profile_of(tables, **params):
    made = book(tables, **{**PARAMS, **params})
    try:
        return made.tables["customer_profile"].execute().set_index("customer_id").sort_index()
    finally:
        made.close()


@pytest.fixture(scope="module")
def profile():
    return profile_of(TABLES)


NONE = None
# By hand, a then b, c, d. Of a: 30 + 90 + 10 - 20; 2023-05-01 to 2024-03-01 are 305 days, and as many again to the
# end of the leap year; of the year's 90 + 10 + 20 a cost is known for 110, and (90 - 60) + (-20 + 15) is 25.
# Of b 90 of 100 have a cost, exactly nine tenths. c only sent back, d was created on the last day; e came later.
EXPECTED = {
    "region": ("North", "South", NONE, "North"),
    "as_of": (date(2024, 12, 31),) * 4,
    "created_on": (date(2023, 4, 30), date(2024, 5, 1), date(2024, 6, 1), date(2024, 12, 31)),
    "first_sale": (date(2023, 5, 1), date(2024, 6, 1), NONE, NONE),
    "last_sale": (date(2024, 3, 1), date(2024, 6, 11), NONE, NONE),
    "sales": (3, 2, 0, 0),
    "revenue": (110, 100, -5, 0),
    "return_share": (20 / 130, 0, NONE, NONE),
    "order_value": (130 / 3, 50, NONE, NONE),
    "usual_interval_days": (305, 10, NONE, NONE),
    "recency_days": (305, 203, NONE, NONE),
    "tenure_days": (610, 213, NONE, NONE),
    "trailing_sales": (2, 2, 0, 0),
    "trailing_revenue": (80, 100, -5, 0),
    "trailing_margin": (25, 40, 0, NONE),
    # Of two answers at one moment the one with the greater id; 7 on a scale of 1 to 7 is 5 of 5.
    "last_csat": (2, 5, NONE, NONE),
    "last_csat_on": (date(2024, 2, 1), date(2024, 7, 1), NONE, NONE),
    "last_nps": (9, NONE, NONE, NONE),
    "last_nps_on": (date(2024, 5, 1), NONE, NONE, NONE),
    "trailing_tickets": (2, 2, 0, 0),
    "trailing_complaints": (1, 0, 0, 0),
    # 2 was answered after six hours; 3 was opened before the year; 4 is due tomorrow; 5 was due at 14:00.
    "trailing_sla_breaches": (1, 1, 0, 0),
    # Nobody knows what the mail to b cost.
    "trailing_cost_to_serve": (3.5, NONE, 0, 0),
    "points_balance": (70, 0, 0, 0),
    # The first contract's last day was the 30th.
    "recurring_revenue": (20, 10, 0, 0),
}


@pytest.mark.parametrize("column", EXPECTED)
def test_by_hand(profile, column):
    assert profile.index.tolist() == ["a", "b", "c", "d"]
    found = [None if pd.isna(cell) else cell for cell in profile[column]]
    found = [cell.date() if isinstance(cell, pd.Timestamp) else cell for cell in found]
    assert found == [pytest.approx(one) if isinstance(one, float) else one for one in EXPECTED[column]]


def test_below_the_share_of_costs_that_must_be_known_there_is_no_margin():
    bought = {name: TABLES[name] for name in ("customers", "orders")}
    found = profile_of(bought, settings={"min_cost_coverage": "0.91"})["trailing_margin"]
    assert (found["a"], found["b"]) == (25, None)


def test_a_table_that_is_not_delivered_has_no_columns():
    found = profile_of({name: TABLES[name] for name in ("customers", "tickets")}, sla={})
    assert {*found.columns} == {
        *("segment", "industry", "region", "channel", "owner", "as_of", "created_on"),
        *("trailing_tickets", "trailing_complaints"),
    }, "without a promise none was broken"


def test_an_earlier_day_is_that_of_a_workbook_opened_then():
    day, tables = date(2023, 11, 14), rich_book.company(1, customers=30, rows=150, nulls=0.3)
    params = {"as_of": str(rich_book.AS_OF), "timezone": "Europe/Berlin", **random_service.PARAMS}
    made, then = book(tables, **params), book(tables, **{**params, "as_of": str(day)})
    found = made._catalog.engine.frame(made._catalog.at("customer_profile", day).order_by("customer_id"))
    expected = then._catalog.engine.frame(then.tables["customer_profile"].order_by("customer_id"))
    assert len(expected) > 10
    assert expected["trailing_sla_breaches"].sum() > 5
    pd.testing.assert_frame_equal(found[expected.columns], expected)
    few = made._catalog.at("customer_profile", day, only=["orders"]).columns
    assert {"sales", "trailing_revenue"} <= {*few}
    assert not {"last_csat", "trailing_tickets", "points_balance", "trailing_sla_breaches"} & {*few}
    made.close()
    then.close()
