"""One customer: what happened, how they stand beside their tier, what is hidden, and who is not there."""

from datetime import date

import pandas as pd
import pytest

from cpm_core.customers.timeline import month_starts, mood, timeline
from cpm_core.model.errors import MeasureError
from tests.books import book
from tests.browser import visit

TABLES = {
    "customers": """
        customer_id name  email   region created_at
        a           王芳  a@b.c   West   2023-05-01
        b           Bob   b@b.c   East   2023-05-01
        c           Carl  c@b.c   West   2023-05-01
        d           Dora  d@b.c   West   2024-06-01
    """,
    "orders": """
        order_id customer_id ordered_at       amount kind
        1        a           2024-01-10       100    sale
        2        a           2024-03-10       50     sale
        2        a           2024-03-12       -20    return
        3        b           2024-05-01       40     sale
        4        c           2024-06-01       60     sale
        5        c           2024-06-20       60     sale
    """,
    "tickets": """
        ticket_id customer_id opened_at           resolved_at         kind
        t1        a           2024-02-01T10:00:00 2024-02-03T10:00:00 complaint
        t2        a           2024-06-20T10:00:00 -                   question
    """,
    "surveys": """
        response_id customer_id responded_at sent_at    kind score scale_min scale_max comment
        s1          a           2024-02-04   2024-02-03 csat 2     1         5         slow
        s2          a           2024-04-04   2024-04-03 nps  8     0         10        -
        s3          a           -            2024-05-03 nps  -     0         10        -
    """,
    "interactions": """
        interaction_id customer_id occurred_at kind
        i1             a           2024-02-05  call
    """,
    "subscriptions": """
        subscription_id customer_id started_at ended_at   monthly_amount plan
        p1              a           2023-12-01 2024-02-01 10             basic
        p1              a           2024-02-01 -          15             plus
    """,
}


@pytest.fixture(scope="module")
def made():
    one = book(TABLES, as_of="2024-06-30", currency="EUR", tiers={"cut": {"VIP": "0.34", "key": "0.67"}})
    yield one
    one.close()


def test_what_happened_in_its_order(made):
    found = made.customer("a").timeline
    assert [(str(row.at.date()), row.lane, row.kind) for row in found.itertuples()] == [
        ("2023-12-01", "subscriptions", "contract"),
        ("2024-01-10", "orders", "sale"),
        ("2024-02-01", "subscriptions", "contract"),
        ("2024-02-01", "tickets", "complaint"),
        ("2024-02-04", "surveys", "csat"),
        ("2024-02-05", "interactions", "call"),
        ("2024-03-10", "orders", "sale"),
        ("2024-03-12", "orders", "return"),
        ("2024-04-04", "surveys", "nps"),
        ("2024-06-20", "tickets", "ticket"),
    ]
    ends = found.set_index(["lane", "at"])["until"]
    assert str(ends["tickets"].iloc[0]) == "2024-02-03 10:00:00"
    assert pd.isna(ends["tickets"].iloc[1])
    assert found.loc[found["lane"] == "surveys", "mood"].tolist() == [
        "bad",
        "middle",
    ]  # 2 of 1-5 is .25; NPS 8 is passive
    assert found.loc[found["lane"] == "orders", "size"].tolist() == [100, 50, -20]


def test_key_figures_beside_the_median_of_the_tier(made):
    # Of three with positive revenue (130, 120, 40) the top 34 % are two: a and c are VIP. Their revenue is 130 and 120,
    # the median 125; a bought twice, as c did.
    found = made.customer("a")
    assert found.profile["tier"] == "VIP"
    standing = found.standing.set_index("figure")
    assert standing.loc["revenue", ["own", "median", "peers"]].tolist() == [130, 125, 2]
    assert standing.loc["sales", ["own", "median", "peers"]].tolist() == [2, 2, 2]
    assert standing.loc["last_csat", ["own", "median", "peers"]].tolist() == [2, 2, 1]


def test_what_identifies_a_person_is_hidden(made):
    found = made.customer("a")
    html = found._repr_html_()
    assert not [one for one in ("王芳", "a@b.c", "slow") if one in html]
    assert found.tables["customers"]["name"].tolist() == ["•••"]
    assert "Customer a" in html


def test_the_page_says_who_and_why(made):
    told = repr(made.customer("a"))
    assert told.startswith("Customer a\nWest · known since 1 May 2023 · as of 30 June 2024\nTier: VIP: ")
    assert "Value: no expected value is published for this customer" in told
    html = made.customer("a")._repr_html_()
    assert html.count("<svg") >= 2
    assert "Orders and returns: 3" in html
    assert "2 of 1–5" in html


def test_a_customer_of_whom_nothing_is_known_has_an_honest_page(made):
    found = made.customer("d")
    assert found.timeline.empty
    assert all(frame.empty for name, frame in found.tables.items() if name != "customers")
    assert "No order, ticket, answer, contact or contract of this customer is known." in repr(found)
    assert '<h3>Timeline</h3><p class="nothing">' in found._repr_html_()


def test_an_unknown_id_is_told_with_the_nearest(made):
    with pytest.raises(MeasureError, match="there is no customer 'A1'") as refused:
        made.customer("A1")
    assert refused.value.problems[0].nearest == ("a",)
    with pytest.raises(MeasureError) as far:
        made.customer("zzz")
    assert far.value.problems[0].fix == "`book.customers()` lists all."


def test_as_of_an_earlier_day_later_things_did_not_happen():
    made = book(TABLES, as_of="2024-02-02", locale="zh", show_personal_data=True)
    found = made.customer("a")
    assert found.timeline["at"].max() == pd.Timestamp("2024-02-01 10:00:00")
    assert pd.isna(found.timeline.set_index("lane").loc["tickets", "until"])  # solved a day later
    told = repr(found)
    assert told.startswith("客户 a · 王芳\nWest · 建档于2023年5月1日 · 截至2024年2月2日\n等级：")
    assert "阶段：" in told
    made.close()


def test_a_page_fits_a_telephone_and_a_screen(made, browser, tmp_path):
    path = tmp_path / "one.html"
    head = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    path.write_text(f"{head}<title>a</title>{made.customer('a')._repr_html_()}", encoding="utf-8")
    for width, shown in ((390, "narrow"), (1280, "wide")):
        with visit(browser, path, width) as seen:
            assert seen.overflow() == 0
            assert not seen.missing_glyphs()
            assert not seen.requests
            visible = [name for name in ("narrow", "wide") if seen.page.locator(f".timeline .{name}").is_visible()]
            assert visible == [shown]
            # Letters of the chart are not shrunk below nine pixels.
            height = seen.page.locator(f".timeline .{shown} svg text").first.bounding_box()["height"]
            assert height >= 9


@pytest.mark.parametrize(
    ("kind", "score", "low", "high", "meant"),
    [
        ("nps", 9, 0, 10, "good"),
        ("nps", 7, 0, 10, "middle"),
        ("nps", 6, 0, 10, "bad"),
        ("csat", 4, 1, 5, "good"),
        ("csat", 3, 1, 5, "middle"),
        ("csat", 2, 1, 5, "bad"),
        ("csat", 1, 0, 1, "good"),
        ("ces", 7, 1, 7, "good"),
    ],
)
def test_how_an_answer_is_meant(kind, score, low, high, meant):
    assert mood(kind, score, low, high) == meant


def test_ticks_are_months_evenly_apart():
    found = month_starts(date(2022, 1, 15), date(2024, 12, 31), 8)
    assert [f"{one:%Y-%m}" for one in found] == ["2022-07", "2023-01", "2023-07", "2024-01", "2024-07"]
    assert month_starts(date(2024, 1, 2), date(2024, 1, 20), 8) == []
    assert len(month_starts(date(1990, 1, 1), date(2024, 12, 31), 6)) <= 6


def test_tables_that_are_not_there_have_no_lane():
    frame = timeline(
        {"orders": pd.DataFrame({"ordered_at": [pd.Timestamp("2024-01-01")], "kind": ["sale"], "amount": [1]})}
    )
    assert set(frame["lane"]) == {"orders"}
    assert timeline({}).empty
