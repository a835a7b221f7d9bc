"""Sales KPIs on ten orders that are worked out by hand."""

import math

import pandas as pd
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


# Base and figure: January 100 and 110, February 80 and 60 (on a leap day), March 10 - 30 and 50, April nothing and 5.
GROWTH = """
order_id customer_id ordered_at        amount kind
1        a           2023-01-10        100    sale
2        a           2023-02-28T23:59  80     sale
3        a           2023-03-05        10     sale
3r       a           2023-03-20        -30    return
4        a           2023-05-02        7      sale
5        a           2024-01-31T23:59  110    sale
6        b           2024-02-29        60     sale
7        b           2024-03-10        50     sale
8        b           2024-04-02        5      sale
9        b           2024-05-02        14     sale
9        b           2024-05-02        14     sale
"""


@pytest.fixture(scope="module")
def growth():
    return facts({"orders": GROWTH}, as_of="2024-05-10", history=17, kpis=["revenue", "revenue_growth"])


def test_growth_on_the_same_month_a_year_before(growth):
    # 110 / 100 - 1 and 60 / 80 - 1.
    assert value(growth, "revenue_growth", "2024-01") == pytest.approx(0.1, abs=1e-15)
    assert value(growth, "revenue_growth", "2024-02") == pytest.approx(-0.25, abs=1e-15)
    assert parts(growth, "revenue_growth", "2024-01") == (110, 100)


@pytest.mark.parametrize("period", ["2024-03", "2024-04"])
def test_no_growth_on_a_base_that_is_not_above_zero(growth, period):
    # March 2023 is 10 - 30 = -20, April 2023 nothing.
    found = fact(growth, "revenue_growth", period)
    assert (math.isnan(found["value"]), found["state"], found["complete"]) == (True, "undefined", True)


def test_no_growth_of_a_month_that_is_not_over(growth):
    # 14 of ten days against 7 of a whole month is no growth of 100 %.
    found = fact(growth, "revenue_growth", "2024-05")
    assert (math.isnan(found["value"]), found["state"], found["complete"]) == (True, "no data", False)
    assert found["reason"] == "the period is not over on 2024-05-10"
    assert value(growth, "revenue", "2024-05") == 14


def test_no_growth_on_a_year_that_is_not_there(growth):
    found = fact(growth, "revenue_growth", "2023-02")
    assert found["state"] == "no data"
    assert found["reason"] == "2022-02, the base, is not complete: orders starts on 2023-01-10"


def test_no_growth_where_the_data_begin_within_the_base():
    # With sales every week, data that begin on the 10th lack nine days of January 2023.
    days = pd.date_range("2023-01-10", "2024-01-30", freq="7D")
    rows = "\n".join(f"{i} a {day:%Y-%m-%d} 10 sale" for i, day in enumerate(days))
    orders = f"order_id customer_id ordered_at amount kind\n{rows}"
    frame = facts({"orders": orders}, as_of="2024-02-10", history=2, kpis=["revenue_growth"])
    found = fact(frame, "revenue_growth", "2024-01")
    assert found["state"] == "no data"
    assert "2023-01, the base, is not complete: orders starts on 2023-01-10, within the period" in found["reason"]


def test_weeks_grow_on_the_week_52_weeks_before():
    # 2024-W09 is 26 February to 3 March, with a leap day; 52 weeks before lie 27 February to 5 March 2023.
    orders = """
    order_id customer_id ordered_at amount kind
    1        a           2023-02-26 1000   sale
    2        a           2023-02-27 15     sale
    3        a           2023-03-05 5      sale
    4        a           2023-03-06 1000   sale
    5        a           2024-02-29 30     sale
    """
    frame = facts({"orders": orders}, as_of="2024-03-03", history=1, period="week", kpis=["revenue_growth"])
    assert parts(frame, "revenue_growth", "2024-W09") == (30, 20)
    assert value(frame, "revenue_growth", "2024-W09") == 0.5


# 4 and 6 have no cost, 2 comes twice, 3 takes its cost back; nothing happens in March.
COSTED = """
order_id customer_id ordered_at amount cost kind   channel
1        a           2024-01-05 100    60   sale   web
2        a           2024-01-06 50     30   sale   web
2        a           2024-01-06 50     30   sale   web
3        a           2024-01-20 -20    -12  return web
4        b           2024-01-31 10     -    sale   shop
5        b           2024-02-29 30     10   sale   web
6        b           2024-02-10 20     -    sale   shop
7        b           2024-04-02 10     4    sale   web
"""


def margins(**params):
    orders = {"orders": COSTED}
    return facts(orders, kpis=["gross_margin"], **{"as_of": "2024-04-10", "history": 4, **params})


def test_margin_of_what_has_a_cost():
    frame = margins(settings={"min_n": 1})
    # (100 - 60) + (50 - 30) - (20 - 12) = 52 of 100 + 50 - 20 = 130; covered are 170 of 180 that changed hands.
    assert parts(frame, "gross_margin", JANUARY) == (52, 130)
    january = fact(frame, "gross_margin", JANUARY)
    assert (january["value"], january["n"], january["state"]) == (pytest.approx(0.4), 3, "ok")
    assert january["reason"] == "94.4% of the revenue has a cost"
    assert fact(frame, "gross_margin", MARCH)["state"] == "undefined"
    april = fact(frame, "gross_margin", APRIL)
    assert (april["value"], april["complete"]) == (pytest.approx(0.6), False)


def test_no_margin_where_too_little_has_a_cost():
    # 30 of 50 in February is below .9, and above .5.
    found = fact(margins(), "gross_margin", FEBRUARY)
    assert (found["state"], found["reason"]) == ("no data", "60.0% of the revenue has a cost")
    assert math.isnan(found["value"])
    lower = fact(margins(settings={"min_n": 1, "min_cost_coverage": 0.5}), "gross_margin", FEBRUARY)
    assert (lower["state"], lower["value"]) == ("ok", pytest.approx(20 / 30))


def test_margin_by_member():
    frame = margins(slices=["orders.channel"], settings={"min_n": 1})
    web = fact(frame, "gross_margin", JANUARY, "orders.channel", "web")
    assert (web["value"], web["reason"]) == (pytest.approx(0.4), "100.0% of the revenue has a cost")
    # Of the shop's 10 nothing has a cost: 0 is below .9. In March nothing is sold, which is another matter.
    shop = fact(frame, "gross_margin", JANUARY, "orders.channel", "shop")
    assert (shop["state"], shop["reason"]) == ("no data", "0.0% of the revenue has a cost")
    assert fact(frame, "gross_margin", MARCH, "orders.channel", "shop")["state"] == "undefined"


def test_without_costs_there_is_no_margin_and_the_column_is_named():
    found = fact(facts({"orders": ORDERS}, as_of="2024-04-10", kpis=["gross_margin"]), "gross_margin", APRIL)
    assert (found["state"], found["reason"]) == ("no data", "column orders.cost is not delivered")
