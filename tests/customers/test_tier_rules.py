"""The built-in tier rules on small books, worked out by hand."""

import numpy as np
import pyarrow as pa
import pytest

from cpm_core.api import ProfileColumn, Text
from cpm_core.customers.written import sentence_sql, written, written_sql
from cpm_core.hooks.agreement import other_tiers
from cpm_core.model.errors import MeasureError, ParamsError
from tests.books import book, plugin

CUSTOMERS = "customer_id\n" + "\n".join("abcdefg")
# As of 2024-12-31: revenue of the trailing year, sales in it, days since the last sale.
#   a 60 in 1 sale, 10 days   b 60 in 3, 20 days   c 30 in 3, 1 day   d 30 in 1, 300 days   e 20 in 2, 20 days
#   f sent everything back: one sale, 5 days ago, 0   g never bought
ORDERS = """
order_id customer_id ordered_at amount kind
1  a 2024-12-21 60  sale
2  b 2024-03-01 20  sale
3  b 2024-03-02 20  sale
4  b 2024-12-11 20  sale
5  c 2024-02-01 10  sale
6  c 2024-02-02 10  sale
7  c 2024-12-30 10  sale
8  d 2024-03-06 30  sale
9  e 2024-02-01 10  sale
10 e 2024-12-11 10  sale
11 f 2024-12-26 50  sale
12 f 2024-12-27 -50 return
"""
TABLES = {"customers": CUSTOMERS, "orders": ORDERS}


WORTH = {"a": 5, "b": 40, "c": 30, "d": 20}
"""A column of a plugin: the other three have none."""


def worth(customers):
    return customers.select("customer_id", worth=customers.customer_id.cases(*WORTH.items(), else_=None))


@pytest.fixture(scope="module")
def sorted_by():
    """Customers with their tiers by a rule; all tests share the tables."""
    column = ProfileColumn("worth", Text(en="worth", zh="价值"), worth, unit="money")
    made = book(TABLES, as_of="2024-12-31", plugins=[plugin("ours", cpm_profile_columns=[column])])

    def sort(**tiers):
        tiering = made._tiered(other_tiers(made.params, {"margin": 0, **tiers}))
        return tiering.frame(made.settings.as_of).set_index("customer_id")

    yield sort
    made.close()


def members(found):
    return {tier: "".join(part.index) for tier, part in found.groupby("tier")}


def test_pareto(sorted_by):
    # Of 200 the first brings 60, the first two 120, the first three 150: 80 % of it are 160, for which d is needed.
    found = sorted_by(rule="pareto", share={"VIP": 0.5, "key": 0.8})
    assert members(found) == {"VIP": "ab", "key": "cd", "ordinary": "efg"}
    assert found["to_next"].to_dict() == pytest.approx(
        {"a": np.nan, "b": np.nan, "c": 30, "d": 30, "e": 10, "f": 30, "g": 30}, nan_ok=True
    )


def test_thresholds(sorted_by):
    found = sorted_by(rule="thresholds", at_least={"VIP": 60, "key": 20.01})
    assert members(found) == {"VIP": "ab", "key": "cd", "ordinary": "efg"}
    assert found.loc["e", "to_next"] == pytest.approx(0.01)
    assert found["rank"].fillna(0).tolist() == [1, 2, 3, 4, 5, 0, 0]


def test_thresholds_of_another_column(sorted_by):
    found = sorted_by(rule="thresholds", column="trailing_sales", at_least={"VIP": 3, "key": 2})
    assert members(found) == {"VIP": "bc", "key": "e", "ordinary": "adfg"}


def test_rfm(sorted_by):
    # Six customers with a sale. Strictly worse than each, of six, times five, whole part, and one:
    #   recency  300 d | 20 b e | 10 a | 5 f | 1 c     worse 0, 1, 1, 3, 4, 5 -> d 1, b e 1, a 3, f 4, c 5
    #   sales    1 a d f | 2 e | 3 b c                 worse 0, 3, 4          -> a d f 1, e 3, b c 4
    #   revenue  0 f | 20 e | 30 c d | 60 a b          worse 0, 1, 2, 4       -> f 1, e 1, c d 2, a b 4
    found = sorted_by(rule="rfm", at_least={"VIP": 11, "key": 6})
    assert found["value"].to_dict() == pytest.approx(
        {"a": 8, "b": 9, "c": 11, "d": 4, "e": 5, "f": 6, "g": np.nan}, nan_ok=True
    )
    assert members(found) == {"VIP": "c", "key": "abf", "ordinary": "deg"}


def test_rfm_with_weights(sorted_by):
    # 2 x recency + 0.5 x frequency + revenue; c has 10 + 2 + 2.
    weights = {"recency": 2, "frequency": 0.5, "monetary": 1}
    found = sorted_by(rule="rfm", weights=weights, at_least={"VIP": 14, "key": 8})
    assert found["value"].to_dict() == pytest.approx(
        {"a": 10.5, "b": 8, "c": 14, "d": 4.5, "e": 4.5, "f": 9.5, "g": np.nan}, nan_ok=True
    )
    assert members(found) == {"VIP": "c", "key": "abf", "ordinary": "deg"}


def test_rfm_where_all_are_equal():
    made = book({"orders": "order_id customer_id ordered_at amount kind\n1 a 2024-12-21 5 sale\n2 b 2024-12-21 5 sale"},
                as_of="2024-12-31", tiers={"rule": "rfm"})  # fmt: skip
    found = made.customers()
    made.close()
    assert found["value"].tolist() == [3, 3], "nobody is worse than the other"
    assert found["reason"].tolist() == ["RFM score 3; key starts at 10"] * 2
    assert found["next_step"].tolist() == ["to key: 7 more RFM score"] * 2


# Parts: the share that is not better, of those who have the column. Revenue of five: e 1/5, c d 3/5, a b 1. Sales of
# six: a d f 3/6, e 4/6, b c 1. Days since the last sale of six, the fewest best: d 1/6, b e 3/6, a 4/6, f 5/6, c 1.
REVENUE = {"a": 1, "b": 1, "c": 3 / 5, "d": 3 / 5, "e": 1 / 5, "f": 0, "g": 0}
RECENCY = {"a": 4 / 6, "b": 3 / 6, "c": 1, "d": 1 / 6, "e": 3 / 6, "f": 5 / 6}
# The usual days between purchases: b 285 / 2, c 333 / 2, e 314, of whom the least is best.
INTERVAL = {"b": 1, "c": 2 / 3, "e": 1 / 3}


def test_a_weighted_score(sorted_by):
    weights = {"trailing_revenue": 0.6, "trailing_sales": 0.1, "recency_days": 0.3}
    sales = {"a": 3 / 6, "b": 1, "c": 1, "d": 3 / 6, "e": 4 / 6, "f": 3 / 6}
    found = sorted_by(rule="weighted_score", weights=weights, cut={"VIP": 0.2, "key": 0.5})
    hand = {one: 60 * REVENUE[one] + 10 * sales[one] + 30 * RECENCY[one] for one in "abcdef"}
    assert found["value"].to_dict() == pytest.approx(hand | {"g": np.nan}, nan_ok=True, abs=1e-8)
    # 85, 85, 76, 46, 33.7, 30: ceil(.2 x 6) = 2 and ceil(.5 x 6) = 3.
    assert members(found) == {"VIP": "ab", "key": "c", "ordinary": "defg"}


@pytest.mark.parametrize("missing", ["zero", "drop", "mean"])
def test_a_missing_part_of_a_score(sorted_by, missing):
    weights = {"trailing_revenue": 0.6, "usual_interval_days": 0.4}
    found = sorted_by(rule="weighted_score", weights=weights, missing=missing)["value"].to_dict()
    hand = {one: 60 * REVENUE[one] + 40 * INTERVAL[one] for one in "bce"}
    without = {"zero": 60.0, "drop": np.nan, "mean": 100.0}[missing]
    # a and d bought once; f has no positive revenue and so, with nothing else of which more is better, no score.
    hand |= {"a": without * REVENUE["a"], "d": without * REVENUE["d"], "f": np.nan, "g": np.nan}
    assert found == pytest.approx(hand, nan_ok=True, abs=1e-8)


def test_a_plugins_column(sorted_by):
    found = sorted_by(rule="percentile", column="worth", cut={"VIP": 0.25, "key": 0.5})
    # Of the four who have any worth, one is VIP and one is key.
    assert members(found) == {"VIP": "b", "key": "c", "ordinary": "adefg"}
    assert found.loc["a", ["next_tier", "to_next"]].tolist() == ["key", 25]


WRONG = {
    "{rule: percentile, column: trailing_revnue}": (
        "column: the customer profile has no column of numbers 'trailing_revnue'", "nearest: trailing_revenue"
    ),
    "{rule: percentile, column: recency_days}": ("the best customers have the least 'recency_days'", "weighted_score"),
    "{rule: pareto, share: {VIP: 0.8, key: 0.5}}": ("shares are cumulative", ""),
    "{rule: thresholds}": ("the key 'tiers.at_least' is missing", "VIP: 5000"),
    "{rule: thresholds, at_least: {VIP: 10, key: 20}}": ("a higher tier starts at the larger value", ""),
    "{rule: thresholds, at_least: {VIP: 10, key: 0}}": ("'0' is not above 0", ""),
    "{rule: thresholds, at_least: {VIP: 10, keys: 5, key: 1}}": ("unknown key 'tiers.at_least.keys'", "nearest: key"),
    "{rule: rfm, at_least: {VIP: 16, key: 3}}": ("no customer can have 16: with these weights 15 is the most", ""),
    "{rule: rfm, weights: {recency: 0.1, frequency: 0.1, monetary: 0.1}}": ("1.5 is the most", ""),
    "{rule: weighted_score, weights: {trailing_revenue: 0.5, recency_days: 0.3}}": (
        "weights must sum to 1, and 0.5 + 0.3 is 0.8", ""
    ),
    "{rule: weighted_score, weights: {recency_days: 1}}": ("one column at least must be one of which more", ""),
    "{rule: weighted_score, weights: {trailing_revenue: 0.5, recency: 0.5}}": (
        "weights.recency: the customer profile has no column of numbers 'recency'", ""
    ),
    "{rule: weighted_score, weights: {revenue: 1}, missing: nought}": ("'nought' is none of zero, drop, mean", ""),
    "{rule: percentiles}": ("there is no tier rule 'percentiles'", "nearest: percentile"),
    "{margin: 1}": ("tiers.margin: '1' is not below 1", ""),
    "{capacity: {VPI: 10}}": ("unknown key 'tiers.capacity.VPI'", "nearest: VIP"),
    "{capacity: {VIP: 0}}": ("'0' is below 1", ""),
}  # fmt: skip


@pytest.mark.parametrize("tiers", WRONG)
def test_wrong_params_are_told_with_their_line(tmp_path, tiers):
    import cpm_core as cpm

    file = tmp_path / "wrong.yaml"
    file.write_text(f"as_of: 2024-12-31\nsources: [{{use: demo}}]\ntiers: {tiers}\n", encoding="utf-8")
    with pytest.raises(ParamsError) as caught:
        cpm.open(file)
    assert caught.value.exit_code == 2
    told = str(caught.value)
    assert ":3: " in told
    for words in WRONG[tiers]:
        assert words in told


LACKING = [
    ({"rule": "percentile"}, "customer_profile.trailing_revenue"),
    ({"rule": "rfm"}, "orders"),
    ({"rule": "lifetime_value"}, "customer_profile.value_12_months"),
    ({"rule": "weighted_score", "weights": {"recurring_revenue": 1}}, "customer_profile.recurring_revenue"),
]


def test_without_its_table_nobody_is_sorted_and_the_report_says_why():
    tickets = "ticket_id customer_id opened_at\n1 a 2024-06-02\n2 b 2023-06-02"
    made = book({"tickets": tickets}, as_of="2024-12-31", kpis=["tickets"], history=1)
    for tiers, missing in LACKING:
        assert made._tiered(other_tiers(made.params, tiers)).missing == missing
        assert not len(made.tiers(**tiers))
    found = made.customers()
    assert found[["customer_id", "trailing_tickets"]].to_numpy().tolist() == [["a", 1], ["b", 0]]
    assert "tier" not in found
    told = "No customer has been sorted into tiers: customer_profile.trailing_revenue is not delivered."
    assert told in made.report.tiers().text
    with pytest.raises(MeasureError, match=r"not sorted into tiers: customer_profile\.trailing_revenue"):
        made.tier_moves()
    made.close()


@pytest.mark.parametrize("unit", ["money", "count", "percent", "number", "points", "days", "score"])
@pytest.mark.parametrize("locale", ["en", "zh"])
def test_one_number_is_written_as_a_column_of_them(unit, locale):
    import duckdb

    values = [1234567.891, -1234.5, 0.0, -0.001, 0.126, 13.0, 99.995, -3.0, float("nan")]
    rows = pa.table({"x": np.array(values)})
    found = duckdb.from_arrow(rows).project(written_sql("x", unit, "GBP", locale)).fetchall()
    assert [row[0] for row in found] == [written(value, unit, "GBP", locale) for value in values]


def test_numbers_in_words():
    assert written(1234.5, "money", "GBP", "en") == "£1,234.50"
    assert written(-3, "money", "CHF", "en") == "−CHF\u00a03.00"
    assert written(0.1234, "percent", "", "en") == "12.3%"
    assert written(13.5, "score", "", "en") == "13.5"
    assert written(40, "days", "", "zh") == "40天"
    assert sentence_sql("it's {x}", {"x": "1"}) == "concat('it''s ', 1)"
