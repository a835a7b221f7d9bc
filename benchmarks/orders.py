"""Generated orders for the benchmarks: files, and a project that reads them."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb

import cpm_core as cpm
from cpm_core.workbook import Workbook

SLICES = ("region", "orders.channel", "orders.category")
STORES = 10_000
EIGHT = (
    *("revenue", "gross_sales", "orders", "return_rate", "average_order_value", "gross_margin"),
    *("items", "returned"),
)
SIXTEEN = (
    *EIGHT,
    *("web_revenue", "large_orders", "large_share", "items_per_order", "cost_of_goods", "cost_rate"),
    *("phone_order_value", "share_of_returns"),
)
FIRST, AS_OF = date(2022, 1, 1), date(2024, 12, 31)
DAYS = (AS_OF - FIRST).days + 1

# Each column is a hash of the row's number, so that the rows are the same in every run and in any order.
CUSTOMERS = """
SELECT 'C' || lpad(i::VARCHAR, 8, '0') AS customer_id, 'region ' || lpad((hash(i) % 20)::VARCHAR, 2, '0') AS region
FROM range({customers}) rows(i)"""
ORDERS = """
SELECT 'O' || lpad(i::VARCHAR, 9, '0') AS order_id,
    'C' || lpad((hash(i + 1) % {customers})::VARCHAR, 8, '0') AS customer_id,
    TIMESTAMP '{first}' + INTERVAL (hash(i + 2) % ({days} * 86400)) SECOND AS ordered_at,
    (sign * (500 + hash(i + 3) % 40000)::BIGINT / 100.0)::DECIMAL(18, 4) AS amount,
    CASE WHEN sign < 0 THEN 'return' ELSE 'sale' END AS kind,
    (sign * (300 + hash(i + 4) % 20000)::BIGINT / 100.0)::DECIMAL(18, 4) AS cost,
    ['web', 'shop', 'phone', 'partner', 'app'][(1 + hash(i + 5) % 5)::BIGINT] AS channel,
    'category ' || lpad((hash(i + 6) % 12)::VARCHAR, 2, '0') AS category,
    (sign * (1 + hash(i + 7) % 5)::BIGINT)::DECIMAL(18, 4) AS quantity,
    'store ' || (hash(i + 8) % {stores}) AS store,
    CASE WHEN hash(i + 9) % 10 > 0 THEN (hash(i + 10) % 288) / 4.0 END AS dispatch_hours
FROM (SELECT i * 16 AS i, CASE WHEN hash(i) % 12 = 0 THEN -1 ELSE 1 END AS sign FROM range({rows}) rows(i))"""
PARAMS = """
workbook: bench
as_of: {as_of}
history: 24
currency: EUR
engine: {{backend: duckdb, memory_limit: 5GB}}
sources:
  - use: files
    tables:
      customers: {{path: ../data/customers.parquet}}
      orders: {{path: ../data/orders.parquet, loaded_until: {as_of}}}
"""


def project(folder: Path, rows: int) -> Path:
    """Write orders of a fiftieth as many customers, a params file that reads them and its plugin; the params file."""
    for name in ("data", "params", "plugins"):
        (folder / name).mkdir(parents=True)
    shutil.copy(Path(__file__).parent / "plugins" / "more_order_kpis.py", folder / "plugins")
    named = {"rows": rows, "customers": rows // 50, "stores": STORES, "first": FIRST, "days": DAYS}
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '4GB'; SET preserve_insertion_order = false")
        for name, query in (("customers", CUSTOMERS), ("orders", ORDERS)):
            connection.execute(f"COPY ({query.format(**named)}) TO '{folder / 'data' / name}.parquet'")
    params = folder / "params" / "bench.yaml"
    params.write_text(PARAMS.format(as_of=AS_OF), encoding="utf-8")
    return params


def opened(params: Path, kpis: tuple[str, ...], slices: tuple[str, ...] = SLICES) -> Workbook:
    """A workbook of some KPIs; those of one project share what is prepared."""
    return cpm.open(params, kpis=list(kpis), slices=list(slices), shared=params.parent.parent / "prepared")
