"""The planted dirty rows, judged one by one in plain Python."""

import csv
import json
from collections import Counter
from datetime import datetime
from decimal import Decimal, InvalidOperation

import pyarrow.parquet as pq
import pytest

from cpm_core.builtin.sources.demo import dirty, truths

REQUIRED = {
    "customers": ("customer_id",),
    "orders": ("order_id", "customer_id", "ordered_at", "amount", "kind"),
    "order_lines": ("order_id", "line_no", "amount"),
    "tickets": ("ticket_id", "customer_id", "opened_at"),
    "surveys": ("response_id", "customer_id", "kind", "scale_min", "scale_max"),
    "interactions": ("interaction_id", "customer_id", "occurred_at", "kind"),
    "subscriptions": ("subscription_id", "customer_id", "started_at", "monthly_amount"),
    "points": ("entry_id", "customer_id", "occurred_at", "points", "kind"),
    "costs": ("cost_id", "occurred_at", "center", "amount"),
}
KEYS = {
    "orders": ("order_id", "kind"),
    "order_lines": ("order_id", "line_no"),
    "subscriptions": ("subscription_id", "started_at"),
}
KINDS = {
    "orders": {"sale", "return"},
    "surveys": {"csat", "nps", "ces"},
    "points": {"earn", "redeem", "expire", "adjust"},
}
NUMBERS = (
    "amount",
    "cost",
    "quantity",
    "unit_price",
    "score",
    "scale_min",
    "scale_max",
    "monthly_amount",
    "points",
    "line_no",
)
TIMES = ("created_at", "ordered_at", "opened_at", "sent_at", "responded_at", "occurred_at", "started_at", "updated_at")


def text(value):
    return "" if value is None else str(value)


def is_number(value):
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


def is_time(value):
    try:
        return bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def faults(table, row, clean, customers, orders):
    """Every fault that the row has."""
    found = ["missing" for name in REQUIRED[table] if not row[name]]
    found += ["not a number" for name in NUMBERS if row.get(name) and not is_number(row[name])]
    found += ["not a time" for name in TIMES if row.get(name) and not is_time(row[name])]
    if found:
        return found
    found += ["unknown kind"] * (table in KINDS and row["kind"] not in KINDS[table])
    found += ["unknown customer"] * (
        "customer_id" in row and table != "customers" and row["customer_id"] not in customers
    )
    found += ["unknown order"] * (table == "order_lines" and row["order_id"] not in orders)
    found += ["sign"] * (
        table == "orders" and (row["kind"] == "return") != (Decimal(row["amount"]) < 0) and "unknown kind" not in found
    )
    if table == "surveys" and row["score"] and "unknown kind" not in found:
        low, high = Decimal(row["scale_min"]), Decimal(row["scale_max"])
        nps = row["kind"] == "nps" and (low, high) != (0, 10)
        found += ["scale"] * (nps or not low <= Decimal(row["score"]) <= high)
        found += ["undated"] * (not row["responded_at"])
    twin = clean.get(tuple(row[name] for name in KEYS.get(table, REQUIRED[table][:1])))
    if twin:
        found.append("duplicate" if twin == row else "conflicting duplicate")
    return found


@pytest.fixture(scope="module")
def clean(demo_folder):
    """The clean rows of each table as text, by key."""
    found = {}
    for table in truths.TABLES:
        rows = [
            {k: text(v) for k, v in row.items()}
            for row in pq.read_table(demo_folder / table).slice(0, 5000).to_pylist()
        ]
        found[table] = {tuple(row[name] for name in KEYS.get(table, REQUIRED[table][:1])): row for row in rows}
    return found


def rows_of(folder, table):
    with (folder / table / "_dirty.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("table", truths.TABLES)
def test_each_dirty_row_has_the_one_fault_that_is_planted(demo_folder, clean, table):
    customers = {key[0] for key in clean["customers"]}
    orders = {key[0] for key in clean["orders"]}
    rows = rows_of(demo_folder, table)
    late = [row for row in rows if row.get(dirty.TIME[table], "") >= "2025" and is_time(row[dirty.TIME[table]])]
    found = [faults(table, row, clean[table], customers, orders) for row in rows if row not in late]
    assert {len(one) for one in found} == {1}
    assert Counter(one[0] for one in found) == truths.DIRTY[table]
    assert len(late) == truths.NOT_YET.get(table, 0)
    assert all(faults(table, row, clean[table], customers, orders) == [] for row in late)


@pytest.mark.parametrize("table", ["customers", "orders", "tickets"])
def test_an_older_version_is_older(demo_folder, clean, table):
    column = "ordered_at" if table == "orders" else "updated_at"
    key = KEYS.get(table, REQUIRED[table][:1])
    older = 0
    for row in rows_of(demo_folder, table):
        twin = clean[table].get(tuple(row[name] for name in key))
        if twin and twin != row:
            older += row[column] < twin[column]
    assert older == truths.DIRTY[table]["conflicting duplicate"]


def test_the_dirty_rows_are_as_many_at_every_size(demo_folder, other_folder):
    for table in truths.TABLES:
        assert len(rows_of(demo_folder, table)) == len(rows_of(other_folder, table))


def test_every_reason_is_planted_somewhere(demo_folder):
    planted = json.loads((demo_folder / "demo.json").read_text())["planted"]
    assert {reason for table in planted.values() for reason in table} == {
        "missing",
        "not a number",
        "not a time",
        "unknown kind",
        "unknown customer",
        "unknown order",
        "duplicate",
        "conflicting duplicate",
        "sign",
        "scale",
        "undated",
    }
