"""The Boring Semantic Layer, asked for one KPI at a time; runs in an environment of its own.

`boring.py FOLDER FIRST` reads `orders.parquet` and `customers.parquet` there and waits: to each line on standard
input it asks for all KPIs from the month FIRST on, one by one, and answers with the sum of revenue.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import ibis
from boring_semantic_layer import to_semantic_table

DIMENSIONS = ("orders.month", "customers.region", "orders.channel", "orders.category")
MEASURES = {
    "revenue": lambda t: t.amount.sum(),
    "gross_sales": lambda t: t.amount.sum(where=t.kind == "sale"),
    "orders": lambda t: (t.kind == "sale").sum(),
    "items": lambda t: t.quantity.sum(),
    "returned": lambda t: -t.amount.sum(where=t.kind == "return"),
    "return_rate": lambda t: -t.amount.sum(where=t.kind == "return") / t.amount.sum(where=t.kind == "sale"),
    "average_order_value": lambda t: t.amount.sum(where=t.kind == "sale") / (t.kind == "sale").sum(),
    "gross_margin": lambda t: (t.amount - t.cost).sum() / t.amount.sum(where=t.cost.notnull()),
}


def model(folder: Path, first: date) -> Any:
    """Orders with their customers."""
    connection = ibis.duckdb.connect()
    tables = {name: connection.read_parquet(str(folder / f"{name}.parquet")) for name in ("orders", "customers")}
    customers = to_semantic_table(tables["customers"], name="customers").with_dimensions(
        customer_id=lambda t: t.customer_id, region=lambda t: t.region
    )
    orders = (
        to_semantic_table(tables["orders"].filter(tables["orders"].ordered_at >= first), name="orders")
        .with_dimensions(
            month=lambda t: t.ordered_at.truncate("M"), channel=lambda t: t.channel, category=lambda t: t.category
        )
        .with_measures(**MEASURES)
    )
    return orders.join_one(customers, on="customer_id")


def main() -> None:
    """Answer until there is no more input."""
    asked = model(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]))
    for _ in sys.stdin:
        frames = {name: asked.group_by(*DIMENSIONS).aggregate(f"orders.{name}").execute() for name in MEASURES}
        print(float(frames["revenue"]["orders.revenue"].sum()), flush=True)


if __name__ == "__main__":
    main()
