"""From a figure to its rows: they add up to it."""

import numpy as np
import pytest

import cpm_core as cpm
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import MeasureError, UsageError
from cpm_core.model.measures import Derived
from cpm_core.params.overrides import Override
from tests import books

SLICES = ["region", "orders.channel"]
EVERY = sorted(Registry.load(None).kpis)


@pytest.fixture(scope="module")
def book(repository, tmp_path_factory):
    """A smaller company, so that all rows behind all figures can be fetched."""
    small = Override("sources.0.customers", 300, "the test")
    path, work = repository / "params" / "demo.yaml", tmp_path_factory.mktemp("rows") / "work"
    book = cpm.open(path, overrides=[small], slices=SLICES, history=3, targets={}, kpis=EVERY, work=work)
    yield book
    book.close()


def added(rows):
    """Numerator and denominator by member, and how many rows there are."""
    by_member = rows.assign(member=rows.get("member", "")).groupby("member")
    # min_count: what no row has a value for is nothing, and not 0.
    sums = by_member[["numerator", "denominator"]].sum(min_count=1)
    return sums.assign(n=by_member.size())


def add_up(book, kpi, periods):
    facts = book.facts()
    mine = facts[(facts["kpi"] == kpi) & facts["period"].isin([period.label for period in periods])]
    assert len(mine) >= len(periods)
    derived = isinstance(book.compiled[kpi].measure, Derived)
    for (slice_, period), told in mine.groupby(["slice", "period"]):
        if derived and told["state"].eq("no data").all():
            continue  # on a year that was not measured
        expected = told.set_index("member")[["numerator", "denominator", "n"]]
        rows = added(book.rows(kpi, period, slice=slice_))
        assert set(rows.index) <= set(expected.index)
        # A member of another period, without rows in this one, adds up to nothing.
        rows = rows.reindex(expected.index)
        nothing = expected["numerator"].eq(0) & expected["n"].eq(0)
        rows.loc[nothing] = rows.loc[nothing].fillna(0).where(expected.loc[nothing].notna())
        if derived:
            rows, expected = rows.drop(columns="n"), expected.drop(columns="n")
            # A member of this year may have no rows of the year before.
            rows = rows.fillna(0).where(expected.notna())
        np.testing.assert_allclose(rows, expected, rtol=1e-12, atol=1e-6, err_msg=f"{kpi} {period} {slice_}")


@pytest.mark.parametrize("kpi", EVERY)
def test_rows_add_up_to_every_fact(book, kpi):
    """Of the first period, and of the last two, before which there is all that they look back on."""
    add_up(book, kpi, (book.periods[0], *book.periods[-2:]))


@pytest.mark.soak
@pytest.mark.parametrize("kpi", EVERY)
def test_rows_add_up_to_every_fact_of_all_periods(book, kpi):
    add_up(book, kpi, book.periods)


@pytest.mark.parametrize(("kpi", "slice_"), [("revenue", "region"), ("active_customers", "orders.channel")])
def test_a_member_s_rows_are_those_of_all_members_cut(book, kpi, slice_):
    whole = book.rows(kpi, "2024-12", slice=slice_)
    for member, mine in whole.groupby("member"):
        rows = book.rows(kpi, "2024-12", slice=slice_, member=member)
        assert rows.equals(mine.drop(columns="member").reset_index(drop=True))
    assert whole["member"].nunique() > 2
    assert book.rows(kpi, "2024-12", slice=slice_, member="nowhere").empty


def test_a_customer_of_two_channels_counts_once_in_each_and_once_in_all(book):
    sliced, total = (book.rows("active_customers", "2024-12", slice=s) for s in ("orders.channel", ""))
    pairs = sliced[["member", "customer_id"]].drop_duplicates()
    assert sliced["numerator"].sum() == len(pairs) > total["numerator"].sum() == total["customer_id"].nunique()


def test_rows_of_a_derived_kpi_are_those_of_both_its_parts(book):
    rows = book.rows("purchase_frequency", "2024-12")
    assert set(rows["kpi"]) == {"orders", "active_customers"}
    fact = books.fact(book.facts(), "purchase_frequency", "2024-12")
    assert rows["numerator"].sum() / rows["denominator"].sum() == pytest.approx(fact["value"], rel=1e-12)


def test_the_as_of_period_is_meant_where_none_is_named(book):
    assert book.rows("nps").equals(book.rows("nps", "2024-12"))


def test_what_identifies_a_person_is_masked(book):
    assert set(book.rows("csat")["comment"].dropna()) <= {"•••"}


def test_what_cannot_be_asked_is_told(book):
    with pytest.raises(UsageError, match="2019-01 was not measured"):
        book.rows("revenue", "2019-01")
    with pytest.raises(MeasureError, match="retention_rate") as caught:
        book.rows("retention_rate", slice="orders.channel")
    assert "cannot reach the slice 'orders.channel'" in str(caught.value)
    with pytest.raises(MeasureError) as caught:
        book.rows("revenu")
    assert "revenue" in caught.value.problems[0].nearest


ORDERS = """
order_id customer_id ordered_at           amount kind   member numerator
s1       a           2024-12-01           10     sale   gold   7
s2       a           2024-12-31T23:59:59  20     sale   gold   7
s3       b           2024-12-15           40     sale   -      7
r1       b           2024-12-16           -5     return gold   7
s4       b           2024-11-30T23:59:59  80     sale   gold   7
"""


def test_columns_of_a_source_do_not_stand_in_the_way_of_those_of_a_figure():
    small = books.book({"orders": ORDERS}, as_of="2024-12-31", slices=["orders.member"])
    rows = small.rows("revenue", slice="orders.member")
    assert dict(zip(rows["order_id"], rows["numerator"], strict=True)) == {"s1": 10, "s2": 20, "s3": 40, "r1": -5}
    assert dict(zip(rows["order_id"], rows["member"], strict=True)) == {
        "s1": "gold", "s2": "gold", "s3": "(none)", "r1": "gold"
    }  # fmt: skip
    assert list(small.rows("orders", slice="orders.member", member="(none)")["order_id"]) == ["s3"]
    small.close()


def test_quarters_and_weeks_hold_their_own_days():
    for period, label, ids in (
        ("quarter", "2024-Q4", ["r1", "s1", "s2", "s3", "s4"]),
        ("week", "2024-W50", ["s3"]),
        ("day", "2024-12-31", ["s2"]),
    ):
        small = books.book({"orders": ORDERS}, as_of="2024-12-31", period=period, history=6)
        assert list(small.rows("revenue", label)["order_id"]) == ids
        small.close()
