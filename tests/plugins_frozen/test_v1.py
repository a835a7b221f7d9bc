"""Plugins of API version 1 load for ever, and give what they gave on their first day."""

import hashlib
from pathlib import Path

import pytest

from cpm_core.hooks.discovery import find_plugins
from cpm_core.testing import (
    CheckContract,
    ProfileContract,
    PublisherContract,
    SectionContract,
    SourceContract,
    asking,
    tiny_book,
)
from cpm_core.testing.book import registry_of
from tests.books import fact
from tests.testing.contracts import contract, names_of

HOME = Path(__file__).parent / "v1"
HASHES = HOME / "files.sha256"
BY_HAND = {
    "v1_web_revenue": 60 - 15 + 75,
    "v1_phone_share": 1 / 5,  # t2
    "v1_mean_sale": 210.50 / 5,
    "v1_quarter_wait": 2,  # hours 1, 2, 4, 8, and one waits on: 4/5 wait longer than 1, 3/5 longer than 2
    "v1_buyers": 4,
    "v1_best_half": (255 + 125 + 90) / 515.50,  # three of five
    "v1_largest_sale": 75,
    "v1_tickets_a_buyer": 5 / 4,
    "gross_sales": 60 + 75,  # replaced: those above 50
    "v1_transit_days": (2 + 4) / 2,  # s3 has not arrived, s4 weighs less than nothing
    "v1_complaining": 2,  # c1 and c2
    "v1_complaining_share": 4 / 2,
}


@pytest.fixture(scope="module")
def frozen():
    """The frozen plugins, loaded."""
    return [one for one in find_plugins(HOME) if one.origin == "folder"]


@pytest.fixture(scope="module")
def book(frozen):
    """The tiny book with all of them."""
    made = tiny_book(
        frozen,
        tables=("customers", "orders", "tickets"),
        kpis=list(BY_HAND),
        sources=[{"use": "tiny"}, {"use": "v1_shipments"}],
        tiers={"rule": "v1_by_largest_order", "vip": 0.2, "margin": 0},
        lifecycle={"rule": "v1_thirty_days"},
    )
    yield made
    made.close()


def test_no_file_was_edited():
    said = dict(reversed(line.split("  ")) for line in HASHES.read_text(encoding="utf-8").splitlines())
    files = sorted(path for path in HOME.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    found = {
        path.relative_to(HOME).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path != HASHES
    }
    assert found == said, "frozen plugins are never edited: a new version of the API has a folder of its own"


def test_they_load_and_say_their_version(frozen):
    assert {one.name: one.module.CPM_API for one in frozen} == dict.fromkeys(
        ("customers", "kpi_pack", "no_code", "replacing", "reporting", "shipments"), 1
    )
    registry = registry_of(frozen)
    assert not registry.quarantined
    assert [(one.kind, one.id, one.of) for one in registry.replaced] == [("KPI", "gross_sales", "builtin.kpis.sales")]


@pytest.mark.parametrize("kpi", BY_HAND)
def test_a_figure_is_what_it_was(book, kpi):
    assert fact(book.facts(), kpi, "2024-02")["value"] == pytest.approx(BY_HAND[kpi], rel=1e-12)


def test_what_is_told_aside_is_what_it_was(book):
    assert fact(book.facts(), "v1_phone_share", "2024-02")["reason"] == "2 complaints"


def test_customers_are_labelled_as_they_were(book):
    customers = book.customers().set_index("customer_id")
    assert customers["v1_largest_order"].dropna().to_dict() == {"c1": 100, "c2": 75, "c3": 25.5, "c4": 40, "c6": 90}
    # Of five with a value one is VIP, and the first three are at least key.
    assert customers.groupby("tier").groups.keys() == {"VIP", "key", "ordinary"}
    assert customers["tier"].to_dict() == {
        "c1": "VIP", "c6": "key", "c2": "key", "c4": "ordinary", "c3": "ordinary", "c5": "ordinary",
    }  # fmt: skip
    stages = {"c1": "active", "c2": "active", "c3": "active", "c4": "active", "c5": "prospect", "c6": "at_risk"}
    assert customers["stage"].to_dict() == stages
    assert customers.loc["c6", "stage_reason"] == "last sale 111 days ago"


def test_a_rule_without_code_sorts_as_it_did(book):
    # c1 sold 270 in all, c2 125; c6 90, c4 60, c3 25.50.
    tiers = book.tiers(rule="v1_by_sold", margin=0).set_index("tier")["customers"]
    assert tiers.to_dict() == {"VIP": 1, "key": 1, "ordinary": 4}


def test_an_action_is_for_whom_it_was(book):
    assert asking.eligible(book, book.registry.actions["v1_call"]) == ["c1", "c2"]  # t2 and t3


def test_a_refused_row_has_its_reason(book):
    rejects = book.rejects().set_index("table")
    assert rejects.loc["shipments", ["reason", "key"]].tolist() == ["weight", "s4"]


class CopyContract(PublisherContract):
    publisher = "v1_copy"

    def options(self, folder):
        return {"to": str(folder)}


@pytest.mark.parametrize(
    ("plugin", "base", "said"),
    [
        pytest.param("reporting", CopyContract, {}, id="publisher"),
        pytest.param("reporting", CheckContract, {"check": "v1_rows", "alarming": {"kept": 1}}, id="check"),
        pytest.param(
            "reporting", SectionContract, {"section": "v1_last", "params": {"kpis": ["orders"]}}, id="section"
        ),
        pytest.param(
            "no_code", CheckContract, {"check": "v1_orders", "alarming": {"kept": 1}}, id="check-without-code"
        ),
        pytest.param("shipments", SourceContract, {"source": "v1_shipments", "earlier": "2024-02-12"}, id="source"),
        pytest.param("customers", ProfileContract, {"profile_column": "v1_largest_order"}, id="profile-column"),
    ],
)
def test_a_contract_is_held(frozen, plugin, base, said):
    (found,) = [one for one in frozen if one.name == plugin]
    made = contract(base, plugin=found, tables=("customers", "orders"), **said)
    for name in names_of(made):
        getattr(made(), name)()


def test_observers_are_told_of_runs(frozen, tmp_path):
    from datetime import date

    from cpm_core.api import Run

    (found,) = [one for one in frozen if one.name == "reporting"]
    registry = registry_of([found])
    run = Run("tiny", date(2024, 2, 29), tmp_path / "tiny.yaml", "2024-02-29-0")
    registry.hook.cpm_run_started(run=run)
    registry.hook.cpm_run_failed(run=run, error=ValueError("no"))
    assert found.module.SEEN[-2:] == [("started", "tiny"), ("failed", "no")]
