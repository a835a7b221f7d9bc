"""`only` cuts the tables on every engine alike."""

from __future__ import annotations

import pytest

from tests.books import book, fact
from tests.tables.test_cut import TABLES


@pytest.mark.parametrize("backend", ["postgres", pytest.param("spark", marks=pytest.mark.soak)])
def test_a_server_cuts_as_duckdb_does(request, backend):
    engine = request.getfixturevalue(backend)
    only = {"region": ["South", "(none)"], "orders.channel": "store"}
    made = book(TABLES, as_of="2024-03-31", engine=engine, only=only, kpis=["revenue", "tickets"])
    try:
        facts = made.facts()
        # By hand: of c and d, what they bought in store in March.
        assert fact(facts, "revenue", "2024-03")["value"] == 80
        assert fact(facts, "tickets", "2024-03")["value"] == 1
        assert sorted(made.tables["orders"].to_pandas()["order_id"]) == ["4", "5"]
        assert made.left_out == ("costs",)
    finally:
        made.close(dropping=made.work)
