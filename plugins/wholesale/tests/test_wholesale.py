"""Hand-worked: every figure is worked out beside its rows."""

from pathlib import Path

import pytest

from cpm_core.testing import tiny_book

PLUGIN = Path(__file__).parents[1]
ORDERS = """
    order_id customer_id ordered_at amount kind   promised_at      delivered_at
    8        a           2023-01-31  400   sale   -                -                  # a year and a day before February
    9        a           2023-02-10   60   sale   -                -                  # in the year that ends with January
    1        a           2024-01-02  100   sale   2024-01-10       2024-01-10T18:00   # on its day, however late in it
    2        a           2024-01-03  200   sale   2024-01-12T08:00 2024-01-13T09:00   # a day late
    3        b           2024-01-20   50   sale   2024-02-05       2024-02-01         # due in February
    4        b           2024-01-21   50   sale   2024-02-10       -                  # not delivered: late
    5        b           2024-01-22   50   sale   -                2024-01-23         # nothing was promised
    6        c           2024-02-20   70   sale   2024-03-05       -                  # due after the as-of day
    7        c           2024-02-21   30   sale   2024-02-28       2024-03-02         # after the as-of day: not yet
    1        a           2024-01-15 -100   return 2024-01-20       -                  # a return is no delivery
"""
INVOICES = """
    invoice_id customer_id issued_at  paid_at    kind         amount
    i1         a           2024-01-01 2024-01-31 invoice      310     # paid on the last day: open at no end
    i2         a           2024-01-10 2024-02-01 invoice      620     # open at the end of January
    i3         b           2024-01-31 -          invoice      100     # open at both ends
    i4         b           2024-01-31 -          credit_note  -10     # so is this one
    i5         b           2024-02-15 2024-03-01 invoice      290     # its payment is after the as-of day
    i6         b           2024-02-15 -          invoice       -5     # refused: its sign is wrong
"""
WALLETS = """
    customer_id yearly_spend
    a           1000
    b            100
    c              0           # refused
    d            500           # has bought nothing yet
"""


@pytest.fixture(scope="module")
def book():
    made = tiny_book(
        PLUGIN,
        tables={"orders": ORDERS, "invoices": INVOICES, "wallets": WALLETS},
        as_of="2024-02-29",
        history=2,
        kpis=["on_time_delivery", "receivables", "days_sales_outstanding", "share_of_wallet"],
    )
    yield made
    made.close()


def figures(book, kpi, *columns):
    facts = book.facts()
    rows = facts[(facts["kpi"] == kpi) & (facts["slice"] == "")].set_index("period")
    return rows.loc[["2024-01", "2024-02"], list(columns)].to_numpy().tolist()


def test_deliveries_count_in_the_period_for_which_they_were_promised(book):
    # January: 1 in time, 2 late. February: 3 in time, 4 not delivered, 7 not yet.
    assert figures(book, "on_time_delivery", "numerator", "denominator") == [[1, 2], [1, 3]]


def test_receivables_at_the_end_of_each_period(book):
    # January: 620 + 100 - 10. February: 100 - 10 + 290.
    assert figures(book, "receivables", "value") == [[710], [380]]


def test_days_sales_outstanding(book):
    # January: 710 x 31 / (310 + 620 + 100 - 10). February: 380 x 29 / 290.
    expected = [[710 * 31 / 1020], [380 * 29 / 290]]
    assert figures(book, "days_sales_outstanding", "value") == [[pytest.approx(value[0])] for value in expected]


def test_share_of_wallet(book):
    # January: a 60 + 100 + 200 - 100, b 3 x 50, of 1000 + 100. February: the 60 are more than a year ago.
    assert figures(book, "share_of_wallet", "numerator", "denominator") == [[410, 1100], [350, 1100]]
    assert (
        "customers who bought more than their estimate, which is too low: 1"
        in figures(book, "share_of_wallet", "reason")[1][0]
    )


def test_rows_of_the_wrong_sign_and_wallets_of_nothing_are_refused(book):
    rejects = book.rejects()
    assert rejects[["table", "reason", "key"]].to_numpy().tolist() == [
        ["invoices", "invoice sign", "i6"],
        ["wallets", "no wallet", "c"],
    ]
