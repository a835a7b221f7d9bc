"""Revenue retention of the textbook: 100 at the start, +18 expansion, -6 contraction, -9 churn."""

from pathlib import Path

import pandas as pd
import pytest

from tests.books import fact, facts

GOLDEN = Path(__file__).parents[1] / "golden" / "revenue_retention.csv"


def test_expansion_counts_in_net_retention_alone():
    rows = pd.read_csv(GOLDEN, dtype=str)
    frame = facts({"subscriptions": rows}, as_of="2024-12-31", settings={"min_n": 1})
    net, gross = (fact(frame, f"{kind}_revenue_retention", "2024-12") for kind in ("net", "gross"))
    # (100 + 18 - 6 - 9) / 100 and (100 - 6 - 9) / 100; who came in between counts in neither.
    assert (net["numerator"], net["denominator"]) == (103, 100)
    assert net["value"] == pytest.approx(1.03)
    assert (gross["numerator"], gross["denominator"]) == (85, 100)
    assert gross["value"] == pytest.approx(0.85)
    # One of four customers left.
    assert fact(frame, "logo_retention", "2024-12")["value"] == 0.75
