"""Sales KPIs on ten orders that are worked out by hand."""

import math

import pytest

from tests.books import fact, facts

# 3 comes twice, 7 has no amount, 8 lies after the as-of day; nothing happens in March.
ORDERS = """
order_id customer_id ordered_at          amount  kind
1        a           2024-01-15T09:00    100.10  sale
2        b           2024-01-31T23:59:59 50.20   sale
3        a           2024-02-01T00:00    20.00   sale
3        a           2024-02-01T00:00    20.00   sale
1        a           2024-02-10T12:00    -30.05  return
4        c           2024-02-29T18:00    40.00   sale
5        a           2024-02-29          5.55    sale
6        b           2024-04-02          60      sale
7        b           2024-04-02          -       sale
8        d           2024-04-11          1000    sale
"""

JANUARY, FEBRUARY, MARCH, APRIL = "2024-01", "2024-02", "2024-03", "2024-04"


@pytest.fixture(scope="module")
def frame():
    return facts({"orders": ORDERS}, as_of="2024-04-10", history=4, settings={"min_n": 3})


def value(frame, kpi, period):
    return fact(frame, kpi, period)["value"]


def parts(frame, kpi, period):
    found = fact(frame, kpi, period)
    return found["numerator"], found["denominator"]


def test_revenue_takes_returns_off(frame):
    # 100.10 + 50.20; 20 - 30.05 + 40 + 5.55; nothing; 60. The last second of January is January's.
    assert [value(frame, "revenue", p) for p in (JANUARY, FEBRUARY, MARCH, APRIL)] == [150.30, 35.50, 0, 60]


def test_gross_sales_count_sales_only(frame):
    assert [value(frame, "gross_sales", p) for p in (JANUARY, FEBRUARY, MARCH, APRIL)] == [150.30, 65.55, 0, 60]


def test_orders_are_sales_counted_once(frame):
    assert [value(frame, "orders", p) for p in (JANUARY, FEBRUARY, MARCH, APRIL)] == [2, 3, 0, 1]


def test_return_rate(frame):
    assert value(frame, "return_rate", JANUARY) == 0
    assert parts(frame, "return_rate", FEBRUARY) == (30.05, 65.55)
    assert value(frame, "return_rate", FEBRUARY) == pytest.approx(30.05 / 65.55)


def test_average_order_value(frame):
    assert value(frame, "average_order_value", JANUARY) == pytest.approx(150.30 / 2)
    assert value(frame, "average_order_value", FEBRUARY) == pytest.approx(65.55 / 3)
    # The return is no order: it counts in neither part.
    assert parts(frame, "average_order_value", FEBRUARY) == (65.55, 3)
    assert fact(frame, "average_order_value", FEBRUARY)["n"] == 3


def test_active_customers_are_different_ones(frame):
    assert [value(frame, "active_customers", p) for p in (JANUARY, FEBRUARY, MARCH, APRIL)] == [2, 2, 0, 1]


def test_purchase_frequency_divides_figures(frame):
    assert value(frame, "purchase_frequency", FEBRUARY) == 3 / 2
    assert parts(frame, "purchase_frequency", FEBRUARY) == (3, 2)


@pytest.mark.parametrize("kpi", ["return_rate", "average_order_value", "purchase_frequency"])
def test_a_month_without_rows_is_undefined_and_not_0(frame, kpi):
    found = fact(frame, kpi, MARCH)
    assert math.isnan(found["value"])
    assert found["state"] == "undefined"
    assert found["reason"] == "nothing to divide by"


def test_few_rows_keep_their_value_and_say_so(frame):
    february, january = fact(frame, "average_order_value", FEBRUARY), fact(frame, "average_order_value", JANUARY)
    assert (february["state"], january["state"], january["reason"]) == ("ok", "few", "only 2 rows")
    assert fact(frame, "orders", APRIL)["state"] == "ok", "a Total is never too few"


def test_the_running_month_is_marked_and_nothing_of_later_is_in_it(frame):
    for kpi in ("revenue", "orders", "return_rate", "average_order_value", "active_customers", "purchase_frequency"):
        april = fact(frame, kpi, APRIL)
        assert not april["complete"]
        assert april["reason"].endswith("the period is not over on 2024-04-10")
        assert fact(frame, kpi, MARCH)["complete"], kpi
    assert value(frame, "revenue", APRIL) == 60


def test_money_is_exact():
    # As floats 0.1 + 0.2 is no 0.3, and ten thousand cents are not 100.
    rows = "\n".join(f"{i} a 2024-01-05 0.01 sale" for i in range(10_000))
    frame = facts(
        {
            "orders": f"order_id customer_id ordered_at amount kind\n{rows}\n10000 a 2024-01-05 0.1 sale\n10001 a 2024-01-05 0.2 sale"
        },
        as_of="2024-01-31",
        kpis=["revenue"],
    )
    assert value(frame, "revenue", JANUARY) == 100.3
