from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest

from cpm_core.runs.diff.figures import exact, headline, restated, side_by_side

AS_OF = date(2024, 2, 29)
"""Of the run before: January and February were over, March was not."""


def facts(*rows, **others) -> pd.DataFrame:
    """Facts of `kpi period value [slice member]`; numerator is the value, n is 1."""
    made = []
    for row in rows:
        kpi, period, value, *rest = row.split()
        start = pd.Timestamp(f"{period}-01")
        number = math.nan if value == "-" else float(value)
        about = {
            "kpi": kpi,
            "period": period,
            "period_end": start + pd.offsets.MonthBegin(1),
            "slice": rest[0] if rest else "",
            "member": rest[1] if rest else "",
            "value": number,
            "numerator": number,
            "denominator": math.nan,
            "n": 1.0,
            "complete": True,
            "state": "no data" if value == "-" else "ok",
            "definition": "aaaa",
        }
        made.append(about | others)
    return pd.DataFrame(made)


def found(before, after):
    frame = restated(side_by_side(before, after), AS_OF)
    return [(row["kpi"], row["period"], row["slice"], row["member"], row["change"]) for _, row in frame.iterrows()]


def test_figures_of_periods_that_were_over_are_restated_to_the_cent_and_others_are_not():
    before = facts("revenue 2024-01 1000.10", "revenue 2024-02 20.50", "revenue 2024-03 3", "orders 2024-01 7")
    after = facts("revenue 2024-01 994.85", "revenue 2024-02 20.50", "revenue 2024-03 99", "orders 2024-01 7")
    assert found(before, after) == [("revenue", "2024-01", "", "", -5.25)]


def test_a_cent_in_ten_thousand_million_is_told_and_the_noise_of_sums_in_another_order_is_not():
    assert found(facts("revenue 2024-01 9999999999.99"), facts("revenue 2024-01 9999999999.98")) == [
        ("revenue", "2024-01", "", "", -0.01)
    ]
    assert found(facts("hours 2024-01 0.30000000000000004"), facts("hours 2024-01 0.3")) == []


def test_a_figure_whose_parts_alone_are_others_is_restated():
    before, after = facts("share 2024-01 0.5"), facts("share 2024-01 0.5")
    before["denominator"], after["denominator"] = 2.0, 4.0
    (row,) = restated(side_by_side(before, after), AS_OF).to_dict("records")
    assert (row["change"], row["denominator_change"], row["numerator_change"]) == (0, 2, 0)


def test_a_figure_that_was_marked_as_incomplete_is_not_restated():
    before, after = facts("churn 2024-01 5", complete=False), facts("churn 2024-01 6")
    assert found(before, after) == []
    assert side_by_side(before, after)["differs"].tolist() == [True]


def test_members_that_come_and_go_are_told_but_not_what_one_side_did_not_measure():
    before = facts("revenue 2024-01 10 region North", "revenue 2024-02 10 region North", "revenue 2024-01 1 tier VIP")
    after = facts(
        "revenue 2024-01 10 region North", "revenue 2024-01 4 region South", "csat 2024-01 1", "orders 2024-01 1"
    )
    both = side_by_side(before, after)
    (row,) = restated(both, AS_OF).to_dict("records")
    assert (row["slice"], row["member"], row["after"], row["state_after"]) == ("region", "South", 4, "ok")
    assert math.isnan(row["before"])
    assert math.isnan(row["change"])


def test_a_figure_that_is_there_now_or_no_more_is_restated_with_its_states():
    before, after = facts("csat 2024-01 -", "nps 2024-01 3"), facts("csat 2024-01 4", "nps 2024-01 -")
    rows = restated(side_by_side(before, after), AS_OF).to_dict("records")
    assert [(row["kpi"], row["state_before"], row["state_after"]) for row in rows] == [
        ("csat", "no data", "ok"),
        ("nps", "ok", "no data"),
    ]


def test_kpis_of_the_as_of_periods_side_by_side():
    before = facts("revenue 2024-01 10", "orders 2024-01 2", "old 2024-01 1")
    after = facts("revenue 2024-02 12.5", "orders 2024-02 2", "new 2024-02 1")
    after.loc[after["kpi"] == "orders", "definition"] = "bbbb"
    rows = headline(before, after, ("2024-01", "2024-02")).set_index("kpi")
    assert rows.loc["revenue", ["before", "after", "change"]].tolist() == [10, 12.5, 2.5]
    assert rows["redefined"].to_dict() == {"revenue": False, "orders": True, "old": False, "new": False}
    assert rows["there"].to_dict() == {"revenue": "both", "orders": "both", "old": "before", "new": "after"}


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [(70.25, 65.0, -5.25), (0.1, 0.3, 0.2), (1e10, 1e10 + 0.01, 0.01), (1.1, 1.1, 0), (math.nan, 1, math.nan)],
)
def test_changes_are_exact(before, after, change):
    assert exact(before, after) == change or math.isnan(change)
