"""Histories as the value models need them, against hand-worked cases and a plain loop over the real orders."""

from collections import Counter, defaultdict
from datetime import date

import ibis
import pytest

from cpm_core.customers import histories
from cpm_core.engine.dialects import lacking
from tests.books import book

# a: bought on 5, 7 and 9 Jan and again on 1 Feb; the 20 of the 7th went back whole on the 8th; of the 30 of the 9th
#    a part (10) went back, which reverses nothing; two sales of 1 Feb are one occasion.
# b: a return of 50 before any sale of 50 reverses none; of two sales of 50 the later one is reversed.
# c: all that was bought went back: no history.   d: a gift of 0 is no purchase.   e: one sale on the last day.
ORDERS = """
order_id customer_id ordered_at       amount kind
1        a           2024-01-05T10:00 11     sale
2        a           2024-01-07T10:00 20     sale
3        a           2024-01-08       -20    return
4        a           2024-01-09       30     sale
5        a           2024-01-10       -10    return
6        a           2024-02-01T08:00 4      sale
7        a           2024-02-01T20:00 6.50   sale
8        b           2024-01-01       -50    return
9        b           2024-01-02       50     sale
10       b           2024-01-03       50     sale
11       b           2024-01-04       -50    return
12       c           2024-01-01       5      sale
13       c           2024-01-01       -5     return
14       d           2024-01-01       9      sale
15       d           2024-01-20       0      sale
16       e           2024-02-10       7      sale
"""


def as_rows(found):
    columns = zip(found.repeats, found.recency, found.age, found.mean_value, strict=True)
    return dict(zip(found.ids.to_pylist(), columns, strict=True))


@pytest.fixture
def catalog():
    made = book({"orders": ORDERS}, as_of="2024-02-10")
    yield made._catalog
    made.close()


def of(catalog, day):
    return histories.histories(histories.occasions(catalog.at("orders", day)), day)


def test_occasions_recency_age_and_mean_value(catalog):
    found = as_rows(histories.fetch(catalog.engine, of(catalog, date(2024, 2, 10)))[0])
    # a: first 5 Jan; repeats on 9 Jan (30) and 1 Feb (10.50), 27 days from the first; (30 + 10.50) / 2 = 20.25.
    assert found["a"] == (2, 27, 36, 20.25)
    # b: the sale of the 3rd is reversed by the return of the 4th; that of the 2nd stays: 39 days to 10 Feb.
    assert found["b"][:3] == (0, 0, 39)
    assert found["d"][:3] == (0, 0, 40)
    assert found["e"][:3] == (0, 0, 0)
    assert "c" not in found


def test_a_day_does_not_know_of_later_returns(catalog):
    found = as_rows(histories.fetch(catalog.engine, of(catalog, date(2024, 1, 7)))[0])
    # The return of the 8th has not happened: two days from the 5th to the 7th, 20 spent.
    assert found["a"] == (1, 2, 2, 20)
    # b has bought on the 2nd, 3rd, and the latter has gone back on the 4th.
    assert found["b"][:3] == (0, 0, 5)


def test_compiles_for_every_engine(catalog):
    expression = of(catalog, date(2024, 2, 10))
    assert [lacking(expression, one) for one in ("duckdb", "postgres", "spark")] == ["", "", ""]


def test_the_wholesaler_s_reversals_are_those_of_a_plain_loop(online_retail):
    """Each return closes the latest open sale of its customer and amount; the same by a stack a customer and amount."""
    catalog = online_retail._catalog
    orders = catalog.unbound("orders")
    rows = catalog.engine.frame(orders.select("customer_id", "kind", "amount", day=orders.ordered_at.date()))
    rows = rows[rows["amount"] != 0].sort_values(["day", "kind"], ascending=[True, False])  # sale before return
    open_sales, undone = defaultdict(list), Counter()
    for row in rows.itertuples():
        stack = open_sales[row.customer_id, abs(row.amount)]
        if row.kind == "sale":
            stack.append(row.day)
        elif stack:
            undone[row.customer_id, stack.pop()] += 1
    sold = rows[rows["kind"] == "sale"].groupby(["customer_id", "day"]).size()
    left = {key for key, count in sold.items() if count > undone[key]}
    occasions = catalog.engine.frame(histories.occasions(orders).select("customer_id", "day"))
    assert set(occasions.itertuples(index=False, name=None)) == left
    assert sum(undone.values()) == 452
    whole, _ = histories.fetch(catalog.engine, histories.histories(histories.occasions(orders), date(2011, 11, 30)))
    assert (len(whole), whole.repeats.sum()) == (len({one for one, _ in left}), len(left) - len(whole))


def test_does_not_depend_on_the_order_of_rows(catalog):
    orders = catalog.unbound("orders")
    shuffled = orders.order_by(ibis.desc("amount"))
    plain, other = (
        catalog.engine.frame(histories.histories(histories.occasions(one), date(2024, 2, 10)).order_by("customer_id"))
        for one in (orders, shuffled)
    )
    assert plain.equals(other)
