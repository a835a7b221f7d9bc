"""What must hold of any company: against plain loops, in sum, and whatever the order of rows."""

from datetime import date

import pandas as pd
import pytest

from cpm_core.measure import fused
from cpm_core.model.measures import Distinct, Ratio, Total
from cpm_core.model.periods import parse_label
from tests.books import book
from tests.measure import random_service
from tests.measure.random_book import AS_OF, Plain, company

WHERE = ["kpi", "period", "slice", "member"]
FIGURES = ["value", "numerator", "denominator", "n", "low", "high"]
PARAMS = {
    "as_of": str(AS_OF),
    "history": 6,
    "slices": ["region", "segment", "orders.channel", "tickets.team"],
    "timezone": "Europe/Berlin",
    "loaded_until": dict.fromkeys(("orders", "tickets", "surveys"), date(2024, 12, 31)),
    **random_service.PARAMS,
}


@pytest.fixture(scope="module")
def tables():
    return company(1)


@pytest.fixture(scope="module")
def made(tables):
    found = book(tables, **PARAMS)
    yield found
    found.close()


@pytest.fixture(scope="module")
def frame(made):
    return made.facts()


def same(found, expected):
    """Figures are equal to the last bit, but of what squares are in."""
    left, right = (one.set_index(WHERE).sort_index() for one in (found, expected))
    assert left.index.equals(right.index)
    for column in ("value", "numerator", "denominator", "n", "state", "complete"):
        pd.testing.assert_series_equal(left[column], right[column])
    for column in ("low", "high"):
        pd.testing.assert_series_equal(left[column], right[column], rtol=1e-9)


def facts_of(tables, **params):
    made = book(tables, **{**PARAMS, **params})
    try:
        return made.facts()
    finally:
        made.close()


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_every_figure_is_what_loops_over_rows_give(frame, seed):
    tables = company(seed)
    frame = frame if seed == 1 else facts_of(tables, slices=[])
    totals = frame[frame["slice"] == ""].set_index(["kpi", "period"])
    checked = 0
    for label in ("2023-10", "2023-11", "2023-12", "2024-01", "2024-02", "2024-03"):
        period = parse_label(label, "month")
        for kpi, expected in Plain(tables, period.start, period.end).figures().items():
            found = totals.loc[(kpi, label)]
            if isinstance(expected, tuple):
                assert (found["numerator"], found["denominator"]) == expected, (kpi, label)
                value = expected[0] / expected[1] if expected[1] else float("nan")
                assert found["value"] == pytest.approx(value, nan_ok=True), (kpi, label)
            else:
                assert found["value"] == pytest.approx(expected, nan_ok=True), (kpi, label)
            checked += 1
    assert checked == 6 * 38


def test_members_add_up_to_the_total(made, frame):
    measures = {name: one.measure for name, one in made.compiled.items()}
    whole = frame[frame["slice"] == ""].set_index(["kpi", "period"])
    for slice_, parts in frame[frame["slice"] != ""].groupby("slice"):
        sums = parts.groupby(["kpi", "period"])[["value", "numerator", "denominator", "n"]].sum(min_count=1)
        # A member with too few costs has no figure of its own, and none to add.
        without = set(parts[parts["state"] == "no data"].set_index(["kpi", "period"]).index)
        for (kpi, period), found in sums.iterrows():
            measure, total = measures[kpi], whole.loc[(kpi, period)]
            if total["state"] == "no data" or (isinstance(measure, Total) and (kpi, period) in without):
                continue
            if isinstance(measure, Total) or (isinstance(measure, Distinct) and slice_ != "orders.channel"):
                assert found["value"] == pytest.approx(total["value"], abs=1e-9), (kpi, period, slice_)
            elif isinstance(measure, Ratio):
                for part in ("numerator", "denominator", "n"):
                    assert found[part] == pytest.approx(total[part], abs=1e-9), (kpi, period, slice_)


def test_one_query_a_slice_gives_the_same(tables, frame, monkeypatch):
    monkeypatch.setattr(fused, "MOST_GROUPS", 0)
    same(facts_of(tables), frame)


@pytest.mark.soak
def test_the_other_language_has_the_same_figures(tables, frame):
    chinese = facts_of(tables, locale="zh", slices=[])
    same(chinese, frame[frame["slice"] == ""])
    reasons = chinese[chinese["reason"] != ""]["reason"]
    assert reasons.map(lambda words: any("一" <= letter <= "鿿" for letter in words)).all()
