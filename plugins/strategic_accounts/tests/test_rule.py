from pathlib import Path

import pytest

from cpm_core.api import CpmError
from cpm_core.testing import TierContract, tiny_book

PLUGIN = Path(__file__).parents[1]
CUSTOMERS = """
    customer_id segment   created_at
    a           trade     2024-01-01
    b           strategic 2024-01-01
    c           -         2024-01-01
    d           strategic 2024-01-01
"""
ORDERS = """
    order_id customer_id ordered_at amount cost kind
    1        a           2024-01-05 100     40  sale    # 60
    2        b           2024-01-05 100     60  sale    # 40, which counts twice and a half: 100
    3        c           2024-01-05 100     30  sale    # 70; nobody knows its segment
    4        d           2024-01-05 900      -  sale    # no cost, no margin
"""


class TestStrategicAccounts(TierContract):
    plugin = PLUGIN
    tier_rule = "strategic_accounts"
    tables = {"customers": CUSTOMERS, "orders": ORDERS}
    options = {"segments": ["strategic"], "margin": 0}  # without a margin no earlier periods are followed
    params = {"tiers": {"rule": "strategic_accounts", "segments": ["strategic"], "margin": 0}}


def tiers(**given):
    rule = {"rule": "strategic_accounts", "segments": ["strategic"], **given}
    book = tiny_book(PLUGIN, tables={"customers": CUSTOMERS, "orders": ORDERS}, as_of="2024-01-31", tiers=rule)
    try:
        return book.customers().set_index("customer_id")[["value", "tier"]].sort_index()
    finally:
        book.close()


def test_the_margin_of_a_strategic_account_counts_more():
    found = tiers(weight="2.5", cut={"VIP": 0.3, "key": 0.6})
    assert found["value"].dropna().to_dict() == {"a": 60, "b": 100, "c": 70}
    # Of three with a value the first ceil(.9) is VIP, and of the first ceil(1.8) the other one is key.
    assert found["tier"].to_dict() == {"a": "ordinary", "b": "VIP", "c": "key", "d": "ordinary"}


@pytest.mark.parametrize(
    ("given", "words"),
    [({"segments": []}, "segments"), ({"weight": "0.5"}, "weight"), ({"cut": {"VIP": 0.5, "key": 0.2}}, "cumulative")],
    ids=["no segment", "a weight that lessens", "shares in the wrong order"],
)
def test_options_that_do_not_fit_are_told(given, words):
    with pytest.raises(CpmError, match=words):
        tiers(**given)
