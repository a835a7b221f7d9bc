"""Tiers by rank, worked out by hand."""

from datetime import date

import ibis
import pandas as pd
import pytest

from cpm_core.api import AtLeast, Text, TierRule, TopShare
from cpm_core.model.errors import ParamsError, PluginError
from tests.books import book, plugin

# The 365 days that end with 2024-12-31 start on 2024-01-02. f took it all back, g only sent back,
# h bought before, i never.
ORDERS = """
order_id customer_id ordered_at       amount kind
1        a           2024-01-02T00:00 100    sale
2        b           2024-06-01       50     sale
3        c           2024-06-01       50     sale
4        d           2024-06-01       60     sale
4        d           2024-07-01       -10    return
5        e           2024-12-31T23:59 10     sale
6        f           2024-06-01       100    sale
6        f           2024-06-02       -100   return
7        g           2024-06-02       -20    return
8        h           2024-01-01T23:59 999    sale
"""
CUSTOMERS = "customer_id region\na North\nb North\nc North\nd South\ne South\nf South\ng South\nh South\ni South"
TABLES = {"orders": ORDERS, "customers": CUSTOMERS}
# Of five with positive revenue ceil(.25 x 5) = 2 are VIP and ceil(.5 x 5) = 3 are VIP or key. Without a margin
# nobody keeps a tier for having held it.
CUT = {"rule": "percentile", "margin": "0", "cut": {"VIP": "0.25", "key": "0.5"}}
TIERS = {"VIP": {"a", "b"}, "key": {"c"}, "ordinary": {"d", "e", "f", "g", "h", "i"}}


def customers(**params):
    made = book(TABLES, **{"as_of": "2024-12-31", "tiers": CUT, **params})
    try:
        return made.customers()
    finally:
        made.close()


@pytest.fixture(scope="module")
def labelled():
    return customers()


def test_tiers_by_rank_ties_by_id(labelled):
    assert {tier: set(part["customer_id"]) for tier, part in labelled.groupby("tier")} == TIERS
    assert labelled["customer_id"].tolist()[:5] == ["a", "b", "c", "d", "e"], "in the order of their rank"


def test_every_customer_once(labelled):
    assert sorted(labelled["customer_id"]) == list("abcdefghi")


def test_values_are_of_the_trailing_year(labelled):
    values = labelled.set_index("customer_id")["value"].to_dict()
    assert values == {"a": 100, "b": 50, "c": 50, "d": 50, "e": 10, "f": 0, "g": -20, "h": 0, "i": 0}


def test_each_has_its_reason_in_words(labelled):
    reasons = labelled.set_index("customer_id")["reason"]
    assert reasons["b"] == "rank 2 of 5 by revenue of the trailing year (50.00); VIP starts at 50.00"
    assert reasons["c"] == "rank 3 of 5 by revenue of the trailing year (50.00); key starts at 50.00"
    assert reasons["e"] == "rank 5 of 5 by revenue of the trailing year (10.00); key starts at 50.00"
    assert reasons["g"] == "no positive revenue of the trailing year (−20.00)"


def test_each_is_told_what_lifts_to_the_next_tier(labelled):
    found = labelled.set_index("customer_id")
    assert found["next_tier"].fillna("").to_dict() == {
        **dict.fromkeys("ab", ""),
        "c": "VIP",
        **dict.fromkeys("defghi", "key"),
    }
    # c and d have as much as b, who is the last of the VIP, and as c, the last of the key customers.
    assert found.loc[["c", "d", "e", "g", "h"], "to_next"].tolist() == [0, 0, 40, 70, 50]
    assert found.loc[["a", "c", "e", "g"], "next_step"].tolist() == [
        "",
        "to VIP: level with its limit, where the smaller customer id goes first",
        "to key: 40.00 more revenue of the trailing year",
        "to key: 70.00 more revenue of the trailing year",
    ]


def test_profile_beside_the_tier(labelled):
    profile = labelled.set_index("customer_id")
    assert profile.loc["h", ["sales", "trailing_sales", "revenue", "recency_days"]].tolist() == [1, 0, 999, 365]
    assert profile.loc["d", ["sales", "revenue"]].tolist() == [1, 50]
    assert pd.isna(profile.loc["g", "first_sale"]), "a return is no sale"
    assert profile.loc["i", ["sales", "revenue"]].tolist() == [0, 0]


@pytest.mark.parametrize("params", [{"history": 24}, {"period": "quarter"}, {"locale": "zh"}], ids=str)
def test_tiers_do_not_depend_on_what_is_shown(labelled, params):
    other = customers(**params)
    columns = ["customer_id", "tier", "rank", "value"]
    assert other[columns].equals(labelled[columns])
    if "locale" in params:
        assert other["reason"].str.contains("近一年").all()
        assert "100.00" in other["reason"].iloc[0]


def test_an_earlier_day_has_its_own_tiers():
    found = customers(as_of="2024-01-01")
    assert found[found["tier"] == "VIP"]["customer_id"].tolist() == ["h"]


def test_nobody_with_positive_revenue():
    orders = "order_id customer_id ordered_at amount kind\n1 a 2024-06-02 -20 return"
    made = book({"orders": orders}, as_of="2024-12-31")
    assert made.customers()["tier"].tolist() == ["ordinary"]
    made.close()


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        ({"VIP": "0.3", "key": "0.2"}, "cumulative"),
        ({"VIP": "0.05"}, r"tiers\.cut\.key' is missing"),
        ({"VIP": "0.05", "key": "0.2", "gold": "0.01"}, r"unknown key 'tiers\.cut\.gold'"),
        ({"VIP": "0", "key": "0.2"}, "VIP"),
        ({"VIP": "0.05", "key": "1.5"}, "key"),
        ({"VIP": "many", "key": "0.2"}, "VIP"),
    ],
    ids=str,
)
def test_bad_cuts_are_told_before_anything_runs(cut, words):
    with pytest.raises(ParamsError, match=words):
        book(TABLES, as_of="2024-12-31", tiers={"rule": "percentile", "cut": cut})


def test_summary_adds_up():
    made = book(TABLES, as_of="2024-12-31", tiers=CUT)
    found = made.tiers().set_index("tier")
    made.close()
    assert found["customers"].to_dict() == {"VIP": 2, "key": 1, "ordinary": 6}
    assert found["customers_share"].sum() == pytest.approx(1)
    # Shares of positive revenue: 150, 50 and 60 of 260; of the sum 20 less, as g has sent back more than bought.
    assert found["value_share"].tolist() == pytest.approx([150 / 260, 50 / 260, 60 / 260])
    assert found["value"].tolist() == [150, 50, 40]
    assert found["cut"].tolist() == ["from 50.00", "from 50.00", "all others"]


def by_sales(profile, _options, _settings):
    return profile.sales


def a_fifth(_options):
    return TopShare({"VIP": 0.1, "key": 0.2})


def failing(*_):
    raise LookupError("the list is lost")


FAULTY = {
    "no_such_column": (lambda profile, *_: profile.nothing, a_fifth, "failed.*nothing"),
    "text": (lambda profile, *_: profile.region, a_fifth, "its value is string, and no number"),
    "another_tables": (lambda *_: ibis.table({"x": "int64"}, name="y").x, a_fifth, "failed"),
    "raises": (by_sales, failing, "the list is lost"),
    "no_cut": (by_sales, lambda _: {"VIP": 0.1}, "gave a dict for a cut"),
    "no_such_tier": (by_sales, lambda _: TopShare({"VIP": 0.1, "gold": 0.2}), "cuts VIP, gold. Cut VIP and key"),
    "shares": (by_sales, lambda _: TopShare({"VIP": 0.3, "key": 0.2}), "cuts VIP at 0.3, key at 0.2"),
    "limits": (by_sales, lambda _: AtLeast({"VIP": 1, "key": 2}), "cuts VIP at 1, key at 2"),
    "more_than_all": (by_sales, lambda _: TopShare({"VIP": 0.1, "key": 1.5}), "key at 1.5"),
}


@pytest.fixture(scope="module")
def faulty():
    title = Text(en="Own", zh="自有")
    rules = [TierRule(id=name, title=title, value=value, cut=cut) for name, (value, cut, _) in FAULTY.items()]
    made = book(TABLES, as_of="2024-12-31", plugins=[plugin("ours", cpm_tier_rules=rules)], kpis=["revenue"])
    yield made
    made.close()


@pytest.mark.parametrize("name", FAULTY)
def test_a_rule_that_fails_is_named(faulty, name):
    with pytest.raises(PluginError, match=FAULTY[name][2]) as caught:
        faulty.tiers(rule=name)
    assert f"{name!r} of 'ours'" in str(caught.value)


def test_one_customer_with_rows_and_masks():
    customers = "customer_id name  email\na Ann a@b.c\nb Bob b@b.c"
    made = book({"orders": ORDERS, "customers": customers}, as_of="2024-12-31")
    found = made.customer("a")
    assert found.profile["tier"] == "VIP"
    assert found.tables["orders"]["amount"].astype(float).tolist() == [100]
    assert found.tables["customers"]["name"].tolist() == ["•••"]
    assert "Ann" not in found._repr_html_()
    with pytest.raises(Exception, match="no customer 'aa'"):
        made.customer("aa")
    made.close()


def test_the_values_of_many_days_are_asked_for_in_one_query(monkeypatch):
    made = book(TABLES, as_of="2024-12-31", tiers=CUT)
    try:
        worth, asked = made._tiering.worth, []
        run = worth._run
        monkeypatch.setattr(worth, "_run", lambda rows: asked.append(rows) or run(rows))
        days = [date(2023, 12, 31), date(2024, 6, 1), date(2024, 7, 1), date(2024, 12, 31)]
        worth.work_out(days)
        found = {day: dict(zip(worth.ids.to_pylist(), worth.on(day).plain(), strict=True)) for day in days}
    finally:
        made.close()
    assert len(asked) == 1
    # Nothing was sold by the end of 2023; h is of the first day of 2024, the others of June.
    told = {day: {who: value for who, value in of.items() if value > 0} for day, of in found.items()}
    assert told[days[0]] == {}
    assert told[days[1]] == {"a": 100, "b": 50, "c": 50, "d": 60, "f": 100, "h": 999}
    assert told[days[2]] == {"a": 100, "b": 50, "c": 50, "d": 50, "h": 999}
    assert told[days[3]] == {"a": 100, "b": 50, "c": 50, "d": 50, "e": 10}
