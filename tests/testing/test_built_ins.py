"""The built-ins hold the contracts that authors subclass, on the same tiny book, opened once for all of them."""

from pathlib import Path
from types import MappingProxyType

import pytest

from cpm_core.testing import (
    TINY_ANSWERS,
    TINY_TABLES,
    ActionContract,
    CheckContract,
    KpiContract,
    LifecycleContract,
    PublisherContract,
    SourceContract,
    TableContract,
    TierContract,
)
from cpm_core.testing.book import registry_of
from tests.chatroom import chatroom
from tests.mailbox import mailbox
from tests.testing.contracts import cases

REGISTRY = registry_of([])
NOT_BY_HAND = {"customer_lifetime_value", "customer_value_36_months", "contact_coverage", "revenue_growth"}
"""Models of customers, labels of tiers, and the year before: other tests hold these by other data."""
TIERS = {
    "percentile": {},
    "pareto": {},
    "rfm": {},
    "lifetime_value": {},
    "thresholds": {"options": {"at_least": {"VIP": 200, "key": 50}}},
    "weighted_score": {"options": {"weights": {"trailing_revenue": 0.7, "recency_days": 0.3}}},
}
CHECKS = {
    # 14 rows in the last four weeks, where 280 are usual.
    "rows": {"alarming": {"daily": {"tiny": (10,) * 364 + (0, 1) * 14}}},
    "nulls": {"alarming": {"rows": (200, 200), "empty": {"channel": (150, 10)}}},
    "reject_share": {"alarming": {"kept": 60, "rejected": {"not a number": 40}}},
    # A row every third day for months, and then none for sixty days.
    "freshness": {"alarming": {"daily": {"tiny": (1, 0, 0) * 100 + (0,) * 60}, "loaded_until": None}},
}
ORDERS = {"path": str(Path(__file__).parent / "orders.csv"), "columns": {"amount": "total"}}
SOURCES = {
    "demo": {"options": {"customers": 200}, "as_of": "2024-12-31"},
    "files": {"options": {"tables": {"orders": ORDERS}}, "earlier": "2024-01-31"},
}


MAIL = {"host": "127.0.0.1", "security": "none", "from": "a@example.com", "to": "b@example.com"}
SERVERS = {}
"""What mails and messages are sent to while these tests run."""


@pytest.fixture(scope="module", autouse=True)
def servers():
    with mailbox() as mail, chatroom() as chat:
        SERVERS.update(mail=mail, chat=chat)
        yield


class FolderContract(PublisherContract):
    publisher = "folder"
    broken = MappingProxyType({"to": "/nowhere/at/all"})

    def options(self, folder):
        (folder / "share").mkdir(exist_ok=True)
        return {"to": str(folder / "share")}


class MailContract(PublisherContract):
    publisher = "mail"
    broken = MappingProxyType({**MAIL, "port": "1"})

    def options(self, folder):
        return {**MAIL, "port": str(SERVERS["mail"].port)}


class WebhookContract(PublisherContract):
    publisher = "webhook"
    broken = MappingProxyType({"kind": "wecom", "url": "http://127.0.0.1:1/"})

    def options(self, folder):
        return {"kind": "wecom", "url": SERVERS["chat"].url}


CASES = [
    *cases(KpiContract, {one: {"expected": TINY_ANSWERS.get(one, {})} for one in REGISTRY.kpis}),
    *cases(TierContract, TIERS),
    *cases(LifecycleContract, {one: {} for one in REGISTRY.lifecycle_rules}),
    *cases(ActionContract, {one: {} for one in REGISTRY.actions}),
    *cases(TableContract, {one: {} for one in (*REGISTRY.tables, *REGISTRY.derived)}),
    *cases(CheckContract, CHECKS),
    *cases(SourceContract, SOURCES),
    *cases(FolderContract, {"folder": {}}),
    *cases(MailContract, {"mail": {}}),
    *cases(WebhookContract, {"webhook": {}}),
]


@pytest.mark.parametrize(("contract", "name"), CASES)
def test_a_built_in_holds_the_contract(contract, name):
    getattr(contract(), name)()


def test_nearly_all_kpis_are_worked_out_by_hand():
    assert set(REGISTRY.kpis) - set(TINY_ANSWERS) == NOT_BY_HAND


def test_every_built_in_is_among_the_cases():
    assert set(TIERS) == set(REGISTRY.tier_rules)
    assert set(CHECKS) == set(REGISTRY.checks)
    assert set(SOURCES) == set(REGISTRY.sources) - {"tiny", "database"}  # the kit's own; and that needs a database
    assert {"folder", "mail", "webhook"} == set(REGISTRY.publishers)
    assert set(TINY_TABLES) == set(REGISTRY.tables)
    assert not REGISTRY.sections
    assert not REGISTRY.profile_columns
