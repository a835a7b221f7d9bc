"""`only`: prepared tables cut to a part of the customers, with figures worked out by hand."""

from __future__ import annotations

import pytest

from cpm_core.builtin.tables import base
from cpm_core.model.errors import DataError, ParamsError
from cpm_core.params.schema import Params
from cpm_core.tables.cut import Way, ways
from cpm_core.workbook import Workbook
from tests.books import book, fact, plugin

CUSTOMERS = """
customer_id region segment channel
a           North  small   web
b           North  large   web
c           South  small   store
d           -      small   store
"""
ORDERS = """
order_id customer_id ordered_at amount kind   channel
1        a           2024-03-01 10.00  sale   web
2        b           2024-03-02 20.00  sale   store
2        b           2024-03-09 -5.00  return store
3        c           2024-03-03 40.00  sale   web
4        d           2024-03-04 80.00  sale   store
5        c           2024-02-04 7.00   sale   store
"""
LINES = """
order_id line_no amount category
1        1       10.00  hats
2        1       15.00  hats
3        1       40.00  shoes
"""
TICKETS = """
ticket_id customer_id opened_at  kind
t1        a           2024-03-05 complaint
t2        c           2024-03-06 question
"""
COSTS = """
cost_id occurred_at center  amount
k1      2024-03-31  service 12.00
"""
TABLES = {"customers": CUSTOMERS, "orders": ORDERS, "order_lines": LINES, "tickets": TICKETS, "costs": COSTS}
SPECS = {spec.id: spec for spec in base.cpm_tables()}


@pytest.fixture(scope="module")
def whole():
    """The delivery, prepared once."""
    made = book(TABLES, as_of="2024-03-31", kpis=["revenue"], only={})
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def opened(whole):
    """Workbooks of its parts as of March 2024, closed with the test."""
    books = []

    def opening(**params):
        said = {**whole.params.model_dump(mode="json", exclude_unset=True), **params}
        books.append(Workbook(Params.model_validate(said), whole.registry, shared=whole.work / "shared"))
        return books[-1]

    yield opening
    for one in books:
        one.close()


def rows(made, table, column):
    return sorted(made.tables[table].to_pandas()[column])


def revenue(made):
    return fact(made.facts(), "revenue", "2024-03")["value"]


def test_customers_and_all_that_is_theirs_are_kept(opened):
    made = opened(only={"region": "North"})
    assert rows(made, "customers", "customer_id") == ["a", "b"]
    assert rows(made, "orders", "order_id") == ["1", "2", "2"]
    assert rows(made, "order_lines", "order_id") == ["1", "2"]
    assert rows(made, "tickets", "ticket_id") == ["t1"]
    assert revenue(made) == 25


def test_several_members_and_several_columns(opened):
    assert revenue(opened(only={"region": ["North", "South"]})) == 65
    assert revenue(opened(only={"region": ["North", "South"], "segment": "small"})) == 50
    # As slices name it: a customer without a region.
    assert revenue(opened(only={"region": "(none)"})) == 80


def test_a_bare_name_is_a_column_of_customers_and_not_of_orders(opened):
    assert revenue(opened(only={"channel": "web"})) == 25


def test_a_column_of_another_table_restricts_that_table_and_what_hangs_on_it(opened):
    made = opened(only={"orders.channel": "web"})
    assert rows(made, "orders", "order_id") == ["1", "3"]
    assert rows(made, "order_lines", "order_id") == ["1", "3"]
    assert rows(made, "tickets", "ticket_id") == ["t1", "t2"]
    assert len(rows(made, "customers", "customer_id")) == 4
    assert revenue(opened(only={"orders": {"channel": "web"}, "region": "South"})) == 40


def test_the_parts_are_the_whole(opened):
    parts = [revenue(opened(only={"region": one})) for one in ("North", "South", "(none)")]
    assert sum(parts) == revenue(opened()) == 145


def test_a_table_that_cannot_be_cut_is_as_if_it_were_not_delivered(opened):
    whole, part = opened(kpis=["care_cost"]), opened(only={"region": "North"}, kpis=["care_cost", "cost_to_serve"])
    assert "costs" in list(whole.tables)
    assert "costs" not in list(part.tables)
    assert part.left_out == ("costs",)
    for kpi in ("care_cost", "cost_to_serve"):
        found = fact(part.facts(), kpi, "2024-03")
        assert found["state"] == "no data"
        assert found["reason"] == (
            "table costs tells the whole alone, and cannot be cut to the customers of this report"
        )
    assert fact(whole.facts(), "care_cost", "2024-03")["value"] == 12


def test_a_table_with_the_column_is_cut_by_it():
    costs = "cost_id occurred_at center amount region\nk1 2024-03-31 service 12 North\nk2 2024-03-31 service 5 South"
    made = book({**TABLES, "costs": costs}, as_of="2024-03-31", only={"region": "North"}, kpis=["care_cost"])
    assert fact(made.facts(), "care_cost", "2024-03")["value"] == 12
    made.close()


def test_how_far_the_data_reach_stays_that_of_the_whole(opened):
    # North has no order of February; the delivery has, so that the month is a complete one of no sales.
    made = opened(only={"region": "North"}, history=2)
    found = fact(made.facts(), "revenue", "2024-02")
    assert (found["value"], found["complete"]) == (0, fact(opened(history=2).facts(), "revenue", "2024-02")["complete"])
    assert [period.label for period in made.periods] == ["2024-02", "2024-03"]


def test_rejects_and_counts_are_of_the_whole_delivery(opened):
    tables = {**TABLES, "orders": ORDERS + "9 zz 2024-03-05 1.00 sale web\n"}
    made = book(tables, as_of="2024-03-31", only={"region": "North"}, kpis=["revenue"])
    assert made.rejects()["key"].tolist() == ["9 sale"]
    data = made.report_data()
    assert data.quality.set_index("table").loc["orders", ["delivered", "kept"]].tolist() == [7, 6]
    assert "These counts are of the whole delivery, not of region: North alone." in made.report.quality().text
    assert "only region: North" in made.report.header().text
    assert any("costs" in note for note in data.notes)
    made.close()


def test_the_record_says_it_in_both_languages(opened):
    made = opened(only={"region": ["South", "North"], "orders.channel": "web"}, locale="zh")
    said = made.provenance()["only"]
    assert said["en"] == "region: North, South; channel (orders): web"
    assert said["zh"] == "地区：North、South；渠道（订单）：web"
    assert said["left_out"] == ["costs"]
    assert "仅限地区：North、South" in made.report.header().text
    assert "only" not in opened().provenance()


def test_it_is_a_part_of_the_workbook_s_identity_and_not_of_its_delivery(opened):
    whole, north, both = opened(), opened(only={"region": "North"}), opened(only={"region": ["South", "North"]})
    assert len({whole.identity(), north.identity(), both.identity()}) == 3
    assert both.identity() == opened(only={"region": ["North", "South"]}).identity()
    assert len({one._delivery() for one in (whole, north, both)}) == 1


def test_a_member_that_nobody_has_is_told_with_the_nearest(opened):
    with pytest.raises(DataError) as caught:
        opened(only={"region": ["north", "South"], "segment": "huge"}).facts()
    first, second = caught.value.problems
    assert first.what == "only: no row of customers has the region 'north'"
    assert first.nearest[0] == "North"
    assert first.fix == "There are: (none), North, South."
    assert second.what == "only: no row of customers has the segment 'huge'"


def test_members_that_nobody_has_together(opened):
    with pytest.raises(DataError, match="no customer is left of those with region South and segment large"):
        opened(only={"region": "South", "segment": "large"}).facts()


def test_a_column_that_is_none_is_told_with_the_nearest_and_with_the_tables_that_have_it(opened):
    with pytest.raises(ParamsError) as caught:
        opened(only={"regoin": "North", "category": "hats", "orders.chanel": "web"}).facts()
    first, second, third = caught.value.problems
    assert (first.what, first.nearest[0]) == ("only: customers have no column 'regoin'", "region")
    assert second.nearest == ("order_lines.category",)
    assert (third.what, third.nearest[0]) == ("only: there is no column 'orders.chanel'", "orders.channel")


def test_nobody_is_restricted_by_what_identifies_a_person():
    tables = {**TABLES, "customers": "customer_id email\na a@example.com\nb b@example.com\nc -\nd -"}
    made = book(tables, as_of="2024-03-31", only={"email": "a@example.com"})
    with pytest.raises(ParamsError, match="'email' identifies persons"):
        made.facts()
    made.close()


def test_headers_alone_tell_what_a_part_allows(opened):
    found, catalog = opened(only={"region": "North"}).outline()
    assert not found.errors
    assert "costs" not in catalog.names()
    found, _ = opened(only={"regoin": "North"}).outline()
    assert found.problems[0].nearest[0] == "region"


def test_where_no_customers_are_delivered_their_ids_can_be_named():
    made = book({"orders": ORDERS}, as_of="2024-03-31", only={"customer_id": ["a", "c"]}, kpis=["revenue"])
    assert revenue(made) == 50
    made.close()


def test_a_table_of_a_plugin_is_cut_by_its_customers_or_by_what_it_belongs_to():
    from cpm_core.api import Column, TableSpec, Text

    def spec(name, *columns):
        return TableSpec(name, Text(en=name, zh=name), tuple(Column(one) for one in columns), key=columns[:1])

    specs = [
        *SPECS.values(),
        spec("visits", "visit_id", "customer_id"),
        spec("calls", "call_id", "ticket_id"),
        spec("rain", "day"),
    ]
    tables = {
        "visits": "visit_id customer_id\nv1 a\nv2 c",
        "calls": "call_id ticket_id\nc1 t1\nc2 t2",
        "rain": "day\n1",
    }
    extra = plugin("weather", cpm_tables=specs[len(SPECS) :])
    made = book({**TABLES, **tables}, as_of="2024-03-31", only={"region": "North"}, plugins=[extra])
    assert rows(made, "visits", "visit_id") == ["v1"]
    assert rows(made, "calls", "call_id") == ["c1"]
    assert made.left_out == ("costs", "rain")
    made.close()


def test_how_each_table_is_cut():
    columns = {
        "order_lines": ("order_id", "line_no"),
        "orders": ("order_id", "customer_id", "channel"),
        "customers": ("customer_id", "region"),
        "costs": ("cost_id", "region"),
        "surveys": ("response_id", "customer_id", "order_id"),
    }
    found = ways(columns, SPECS, {"region": ("North",), "orders.channel": ("web",)})
    # Those that others belong to come first.
    assert list(found) == ["customers", "orders", "order_lines", "costs", "surveys"]
    assert found["customers"] == Way({"region": ("North",)})
    assert found["orders"] == Way({"channel": ("web",)}, ("customers", "customer_id"))
    assert found["order_lines"] == Way({}, ("orders", "order_id"))
    assert found["costs"] == Way({"region": ("North",)})
    assert found["surveys"] == Way({}, ("customers", "customer_id"))
    assert ways({"customers": ("customer_id",), "costs": ("cost_id",)}, SPECS, {"region": ("x",)})["costs"] is None
