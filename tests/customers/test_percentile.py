"""Tiers by rank, worked out by hand."""

from decimal import Decimal

import ibis
import pandas as pd
import pytest

from cpm_core.api import Text, TierRule
from cpm_core.builtin.tiers import percentile
from cpm_core.customers.tiers import summary
from cpm_core.model.errors import ParamsError, PluginError
from cpm_core.model.settings import Settings
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
# Of five with positive revenue ceil(.25 x 5) = 2 are VIP and ceil(.5 x 5) = 3 are VIP or key.
CUT = {"rule": "percentile", "cut": {"VIP": "0.25", "key": "0.5"}}
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
    assert reasons["b"] == "rank 2 of 5 by revenue of the trailing year (50.00); the tier's limit is rank 2"
    assert reasons["c"] == "rank 3 of 5 by revenue of the trailing year (50.00); the tier's limit is rank 3"
    assert reasons["g"] == "no positive revenue in the trailing year (−20.00)"


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


@pytest.mark.parametrize(
    ("count", "share", "in_tier"),
    [(100, 0.05, 5), (100, 0.07, 7), (101, 0.05, 6), (1, 0.05, 1), (4277, 0.05, 214), (4277, 0.2, 856), (10, 1.0, 10)],
)
def test_the_limit_is_the_next_whole_number(count, share, in_tier):
    # 100 x .07 is 7.000000000000001 in floats, and seven customers all the same.
    profile = pd.DataFrame(
        {"customer_id": [f"{i:05d}" for i in range(count)], "trailing_revenue": [Decimal(i + 1) for i in range(count)]}
    )
    rule = percentile.cpm_tier_rules()[0]
    options = rule.options()(cut={"VIP": share, "key": 1.0})
    labels = rule.assign(ibis.memtable(profile), options, Settings(as_of=None)).to_pandas()
    assert (labels["tier"] == "VIP").sum() == in_tier


def test_nobody_with_positive_revenue():
    orders = "order_id customer_id ordered_at amount kind\n1 a 2024-06-02 -20 return"
    made = book({"orders": orders}, as_of="2024-12-31")
    assert made.customers()["tier"].tolist() == ["ordinary"]
    made.close()


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        ({"VIP": "0.3", "key": "0.2"}, "cumulative"),
        ({"VIP": "0.05"}, "'key' is missing"),
        ({"VIP": "0.05", "key": "0.2", "gold": "0.01"}, "'gold'"),
        ({"VIP": "0", "key": "0.2"}, "VIP"),
        ({"VIP": "0.05", "key": "1.5"}, "key"),
        ({"VIP": "many", "key": "0.2"}, "VIP"),
    ],
    ids=str,
)
def test_bad_cuts_are_told_before_anything_runs(cut, words):
    with pytest.raises(ParamsError, match=words):
        book(TABLES, as_of="2024-12-31", tiers={"rule": "percentile", "cut": cut})


def test_without_orders_nobody_is_sorted():
    made = book({"tickets": "ticket_id customer_id opened_at\n1 a 2024-06-02\n2 b 2023-06-02"}, as_of="2024-12-31")
    found = made.customers()
    assert found[["customer_id", "trailing_tickets"]].to_numpy().tolist() == [["a", 1], ["b", 0]]
    assert "tier" not in found
    assert made.report_data().tiers is None
    made.close()


def test_summary_adds_up(labelled):
    found = summary(labelled, "", "en").set_index("tier")
    assert found["customers"].to_dict() == {"VIP": 2, "key": 1, "ordinary": 6}
    assert found["customers_share"].sum() == pytest.approx(1)
    # Shares of positive revenue: 150, 50 and 60 of 260.
    assert found["value_share"].tolist() == pytest.approx([150 / 260, 50 / 260, 60 / 260])
    assert found.loc["VIP", "cut"] == "from 50.00"


def rule_of(assign):
    return TierRule(
        id="own", title=Text(en="Own", zh="自有"), assign=assign, reasons={"any": Text(en="any", zh="任意")}
    )


@pytest.mark.parametrize(
    ("assign", "words"),
    [
        (
            lambda profile, _options, _settings: profile.filter(profile.customer_id == "a").select(
                "customer_id", tier=ibis.literal("VIP"), reason=ibis.literal("any")
            ),
            "labelled 1 rows for 9",
        ),
        (
            lambda profile, _options, _settings: profile.select(
                "customer_id", tier=ibis.literal("gold"), reason=ibis.literal("any")
            ),
            "gold",
        ),
        (lambda profile, _options, _settings: profile.nothing, "failed"),
    ],
    ids=["one only", "no such tier", "raises"],
)
def test_a_rule_that_does_not_sort_all_ends_the_run(assign, words):
    made = book(
        TABLES, as_of="2024-12-31", plugins=[plugin("ours", cpm_tier_rules=[rule_of(assign)])], tiers={"rule": "own"}
    )
    with pytest.raises(PluginError, match=words) as caught:
        made.customers()
    assert "'ours'" in str(caught.value)
    made.close()


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
