"""What must hold of every company: nothing later counts, order and repeats do not, parts add up, states are honest."""

from contextlib import contextmanager
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpm_core.model.measures import Distinct, Ratio, Total
from tests.books import book
from tests.measure import rich_book as rich

WHERE = ["kpi", "period", "slice", "member"]
SLICES = ["region", "segment", "orders.channel"]
PARAMS = {
    "as_of": str(rich.AS_OF),
    "history": 1,
    "slices": SLICES,
    "timezone": "Europe/Berlin",
    "loaded_until": dict.fromkeys(rich.TIMES, date(2024, 12, 31)),
    "settings": {"point_value": 0.01},
    "sla": {"response": {"default": 4}, "resolution": {"default": 24}},
    "calendar": {"hours": {"mon-fri": "09:00-17:00"}},
}
OF_CUSTOMERS = {("active_customers", "region"), ("active_customers", "segment")}
"""A Distinct adds up where each customer is in one member; of a customer's orders some may be of the web, some not."""

companies = st.builds(
    rich.company,
    seed=st.integers(0, 2**32 - 1),
    customers=st.integers(2, 25),
    rows=st.integers(1, 150),
    nulls=st.sampled_from([0.0, 0.3]),
)


@contextmanager
def opened(tables, **params):
    made = book(tables, **{**PARAMS, **params})
    try:
        yield made
    finally:
        made.close()


def facts_of(tables, **params):
    with opened(tables, **params) as made:
        return made.facts()


def same(found, expected):
    """Figures are equal to the last bit, but for limits, in which there are squares."""
    left, right = (one.set_index(WHERE).sort_index() for one in (found, expected))
    assert left.index.equals(right.index)
    for column in ("value", "numerator", "denominator", "n", "state", "reason", "complete"):
        pd.testing.assert_series_equal(left[column], right[column])
    for column in ("low", "high"):
        pd.testing.assert_series_equal(left[column], right[column], rtol=1e-9)


def honest(frame):
    """No figure without its reason, and none that failed."""
    assert set(frame["state"]) <= {"ok", "few", "no data", "undefined"}
    without = frame["value"].isna()
    assert (without == frame["state"].isin(["no data", "undefined"])).all()
    assert (frame.loc[without | ~frame["complete"], "reason"] != "").all()
    # A median that is not reached may have a lower limit.
    assert frame.loc[without, "high"].isna().all()
    assert not (frame["low"] > frame["high"]).any()


def add_up(made):
    """See that parts add up: of Total and Ratio over any slice, of Distinct over customers' attributes."""
    checked, frame = set(), made.facts()
    for name, one in ((name, one) for name, one in made.compiled.items() if one.kpi.table):
        mine = frame[frame["kpi"] == name]
        for slice_ in set(mine["slice"]) - {""}:
            if not isinstance(one.measure, (Total, Ratio)) and (name, slice_) not in OF_CUSTOMERS:
                continue
            parts = ["numerator"] if isinstance(one.measure, (Total, Distinct)) else ["numerator", "denominator"]
            members = mine[mine["slice"] == slice_].groupby("period")[parts].sum()
            whole = mine[mine["slice"] == ""].set_index("period")[parts].fillna(0)
            # Each is rounded to float64 by itself, so that their sum may differ in the last digits.
            pd.testing.assert_frame_equal(members, whole.loc[members.index], rtol=1e-12, check_names=False)
            checked.add((name, slice_))
    return checked


def late_shuffled_and_repeated(tables, seed):
    with opened(rich.without_later_times(tables)) as made:
        frame, checked = made.facts(), add_up(made)
    disturbed = rich.shuffled(rich.twice(rich.with_later_rows(tables), seed), seed)
    assert sum(map(len, disturbed.values())) > 2 * sum(map(len, tables.values()))
    same(facts_of(disturbed), frame)
    honest(frame)
    assert {("revenue", "region"), ("return_rate", "orders.channel"), ("active_customers", "segment")} <= checked
    assert ("active_customers", "orders.channel") not in checked
    assert len(checked) > 60


def test_a_delivery_may_be_late_shuffled_and_repeated():
    late_shuffled_and_repeated(rich.company(11, customers=20, rows=120, nulls=0.3), seed=5)


@pytest.mark.soak
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(tables=companies, seed=st.integers(0, 1000))
def test_any_delivery_may_be_late_shuffled_and_repeated(tables, seed):
    late_shuffled_and_repeated(tables, seed)


ONE_ROW = {
    "customers": "customer_id\na",
    "orders": "order_id customer_id ordered_at amount kind\n1 a 2024-03-02 10 sale",
    "tickets": "ticket_id customer_id opened_at\n1 a 2024-03-02",
    "surveys": (
        "response_id customer_id sent_at responded_at kind score scale_min scale_max\n"
        "1 a 2024-03-02 2024-03-03 csat 5 1 5"
    ),
    "interactions": "interaction_id customer_id occurred_at kind cost\n1 a 2024-03-02 call 3",
    "subscriptions": "subscription_id customer_id started_at monthly_amount\n1 a 2024-03-02 10",
    "points": "entry_id customer_id occurred_at points kind\n1 a 2024-03-02 5 earn",
    "costs": "cost_id occurred_at center amount\n1 2024-03-02 care 7",
}


def test_one_row_of_each_table():
    frame = facts_of(ONE_ROW, slices=[])
    honest(frame)
    total = frame[(frame["slice"] == "") & (frame["period"] == "2024-03")].set_index("kpi")
    # One sale of 10, one ticket, one contract of 10; one answer is too few to judge by.
    assert [total["value"][kpi] for kpi in ("revenue", "orders", "tickets", "recurring_revenue")] == [10, 1, 1, 10]
    assert (total["state"]["csat"], total["value"]["csat"]) == ("few", 1)


def test_columns_of_nulls():
    frame = facts_of(rich.company(3, customers=10, rows=60, nulls=1.0))
    honest(frame)
    # No customer has a region, so that all are of the member of those that have none.
    assert set(frame[frame["slice"] == "region"]["member"]) == {"(none)"}
    # No order has a cost, so that none of the amounts is covered.
    margin = frame[(frame["kpi"] == "gross_margin") & (frame["n"] > 0)]
    assert margin.empty


def test_tables_that_are_empty_on_the_day():
    # Tickets and answers all come after the as-of day: there are the tables, without rows.
    tables = rich.company(4, customers=10, rows=60, nulls=0.0)
    empty = {name: rich.with_later_rows(tables)[name].iloc[60:] for name in ("tickets", "surveys", "points", "costs")}
    frame = facts_of({**tables, **empty})
    honest(frame)
    total = frame[(frame["slice"] == "") & (frame["period"] == "2024-03")].set_index("kpi")
    assert (total["value"][["tickets", "backlog"]] == 0).all()
    assert (total["state"][["csat", "nps", "first_response_hours"]] == "undefined").all()


def test_a_period_without_rows():
    tables = rich.company(5, customers=10, rows=150, nulls=0.0)
    gone = {
        name: frame[~frame[rich.TIMES[name][0]].str.startswith("2024-02")] if name != "customers" else frame
        for name, frame in tables.items()
    }
    frame = facts_of(gone)
    honest(frame)
    month = frame[(frame["slice"] == "") & (frame["period"] == "2024-02")].set_index("kpi")
    assert (month["value"][["revenue", "orders", "tickets", "active_customers"]] == 0).all()
    assert (month["state"][["return_rate", "average_order_value", "first_response_hours"]] == "undefined").all()


def test_a_slice_with_ten_thousand_members():
    # Customer i, of a region of its own, buys for i in March; sum of 0 to 9,999 = 49,995,000.
    ids = np.char.zfill(np.arange(10_000).astype(str), 5)
    customers = pd.DataFrame({"customer_id": ids, "region": np.char.add("r", ids)})
    orders = pd.DataFrame(
        {"order_id": ids, "customer_id": ids, "ordered_at": "2024-03-02", "amount": np.arange(10_000), "kind": "sale"}
    )
    with opened({"customers": rich.text(customers), "orders": rich.text(orders)}, slices=["region"]) as made:
        frame, checked = made.facts(), add_up(made)
    honest(frame)
    assert ("revenue", "region") in checked
    march = frame[(frame["kpi"] == "revenue") & (frame["period"] == "2024-03")]
    assert march[march["slice"] == ""]["value"].tolist() == [49_995_000]
    assert march[march["slice"] == "region"].set_index("member")["value"]["r00123"] == 123
