"""Cohorts, worked out by hand."""

import math

import ibis
import pytest

from cpm_core.customers.cohorts import COLUMNS, SUMMARY, cells
from cpm_core.customers.concentration import _ranked, _sums, held
from cpm_core.engine.dialects import lacking
from cpm_core.model.errors import MeasureError, UsageError
from tests.books import book

# By month: January a b; February a, c d (e sends back what was bought before the data begin); March c twice (d sends
# back); April b, d, e; May c, f. May is not over on the 10th.
ORDERS = """
order_id customer_id ordered_at       amount kind
1        a           2024-01-10       100    sale
2        b           2024-01-31T23:59 50     sale
3        a           2024-02-05       30     sale
4        c           2024-02-01T00:00 40     sale
5        d           2024-02-29       60     sale
6        c           2024-03-03       20     sale
7        c           2024-03-04       20     sale
8        d           2024-03-10       -10    return
9        e           2024-02-20       -5     return
10       e           2024-04-02       80     sale
11       b           2024-04-05       25     sale
12       d           2024-04-20       30     sale
13       f           2024-05-02       10     sale
14       c           2024-05-03       15     sale
"""
NONE = None


@pytest.fixture(scope="module")
def running():
    made = book({"orders": ORDERS}, as_of="2024-05-10", currency="EUR")
    yield made
    made.close()


@pytest.fixture(scope="module")
def over():
    made = book({"orders": ORDERS}, as_of="2024-05-31", locale="zh")
    yield made
    made.close()


def rows(view, column="value"):
    """One list a cohort, None where there is nothing."""
    wide = view.triangle(column)
    return {name: [None if math.isnan(one) else one for one in row] for name, row in wide.iterrows()}


def test_customers(running):
    # Nobody bought first in March. January in March: the month passed, and none of the two bought.
    assert rows(running.cohorts()) == {
        "2024-01": [2, 1, 0, 1, NONE],
        "2024-02": [2, 1, 1, NONE, NONE],
        "2024-04": [1, NONE, NONE, NONE, NONE],
        "2024-05": [NONE, NONE, NONE, NONE, NONE],
    }


def test_revenue(running):
    # February: 40 + 60; in March 20 + 20 - 10. What e sent back in February lies before e's first order.
    assert rows(running.cohorts("revenue")) == {
        "2024-01": [150, 30, 0, 25, NONE],
        "2024-02": [100, 30, 30, NONE, NONE],
        "2024-04": [80, NONE, NONE, NONE, NONE],
        "2024-05": [NONE, NONE, NONE, NONE, NONE],
    }


def test_shares_are_of_the_row_s_own_start(running):
    shares = rows(running.cohorts("revenue"), "share")
    assert shares["2024-01"] == [1, 0.2, 0, pytest.approx(25 / 150), NONE]
    assert shares["2024-02"] == [1, 0.3, 0.3, NONE, NONE]


def test_the_running_month_is_marked_with_what_there_is(running):
    frame = running.cohorts().frame
    begun = frame[frame["so_far"].notna()]
    assert begun[["cohort", "age", "so_far"]].to_numpy().tolist() == [
        ["2024-01", 4, 0],
        ["2024-02", 3, 1],
        ["2024-04", 1, 0],
        ["2024-05", 0, 1],
    ]
    assert set(begun["period"]) == {"2024-05"}
    assert not begun["complete"].any()


def test_the_first_cohort_alone_is_left_censored(running):
    frame = running.cohorts().frame
    assert set(frame[frame["censored"]]["cohort"]) == {"2024-01"}


def test_together_weighs_cohorts_that_reached_the_age(running, over):
    # January is left out. In running: age 1 and 2 are February's alone. Over: February 1 of 2 and April 0 of 1.
    told = running.cohorts().summary
    assert told["cohorts"].tolist() == [2, 1, 1, 0, 0]
    assert told["share"].tolist()[:3] == [1, 0.5, 0.5]
    assert told["share"].tolist()[3:] == pytest.approx([math.nan] * 2, nan_ok=True)
    later = over.cohorts().summary
    assert later["cohorts"].tolist() == [3, 2, 1, 1, 0]
    # 1 of 3; c and d: d alone; c in May.
    assert later["share"].tolist()[:4] == pytest.approx([1, 1 / 3, 1 / 2, 1 / 2])


def test_a_month_that_was_not_delivered_to_its_end_is_not_over():
    from datetime import date

    late = {"orders": date(2024, 4, 15)}
    made = book({"orders": ORDERS}, as_of="2024-06-30", loaded_until=late, checks={"freshness": {"level": "off"}})
    got = rows(made.cohorts())
    so_far = rows(made.cohorts(), "so_far")
    made.close()
    assert got["2024-02"] == [2, 1, NONE, NONE, NONE, NONE]
    assert so_far["2024-02"] == [NONE, NONE, 1, 1, 0, NONE]


def test_since_moves_first_orders(running):
    made = book({"orders": ORDERS}, as_of="2024-05-10", since="2024-02-01")
    view = made.cohorts()
    made.close()
    # Whoever bought before and again is taken for new: a in February, b in April.
    assert rows(view)["2024-02"] == [3, 1, 1, NONE]
    assert rows(view)["2024-04"] == [2, NONE, NONE, NONE]
    assert set(view.frame[view.frame["censored"]]["cohort"]) == {"2024-02"}


def test_shows_itself(running):
    page = running.cohorts("revenue").fragment()
    assert "30.0% of the first month's revenue came in again in month 1 after it." in page.text
    for words in ("Jan ’24†", "€150", "Together", "Months since the first order"):
        assert words in page.html
    assert "† January 2024: the data begin here" in page.html
    assert "Dashed: May 2024 is not over" in page.html
    assert list(running.cohorts().frame.columns) == list(COLUMNS)
    assert list(running.cohorts().summary.columns) == list(SUMMARY)


def test_shows_itself_in_chinese(over):
    page = over.cohorts().fragment()
    assert "33.3%的客户在首购后第1个月再次购买，第3个月为50.0%。" in page.text
    assert "24年1月†" in page.html
    assert "虚线框" not in page.html, "May is over"


def test_what_there_are_no_cohorts_of(running):
    with pytest.raises(UsageError, match="nearest: revenue"):
        running.cohorts("revenues")
    made = book({"tickets": "ticket_id customer_id opened_at\n1 a 2024-06-02"}, as_of="2024-12-31")
    with pytest.raises(MeasureError, match="without orders"):
        made.cohorts()
    with pytest.raises(MeasureError, match="without orders"):
        made.concentration()
    with pytest.raises(MeasureError, match="'thresholds' reads orders"):
        made.stage_moves()
    made.close()


def test_nothing_was_sold():
    made = book({"orders": "order_id customer_id ordered_at amount kind\n1 a 2024-06-02 -5 return"}, as_of="2024-12-31")
    assert made.cohorts().frame.empty
    assert "No sales." in made.cohorts().fragment().html
    made.close()


def test_runs_on_every_engine(running):
    catalog = running._catalog
    ranked = _ranked(held(catalog, running.settings.as_of, "revenue"))
    for expression in (cells(catalog), _sums(ranked)):
        assert "SELECT" in ibis.to_sql(expression, dialect="postgres")
        assert not lacking(expression, "spark")
