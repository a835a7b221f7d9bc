"""The planted dirty rows: text rows of every reason for refusal, in the numbers of `truths.DIRTY`.

Each has exactly one fault. Most are dated in spring 2022, so that reports as of earlier days count
them too; copies are of clean rows of that time.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from cpm_core.builtin.sources.demo import truths

Row = dict[str, str]

CLEAN: Mapping[str, Row] = {
    "customers": {"name": "Nobody", "region": "North", "created_at": "2021-05-01 09:00:00"},
    "orders": {
        "ordered_at": "2022-04-12 11:30:00",
        "amount": "40.0000",
        "kind": "sale",
        "channel": "web",
        "quantity": "1",
    },
    "order_lines": {
        "order_id": "S000000000000",
        "ordered_at": "2022-04-12 11:30:00",
        "quantity": "1",
        "unit_price": "10.0000",
        "amount": "10.0000",
    },
    "tickets": {"opened_at": "2022-04-13 10:00:00", "kind": "question", "team": "alpha", "priority": "normal"},
    "surveys": {
        "sent_at": "2022-04-14 10:00:00",
        "responded_at": "2022-04-15 09:00:00",
        "kind": "csat",
        "score": "4",
        "scale_min": "1",
        "scale_max": "5",
    },
    "interactions": {"occurred_at": "2022-04-18 14:00:00", "kind": "call", "cost": "6.2000"},
    "subscriptions": {"started_at": "2022-04-01 00:00:00", "monthly_amount": "19.0000", "plan": "basic"},
    "points": {"occurred_at": "2022-04-20 12:00:00", "points": "10.0000", "kind": "earn"},
    "costs": {"occurred_at": "2022-04-30 18:00:00", "center": "service", "amount": "100.0000"},
}
"""A row of each table without a fault, but for its key and customer."""
KEYS: Mapping[str, str] = {
    "customers": "customer_id",
    "orders": "order_id",
    "order_lines": "line_no",
    "tickets": "ticket_id",
    "surveys": "response_id",
    "interactions": "interaction_id",
    "subscriptions": "subscription_id",
    "points": "entry_id",
    "costs": "cost_id",
}
TIME: Mapping[str, str] = {
    "customers": "created_at",
    "orders": "ordered_at",
    "order_lines": "ordered_at",
    "tickets": "opened_at",
    "surveys": "sent_at",
    "interactions": "occurred_at",
    "subscriptions": "started_at",
    "points": "occurred_at",
    "costs": "occurred_at",
}
FAULTS: Mapping[str, Mapping[str, Sequence[Row]]] = {
    "customers": {"missing": [{"customer_id": ""}]},
    "orders": {
        "missing": [{"amount": ""}, {"order_id": ""}, {"customer_id": ""}, {"ordered_at": ""}, {"kind": ""}],
        "not a number": [{"amount": "n/a"}, {"amount": "12,50"}, {"amount": "EUR 40"}, {"amount": "sixty"}],
        "unknown kind": [{"kind": "gift"}, {"kind": "exchange"}],
        "sign": [{"amount": "-19.9000"}, {"kind": "return", "amount": "12.5000"}],
    },
    "order_lines": {
        "missing": [{"amount": ""}, {"order_id": ""}, {"line_no": ""}],
        "unknown order": [{"order_id": "S999999999998"}, {"order_id": "S999999999999"}],
    },
    "tickets": {"missing": [{"opened_at": ""}, {"customer_id": ""}]},
    "surveys": {
        "missing": [{"scale_min": ""}, {"kind": ""}],
        "not a number": [{"score": "five"}, {"score": "very good"}, {"score": "4/5"}],
        "unknown kind": [{"kind": "mood"}, {"kind": "stars"}],
        "scale": [
            {"score": "7"},
            {"score": "0"},
            {"kind": "nps", "score": "5"},
            {"kind": "nps", "score": "11", "scale_min": "0", "scale_max": "10"},
        ],
        "undated": [{"responded_at": ""}],
    },
    "interactions": {"missing": [{"kind": ""}]},
    "subscriptions": {
        "missing": [{"monthly_amount": ""}],
        "not a number": [{"monthly_amount": "free"}, {"monthly_amount": "19,00"}],
        "not a time": [{"started_at": "in spring"}, {"started_at": "2022-04-31"}, {"started_at": "2022-13-01"}],
    },
    "points": {
        "missing": [{"points": ""}],
        "not a number": [{"points": "ten"}],
        "unknown kind": [{"kind": "gift"}, {"kind": "lost"}],
    },
    "costs": {
        "missing": [{"center": ""}],
        "not a number": [{"amount": "tbd"}, {"amount": "1.200,50"}],
        "not a time": [{"occurred_at": "April"}, {"occurred_at": "2022-13-01"}],
    },
}
"""What is wrong, in turn, in the rows of each reason; copies and unknown customers are made by rule."""
CHANGES: Mapping[str, Row] = {
    "customers": {"owner": "Nobody"},
    "orders": {"amount": "1.0000"},
    "tickets": {"team": "beta"},
}
"""What is different in rows that have a clean row's key."""
_EARLY = datetime(2022, 7, 1)


def write_dirty(folder: Path, table: str, clean: pa.Table) -> None:
    """Write the dirty rows of one table; ``clean`` are its first clean rows, of which copies are taken."""
    rows = dirty_rows(table, clean)
    with (folder / truths.DIRTY_FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, clean.column_names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def dirty_rows(table: str, clean: pa.Table) -> list[Row]:
    """The dirty rows of one table and those after the as-of day, as text."""
    plan = truths.DIRTY[table]
    copies = _copies(table, clean, plan.get("duplicate", 0) + plan.get("conflicting duplicate", 0))
    rows: list[Row] = []
    for reason, count in plan.items():
        if reason == "duplicate":
            rows += copies[:count]
        elif reason == "conflicting duplicate":
            rows += [_changed(table, row) for row in copies[-count:]]
        else:
            rows += [_fresh(table, len(rows) + i) | _fault(table, reason, i) for i in range(count)]
    return rows + [_fresh(table, len(rows) + i) | _later(table, i) for i in range(truths.NOT_YET.get(table, 0))]


def _fresh(table: str, number: int) -> Row:
    key = str(900 + number) if table == "order_lines" else f"X{number:05d}"
    customer = {} if table in ("costs", "order_lines") else {"customer_id": f"C{number % truths.MIN_CUSTOMERS + 1:08d}"}
    return CLEAN[table] | customer | {KEYS[table]: key}


def _fault(table: str, reason: str, number: int) -> Row:
    if reason == "unknown customer":
        return {"customer_id": f"Z{number + 1:08d}"}
    faults = FAULTS[table][reason]
    return faults[number % len(faults)]


def _later(table: str, number: int) -> Row:
    return {TIME[table]: f"2025-01-{number * 3 + 1:02d} 10:00:00"}


def _copies(table: str, clean: pa.Table, count: int) -> list[Row]:
    early = clean.filter(pc.field(TIME[table]) < _EARLY)
    rows = early.slice(0, count * 2).take(list(range(0, count * 2, 2))).to_pylist()
    return [{name: _text(value) for name, value in row.items()} for row in rows]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _changed(table: str, row: Row) -> Row:
    """The same key, other content, and older, so that the clean row is the one that stays."""
    column = "updated_at" if "updated_at" in row else TIME[table]
    older = {column: str(datetime.fromisoformat(row[column]) - timedelta(days=1))}
    return row | older | CHANGES[table]
