"""Concentration, worked out by hand and from published values."""

import math

import pandas as pd
import pytest

from cpm_core.customers.concentration import concentration
from cpm_core.model.errors import UsageError
from cpm_core.report.concentration_view import ConcentrationView
from tests.books import book, fact

# Ten incomes whose Gini coefficient is .46209; they come to 66,586.
INCOMES = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]
TOTAL = 66586


def orders():
    rows = [(f"c{value:05d}", "2024-06-01", value, "sale") for value in INCOMES]
    rows += [
        ("c22261", "2024-01-01T23:59", 9000, "sale"),  # a day before the trailing year
        ("c00541", "2024-01-02", 60, "sale"),  # its first day, and back again
        ("c00541", "2024-12-31", -60, "return"),
        ("none", "2024-06-01", 100, "sale"),
        ("none", "2024-06-02", -100, "return"),
        ("back", "2024-06-02", -30, "return"),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount", "kind"]).astype(str)
    return frame.assign(order_id=[str(number) for number in range(len(frame))])


@pytest.fixture(scope="module")
def made():
    one = book({"orders": orders()}, as_of="2024-12-31", currency="EUR", kpis=["revenue_gini", "top_20_share"])
    yield one
    one.close()


def test_gini_is_the_published_one_and_the_kpi_s(made):
    found = made.concentration()
    assert round(found.gini, 5) == 0.46209
    facts = made.facts()
    assert found.gini == pytest.approx(fact(facts, "revenue_gini", "2024-12")["value"], abs=1e-12)
    fifth = found.tops.set_index("share").loc[0.2]
    assert fifth["held"] == pytest.approx(fact(facts, "top_20_share", "2024-12")["value"], abs=1e-12)


def test_top_shares_are_of_the_next_whole_number(made):
    found = made.concentration()
    assert (found.spread.customers, found.spread.total) == (10, TOTAL), "whoever is not above zero does not count"
    assert found.tops["customers"].tolist() == [1, 2, 5]
    assert found.tops["value"].tolist() == [22261, 34165, 54262]
    assert found.tops["held"].tolist() == pytest.approx([22261 / TOTAL, 34165 / TOTAL, 54262 / TOTAL])


def test_the_curve_adds_up_from_the_smallest(made):
    curve = made.concentration().frame
    sums = [sum(INCOMES[:count]) / TOTAL for count in range(11)]
    assert curve["customers"].tolist() == pytest.approx([count / 10 for count in range(11)])
    assert curve["held"].tolist() == pytest.approx(sums)


def test_all_days_and_sales_alone(made):
    assert made.concentration(days=None).spread.total == TOTAL + 9000
    # With the 100 that came back, and the 60: eleven customers.
    sales = made.concentration(days=None, of="gross_sales").spread
    assert (sales.customers, sales.total) == (11, TOTAL + 9000 + 100 + 60)
    assert made.concentration(days=366).spread.total == TOTAL + 9000


def test_whose_loss_would_hurt_most(made):
    largest = made.concentration().largest
    assert largest["customer_id"].tolist()[:3] == ["c22261", "c11904", "c08304"]
    assert largest["share"].tolist()[:2] == pytest.approx([22261 / TOTAL, 11904 / TOTAL])
    # VIP is the top 5 % of ten, key the top 20 %: one each, and each is all of its tier. The others come to 32,421.
    assert largest["tier"].tolist()[:3] == ["VIP", "key", "ordinary"]
    assert largest["share_of_tier"].tolist()[:3] == pytest.approx([1, 1, 8304 / 32421])
    assert set(largest["stage"]) == {"dormant"}, "213 days without a sale"


def test_ties_are_in_the_order_of_ids_and_nobody_is_nothing():
    frame = pd.DataFrame({"customer_id": ["b", "c", "a"], "amount": ["10"] * 3, "order_id": ["1", "2", "3"]})
    one = book({"orders": frame.assign(kind="sale", ordered_at="2024-06-01")}, as_of="2024-12-31")
    found = concentration(one._catalog, 365, "revenue", frame[["customer_id"]])
    nobody = concentration(one._catalog, 1, "revenue", frame[["customer_id"]])
    one.close()
    assert found.largest["customer_id"].tolist() == ["a", "b", "c"]
    assert "tier" not in found.largest
    assert found.gini == 0
    assert found.tops["customers"].tolist() == [1, 1, 2]
    assert (nobody.customers, len(nobody.curve), len(nobody.tops)) == (0, 0, 0)
    assert math.isnan(nobody.gini)
    assert "No customer is above zero." in ConcentrationView(nobody, "en").fragment().html


def test_shows_itself(made):
    page = made.concentration().fragment()
    assert page.text.startswith(
        "Concentration of revenue\n2 January 2024 to 31 December 2024: 10 customers brought €66,586. "
        "The largest 20% of them, 2, hold 51.3%; the largest alone holds 33.4%."
    )
    for words in ("Gini 0.462", "50% → 81.5%", "Share of customers, smallest first", "c22261", "Dormant"):
        assert words in page.html


@pytest.mark.parametrize(
    ("days", "of", "words"),
    [(0, "revenue", "0 days hold nothing"), (365, "margin", "no concentration of 'margin'"), (9, "revenu", "revenue")],
)
def test_what_cannot_be_asked(made, days, of, words):
    with pytest.raises(UsageError, match=words):
        made.concentration(days, of)
