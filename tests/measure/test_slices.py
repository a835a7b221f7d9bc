"""Slices: where a column comes from, and that no join counts a row twice."""

import pytest

from cpm_core.model.errors import MeasureError, ParamsError
from tests.books import book, fact

CUSTOMERS = "customer_id region channel name\na North web Ann\nb South - Bob"
ORDERS = """
order_id customer_id ordered_at amount kind   channel
1        a           2024-02-01 5      sale   shop
2        a           2024-02-02 7      sale   web
2        a           2024-02-03 -7     return web
3        b           2024-02-02 9      sale   -
"""
TICKETS = "ticket_id customer_id opened_at team\nt1 a 2024-02-01 red\nt2 b 2024-02-02 blue"
SURVEYS = """
response_id customer_id sent_at    responded_at kind score scale_min scale_max ticket_id order_id
1           a           2024-02-01 2024-02-02   csat 5     1         5         t1        1
2           a           2024-02-01 2024-02-02   csat 5     1         5         t2        2
3           b           2024-02-01 2024-02-02   csat 1     1         5         t2        2
4           b           2024-02-01 2024-02-02   csat 1     1         5         -         2
"""
TABLES = {"customers": CUSTOMERS, "orders": ORDERS, "tickets": TICKETS, "surveys": SURVEYS}
MONTH = "2024-02"


@pytest.fixture(scope="module")
def made():
    slices = ["channel", "customers.channel", "orders.channel", "tickets.team"]
    found = book(TABLES, as_of="2024-02-29", slices=slices, kpis=["orders", "purchase_frequency", "csat", "tickets"])
    yield found
    found.close()


@pytest.fixture(scope="module")
def frame(made):
    return made.facts()


def members(frame, kpi, slice_):
    mine = frame[(frame["kpi"] == kpi) & (frame["slice"] == slice_) & (frame["period"] == MONTH)]
    return dict(mine[["member", "value"]].itertuples(index=False))


def test_a_bare_name_is_the_tables_own_column_first(frame):
    assert members(frame, "orders", "channel") == {"shop": 1, "web": 1, "(none)": 1}
    assert members(frame, "orders", "customers.channel") == {"web": 2, "(none)": 1}
    assert members(frame, "orders", "orders.channel") == members(frame, "orders", "channel")


def test_a_bare_name_is_a_customers_column_then(frame):
    # Tickets have a channel in their spec, which nobody delivered.
    assert members(frame, "tickets", "channel") == {"web": 1, "(none)": 1}


def test_through_the_ticket_of_an_answer(frame):
    assert members(frame, "csat", "tickets.team") == {"red": 1, "blue": 0.5, "(none)": 0}


def test_a_key_with_several_rows_is_not_joined(made, frame):
    # Order 2 is a sale and a return: its answers would count twice. The total stays what it is.
    assert members(frame, "csat", "orders.channel") == {}
    assert fact(frame, "csat", MONTH)["denominator"] == 4
    with pytest.raises(MeasureError, match=r"'csat' cannot reach the slice 'orders\.channel'"):
        made.rows("csat", MONTH, slice="orders.channel")


def test_a_key_with_one_row_each_is_joined(request):
    apart = ORDERS.replace("2        a           2024-02-03", "2R       a           2024-02-03")
    found = book({**TABLES, "orders": apart}, as_of="2024-02-29", slices=["orders.channel"], kpis=["csat"])
    request.addfinalizer(found.close)
    assert members(found.facts(), "csat", "orders.channel") == {"shop": 1, "web": pytest.approx(1 / 3)}


def test_a_key_that_is_not_delivered_is_no_way(request):
    surveys = "\n".join(" ".join(line.split()[:-1]) for line in SURVEYS.strip().splitlines())
    found = book({**TABLES, "surveys": surveys}, as_of="2024-02-29", slices=["orders.channel"], kpis=["csat", "orders"])
    request.addfinalizer(found.close)
    assert members(found.facts(), "csat", "orders.channel") == {}
    assert fact(found.facts(), "csat", MONTH)["state"] == "few"


def test_what_derives_is_sliced_where_its_parts_mean_the_same(frame):
    assert members(frame, "purchase_frequency", "customers.channel") == {"web": 2, "(none)": 1}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("regoin", "no table has the column 'regoin'"),
        ("name", "'name' identifies persons"),
        ("customers.name", "'customers.name' identifies persons"),
        ("surveys.comment", "no table has the column"),
    ],
)
def test_slices_that_cannot_be(name, words):
    found = book(TABLES, as_of="2024-02-29", slices=[name], kpis=["orders"])
    with pytest.raises(ParamsError, match=words) as caught:
        found.facts()
    if name == "regoin":
        assert caught.value.problems[0].nearest[0] == "region"
    found.close()
