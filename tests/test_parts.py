"""Reports on parts of the demo: they add up to the whole, and are what the whole says of each region."""

from __future__ import annotations

import pandas as pd
import pytest

from cpm_core.builtin.sources.demo import truths
from tests.shared_books import opened, shared_folder

pytestmark = pytest.mark.soak  # tests/tables/test_cut.py has them by hand
KPIS = ["revenue", "orders", "active_customers", "retention_rate", "csat", "tickets", "first_response_hours", "nps"]
ADDED = ["revenue", "orders", "active_customers", "tickets"]
WHERE = ["kpi", "period"]
NUMBERS = ["value", "numerator", "denominator", "n", "low", "high"]


class Parts:
    """The facts of the whole, and by region those of its own report, measured when they are asked for."""

    def __init__(self, path, shared):
        self.path, self.shared = path, shared
        self.known = {}

    def __getitem__(self, region):
        if region not in self.known:
            only = {"region": region} if region else {}
            said = {"kpis": KPIS, "history": 2, "slices": ["region"], "targets": {}, "only": only}
            book = opened(self.path, self.shared, f"part_{region}", **said)
            self.known[region] = book.facts()
            book.close()
        return self.known[region]


@pytest.fixture(scope="module")
def facts(repository, tmp_path_factory):
    return Parts(repository / "params" / "demo.yaml", shared_folder(tmp_path_factory))


def totals(frame):
    return frame[frame["slice"] == ""].set_index(WHERE)


def test_the_parts_add_up_to_the_whole(facts):
    whole = totals(facts[""])["value"].loc[ADDED]
    added = sum(totals(facts[region])["value"].loc[ADDED] for region in truths.REGIONS)
    assert len(whole) > 40
    assert (whole > 0).all()
    pd.testing.assert_series_equal(added, whole, check_exact=False, rtol=1e-12)


@pytest.mark.parametrize("region", truths.REGIONS)
def test_a_part_is_what_the_whole_says_of_it(facts, region):
    whole = facts[""]
    of_region = whole[(whole["slice"] == "region") & (whole["member"] == region)].set_index(WHERE)
    own = totals(facts[region])
    assert set(own.index) == set(of_region.index)
    columns = [*NUMBERS, "state", "reason", "complete", "definition"]
    pd.testing.assert_frame_equal(own[columns].sort_index(), of_region[columns].sort_index(), rtol=1e-9)
    # Of a part there is one member.
    assert set(facts[region].loc[facts[region]["slice"] == "region", "member"]) == {region}
