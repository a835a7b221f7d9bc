"""Tier and stage as slices: the labels of the day before each period, worked out by hand and in sum."""

import pandas as pd
import pytest

from cpm_core.model.errors import MeasureError, ParamsError
from cpm_core.report.slices import member_title
from tests.books import book, fact
from tests.measure import rich_book

# On 2024-01-31 the trailing years are a 400, b 300, c 200, d 100: one of four is VIP (25 %), two are key or better.
# On 2024-02-29 they are d 600, a 400, b 300, c 200, f 50: two of five are VIP, b is key, c and f are ordinary.
# f has no created_at and is known from 2024-02-20 on, e from 2024-03-10 on.
TABLES = {
    "customers": """
customer_id region created_at
a           North  2023-01-01
b           North  2023-01-01
c           South  2023-01-01
d           South  2023-01-01
e           South  2024-03-10
f           North  -
""",
    "orders": """
order_id customer_id ordered_at amount kind
1        a           2023-06-01 400    sale
2        b           2023-06-01 300    sale
3        c           2023-06-01 200    sale
4        d           2023-06-01 100    sale
5        d           2024-02-10 500    sale
6        f           2024-02-20 50     sale
7        a           2024-03-05 10     sale
8        d           2024-03-06 20     sale
8        d           2024-03-07 -5     return
9        b           2024-03-08 30     sale
10       f           2024-03-09 40     sale
11       e           2024-03-11 70     sale
12       c           2024-03-12 60     sale
""",
    "interactions": """
interaction_id customer_id occurred_at kind
1              c           2024-01-10  call
2              b           2024-02-15  call
3              a           2024-03-02  call
4              a           2024-03-03  mail
5              c           2024-03-03  call
""",
}
PARAMS = {
    "as_of": "2024-03-31",
    "history": 3,
    "slices": ["tier", "stage", "region"],
    "tiers": {"rule": "percentile", "cut": {"VIP": "0.25", "key": "0.5"}, "margin": "0"},
    "kpis": ["revenue", "orders", "return_rate", "active_customers", "revenue_growth", "contact_coverage"],
}
REVENUE = {
    "2024-02": {"ordinary": 500, "new": 50, "VIP": 0, "key": 0},
    "2024-03": {"VIP": 25, "key": 30, "ordinary": 100, "new": 70},
}


@pytest.fixture(scope="module")
def made():
    found = book(TABLES, **PARAMS)
    yield found
    found.close()


@pytest.fixture(scope="module")
def frame(made):
    return made.facts()


def by_member(frame, kpi, period, slice_):
    mine = frame[(frame["kpi"] == kpi) & (frame["period"] == period) & (frame["slice"] == slice_)]
    return mine.set_index("member")["value"].to_dict()


def test_labels_are_those_of_the_day_before(made):
    labels = made.tables["customer_labels"].execute()
    held = {str(start.date()): part.set_index("customer_id")["tier"] for start, part in labels.groupby("period_start")}
    assert {start: "".join(sorted(tiers.index)) for start, tiers in held.items()} == {
        "2024-02-01": "abcd",
        "2024-03-01": "abcdf",
    }, "2023-03 is not labelled: the first row is of June"
    assert held["2024-02-01"].to_dict() == {"a": "VIP", "b": "key", "c": "ordinary", "d": "ordinary"}
    assert held["2024-03-01"].to_dict() == {"a": "VIP", "d": "VIP", "b": "key", "c": "ordinary", "f": "ordinary"}


@pytest.mark.parametrize("period", REVENUE)
def test_figures_by_the_tier_that_was_held(frame, period):
    assert by_member(frame, "revenue", period, "tier") == REVENUE[period]
    assert sum(REVENUE[period].values()) == fact(frame, "revenue", period)["value"]


def test_periods_without_labels_have_no_figures_by_tier_and_all_others(frame):
    revenue = frame[frame["kpi"] == "revenue"]
    assert set(revenue.loc[revenue["slice"].isin(["tier", "stage"]), "period"]) == {"2024-02", "2024-03"}
    assert {"2023-06", "2024-01"} <= set(revenue.loc[revenue["slice"] == "region", "period"])


def test_a_change_on_the_year_before_needs_labels_of_both(frame):
    growth = frame[(frame["kpi"] == "revenue_growth") & (frame["slice"] == "tier")]
    assert growth.empty, "2023-03 and 2023-02 are not labelled"


def test_a_ratio_and_a_distinct(frame):
    # d sent 5 back of 30 that VIP bought in March.
    assert fact(frame, "return_rate", "2024-03", "tier", "VIP")["value"] == pytest.approx(5 / 30)
    assert by_member(frame, "active_customers", "2024-03", "tier") == {"VIP": 2, "key": 1, "ordinary": 2, "new": 1}


def test_coverage_of_the_top_tiers(frame):
    # Of a (VIP) and b (key) somebody called b in February; of a, d (VIP) and b somebody called a in March.
    parts = {label: fact(frame, "contact_coverage", label)[["numerator", "denominator"]].tolist() for label in REVENUE}
    assert parts == {"2024-02": [1, 2], "2024-03": [1, 3]}
    by_tier = frame[(frame["kpi"] == "contact_coverage") & (frame["slice"] == "tier") & (frame["period"] == "2024-03")]
    assert by_tier.set_index("member")["denominator"].to_dict() == {"VIP": 2, "key": 1, "ordinary": 0}
    before = fact(frame, "contact_coverage", "2024-01")
    assert (before["state"], before["complete"]) == ("no data", False)
    assert before["reason"].startswith("tiers and stages are looked up for the as-of period")


def test_rows_behind_a_member_add_up_to_it(made):
    rows = made.rows("revenue", "2024-03", slice="tier", member="VIP")
    assert (sorted(rows["customer_id"]), rows["numerator"].sum()) == (["a", "d", "d"], 25)
    every = made.rows("revenue", "2024-03", slice="tier")
    assert every.groupby("member")["numerator"].sum().to_dict() == REVENUE["2024-03"]
    assert "period_start" not in every


def test_why_splits_by_tier(made):
    why = made.why("revenue", "tier")
    parts = why.frame.set_index("member")["part"].to_dict()
    assert parts == {tier: REVENUE["2024-03"][tier] - REVENUE["2024-02"][tier] for tier in REVENUE["2024-03"]}


@pytest.mark.parametrize("ask", ["rows", "why"])
def test_periods_without_labels_are_refused_by_name(made, ask):
    with pytest.raises(MeasureError, match=r"nobody has a tier from before 2024-01.*2024-02, 2024-03") as caught:
        made.rows("revenue", "2024-01", slice="tier") if ask == "rows" else made.why("revenue", "tier", "2024-02")
    assert "tier_history: true" in str(caught.value)


def test_why_passes_over_labels_that_a_period_is_without(made):
    tried = made.why("revenue", period="2024-02", against="2024-01").tried
    assert not {"tier", "stage"} & set(tried["slice"])


def test_views_show_what_there_is(made):
    table = made.kpi("revenue").by("tier").table()
    assert table.loc["2024-03"].to_dict() == REVENUE["2024-03"]
    assert table.loc["2024-01"].isna().all()
    assert "<svg" in made.kpi("revenue").by("tier")._repr_mimebundle_()["text/html"]
    assert set(made.signals("revenue", "tier")["period"]) == set(REVENUE)


def test_with_history_every_period_is_labelled_before_which_there_were_rows():
    asked = {"tier_history": True, "kpis": ["revenue", "contact_coverage"], "slices": ["tier"]}
    made = book(TABLES, **PARAMS | asked | {"settings": {"coverage_tiers": ["ordinary"]}})
    frame = made.facts()
    made.close()
    months = frame.loc[(frame["kpi"] == "revenue") & (frame["slice"] == "tier"), "period"]
    assert sorted(set(months)) == ["2023-07", *(f"2023-{m:02d}" for m in range(8, 13)), "2024-01", "2024-02", "2024-03"]
    # Of c and d, ordinary customers of 2023-12-31, c was called in January.
    assert fact(frame, "contact_coverage", "2024-01")["value"] == 0.5


def test_targets_by_tier():
    by = {"tier": {"VIP": {"at_least": 20}, "gold": {"at_least": 1}}}
    made = book(TABLES, **PARAMS | {"kpis": ["revenue"], "targets": {"revenue": {"at_least": 1, "by": by}}})
    data = made.report_data()
    made.close()
    told = data.targets[(data.targets["slice"] == "tier") & (data.targets["period"] == "2024-03")]
    assert told.set_index("member")["status"].to_dict() == {"VIP": "met"}
    assert any("gold" in note for note in data.notes)


def test_without_orders_nobody_has_a_tier_to_slice_by():
    tickets = {"tickets": "ticket_id customer_id opened_at\n1 a 2024-03-02"}
    made = book(tickets, as_of="2024-03-31", kpis=["tickets"], slices=["tier"])
    with pytest.raises(ParamsError, match=r"no tier to slice by: customer_profile\.trailing_revenue is not delivered"):
        made.facts()
    made.close()


def test_nobody_is_labelled_before_the_tables_begin_that_labels_rest_on():
    # In February tickets were there, and orders were not.
    tables = {
        "orders": "order_id customer_id ordered_at amount kind\n1 a 2024-02-05 1 sale",
        "tickets": "ticket_id customer_id opened_at\n1 a 2023-03-02\n2 a 2024-02-02\n3 a 2024-03-02",
    }
    made = book(tables, as_of="2024-03-31", kpis=["tickets"], slices=["tier"], history=2)
    frame = made.facts()
    made.close()
    assert frame.loc[frame["slice"] == "tier", "period"].tolist() == ["2024-03"]


def test_a_column_of_the_kpi_s_own_table_comes_first():
    tickets = "ticket_id customer_id opened_at stage\n1 a 2024-03-02 open\n2 b 2024-03-02 won"
    made = book({**TABLES, "tickets": tickets}, **PARAMS | {"kpis": ["tickets", "revenue"], "slices": ["stage"]})
    frame = made.facts()
    made.close()
    assert by_member(frame, "tickets", "2024-03", "stage") == {"open": 1, "won": 1}
    assert "open" not in by_member(frame, "revenue", "2024-03", "stage")


@pytest.mark.parametrize(
    ("name", "member", "en", "zh"),
    [
        ("tier", "key", "Key", "重点客户"),
        ("tier", "new", "New", "新客户"),
        ("stage", "at_risk", "At risk", "流失风险"),
        ("stage", "new", "New", "新客户"),
        ("tier", "(none)", "(none)", "（无）"),
        ("orders.stage", "lost", "lost", "lost"),
    ],
)
def test_members_have_titles(name, member, en, zh):
    assert (member_title(name, member, "en"), member_title(name, member, "zh")) == (en, zh)


def test_members_add_up_to_the_total_of_a_labelled_period():
    kpis = ["revenue", "orders", "return_rate", "tickets", "resolution_rate", "csat", "retention_rate", "repeat_rate"]
    made = book(
        rich_book.company(3, customers=40, rows=300, nulls=0.2),
        as_of=str(rich_book.AS_OF),
        history=3,
        kpis=[*kpis, "contact_coverage"],
        slices=["tier", "stage"],
    )
    frame = made.facts()
    made.close()
    labelled = {"2024-03", "2024-02", "2023-03"}
    parts = ["numerator", "denominator", "n"]
    frame = frame[frame["period"].isin(labelled)]
    whole = frame[frame["slice"] == ""].set_index(["kpi", "period"])[parts].sort_index()
    for name in ("tier", "stage"):
        mine = frame[frame["slice"] == name]
        assert mine["member"].nunique() > 2
        added = mine.groupby(["kpi", "period"])[parts].sum()
        pd.testing.assert_frame_equal(added, whole.fillna(0), rtol=1e-9, check_names=False)
