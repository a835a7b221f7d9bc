"""RFM of openretailscience, asked of one Parquet file; runs in an environment of its own.

`rfm.py FILE DAY` reads orders there and waits: to each line on standard input it works the segments of all customers
as of DAY out, fetches them, and answers with the number of customers and the sum of what they spent.
"""

from __future__ import annotations

import sys
from pathlib import Path

import ibis
from openretailscience.segmentation.rfm import RFMSegmentation


def main() -> None:
    """Answer until there is no more input."""
    connection = ibis.duckdb.connect()
    orders = connection.read_parquet(str(Path(sys.argv[1])))
    columns = {"transaction_date": "ordered_at", "unit_spend": "amount", "transaction_id": "order_id"}
    asked = orders.select("customer_id", **columns)
    for _ in sys.stdin:
        found = RFMSegmentation(asked, sys.argv[2], r_segments=5, f_segments=5, m_segments=5).table.execute()
        print(len(found), float(found["monetary"].sum()), flush=True)


if __name__ == "__main__":
    main()
