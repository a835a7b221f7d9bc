"""Hand-worked: every figure is worked out beside its rows."""

import importlib.util
from pathlib import Path

import pytest

from cpm_core.testing import KpiContract, TableContract

HOME = Path(__file__).parents[1]
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


class Wholesale:
    """The same tables for all, so that they are prepared once."""

    plugin = HOME
    tables = {"orders": ORDERS, "invoices": INVOICES, "wallets": WALLETS}
    params = {"as_of": "2024-02-29", "history": 2}


class TestOnTimeDelivery(Wholesale, KpiContract):
    kpi = "on_time_delivery"
    # January: 1 in time, 2 late. February: 3 in time, 4 not delivered, 7 not yet.
    expected = {"2024-01": 1 / 2, "2024-02": 1 / 3}


class TestReceivables(Wholesale, KpiContract):
    kpi = "receivables"
    # January: 620 + 100 - 10. February: 100 - 10 + 290.
    expected = {"2024-01": 710, "2024-02": 380}

    def test_rows_of_the_wrong_sign_and_wallets_of_nothing_are_refused(self):
        rejects = self.bench.opened().rejects()
        assert rejects[["table", "reason", "key"]].to_numpy().tolist() == [
            ["invoices", "invoice sign", "i6"],
            ["wallets", "no wallet", "c"],
        ]


class TestDaysSalesOutstanding(Wholesale, KpiContract):
    kpi = "days_sales_outstanding"
    # January: 710 x 31 / (310 + 620 + 100 - 10). February: 380 x 29 / 290.
    expected = {"2024-01": 710 * 31 / 1020, "2024-02": 380 * 29 / 290}


class TestShareOfWallet(Wholesale, KpiContract):
    kpi = "share_of_wallet"
    # January: a 60 + 100 + 200 - 100, b 3 x 50, of 1000 + 100. February: the 60 are more than a year ago.
    expected = {"2024-01": 410 / 1100, "2024-02": 350 / 1100}

    def test_customers_above_their_estimate_are_told(self):
        facts = self.bench.opened().facts()
        (reason,) = facts[(facts["kpi"] == self.kpi) & (facts["slice"] == "") & (facts["period"] == "2024-02")][
            "reason"
        ]
        assert "customers who bought more than their estimate, which is too low: 1" in reason


class TestInvoicePeriods(Wholesale, TableContract):
    table = "invoice_periods"


class TestWalletPeriods(Wholesale, TableContract):
    table = "wallet_periods"


@pytest.mark.parametrize("name", ["customers", "orders", "invoices", "wallets"])
def test_the_made_up_data_are_what_their_script_writes(tmp_path, name):
    spec = importlib.util.spec_from_file_location("make", HOME / "data" / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    make.write(tmp_path)
    assert (tmp_path / f"{name}.csv").read_bytes() == (HOME / "data" / f"{name}.csv").read_bytes()
