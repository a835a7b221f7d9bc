"""The example of a wholesaler, against plain counts of its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import cpm_core as cpm
from tests.books import fact

JUNE, DAYS = "2025-06", 30


@pytest.fixture(scope="module")
def opened(repository: Path) -> Iterator[Any]:
    """In Chinese, with the tier rule's margin off so that no earlier period is followed."""
    rule = {"rule": "strategic_accounts", "segments": ["strategic"], "margin": 0}
    book = cpm.open(repository / "params" / "wholesale.yaml", locale="zh", slices=[], tiers=rule)
    yield book
    book.close()


@pytest.fixture(scope="module")
def files(repository: Path) -> dict[str, pd.DataFrame]:
    folder = repository / "plugins" / "wholesale" / "data"
    return {name: pd.read_csv(folder / f"{name}.csv", dtype=str) for name in ("orders", "invoices", "wallets")}


def test_deliveries_of_june(opened: Any, files: dict[str, pd.DataFrame]) -> None:
    due = files["orders"][files["orders"]["promised_at"].str.startswith(JUNE)]
    in_time = due["delivered_at"].fillna("9999") <= due["promised_at"]
    found = fact(opened.facts(), "on_time_delivery", JUNE)
    assert (found["numerator"], found["denominator"]) == (in_time.sum(), len(due))
    assert found["complete"]


def test_receivables_and_days_sales_outstanding_of_june(opened: Any, files: dict[str, pd.DataFrame]) -> None:
    # The files end with June: what is not paid in them is open, and nothing is issued later.
    invoices = files["invoices"].assign(amount=files["invoices"]["amount"].astype(float))
    owed = invoices.loc[invoices["paid_at"].isna(), "amount"].sum()
    billed = invoices.loc[invoices["issued_at"].str.startswith(JUNE), "amount"].sum()
    facts = opened.facts()
    assert fact(facts, "receivables", JUNE)["value"] == pytest.approx(owed)
    assert fact(facts, "days_sales_outstanding", JUNE)["value"] == pytest.approx(owed / billed * DAYS)


def test_share_of_wallet_of_the_year_to_june(opened: Any, files: dict[str, pd.DataFrame]) -> None:
    orders = files["orders"][files["orders"]["ordered_at"] > "2024-06-30"]
    wallets = files["wallets"].set_index("customer_id")["yearly_spend"].astype(float)
    revenue = orders["amount"].astype(float).groupby(orders["customer_id"]).sum()
    found = fact(opened.facts(), "share_of_wallet", JUNE)
    # Every customer with an estimate has bought something by then.
    assert found["value"] == pytest.approx(revenue.reindex(wallets.index).sum() / wallets.sum())


def test_the_section_is_on_the_page_and_the_tiers_are_those_of_the_rule(opened: Any) -> None:
    html = opened.sections()._repr_mimebundle_()["text/html"]
    assert "有流失风险的客户" in html
    # The three that stop buying 420 days after the first of December 2023.
    assert all(f"<td>{customer}</td>" in html for customer in ("B005", "B013", "B026"))
    # Of 48 with a value the first ceil(2.4) are VIP, and the first ceil(9.6) at least key.
    assert opened.customers()["tier"].value_counts().to_dict() == {"ordinary": 38, "key": 7, "VIP": 3}
