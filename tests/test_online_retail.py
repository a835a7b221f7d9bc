"""Two years of a real wholesaler, to the cent."""

import math
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml

import cpm_core as cpm
from cpm_core.data import IDENTITY, TABLES
from cpm_core.measure.concentration import weighed
from cpm_core.model.measures import Concentration
from tests.books import fact
from tests.builtin.checks.given import false_alarms

GOLDEN = yaml.safe_load((Path(__file__).parent / "golden" / "online_retail.yaml").read_text(encoding="utf-8"))
NOVEMBER = "2011-11"


@pytest.fixture(scope="module")
def frame(online_retail):
    return online_retail.facts()


@pytest.fixture(scope="module")
def last_year(repository):
    """The stretch that is usually analysed, nine days of December 2011 with it."""
    book = cpm.open(
        repository / "params" / "online_retail.yaml",
        since="2010-12-01",
        as_of="2011-12-09",
        kpis=["gross_sales", "orders", "new_customers"],
        targets={},
        slices=[],
    )
    yield book
    book.close()


@pytest.mark.parametrize("month", GOLDEN["months"])
def test_months_to_the_cent(frame, month):
    # Prices have up to three decimals; the golden values are to the cent.
    found = {kpi: round(fact(frame, kpi, month)["value"], 2) for kpi in GOLDEN["months"][month]}
    assert found == GOLDEN["months"][month]


def test_retention(frame):
    found, golden = fact(frame, "retention_rate", NOVEMBER), GOLDEN["retention"]
    assert (found["numerator"], found["denominator"]) == (golden["both"], golden["start"])
    assert round(found["value"], 5) == golden["rate"]
    assert (found["complete"], found["state"]) == (True, "ok")
    churn = fact(frame, "churn_rate", NOVEMBER)
    assert (churn["numerator"], churn["denominator"]) == (golden["start"] - golden["both"], golden["start"])


def test_retention_of_those_due(frame):
    found, golden = fact(frame, "due_retention_rate", NOVEMBER), GOLDEN["due"]
    assert (found["numerator"], found["denominator"]) == (golden["bought"], golden["due"])


def test_new_customers(frame):
    assert fact(frame, "new_customers", NOVEMBER)["value"] == GOLDEN["new_customers"]


@pytest.mark.parametrize("month", ["2009-12", "2010-01", "2010-02"])
def test_first_months_are_not_retention_of_100_percent(frame, month):
    # Data start on 2009-12-01: the 90 days before the month are not there.
    found = fact(frame, "retention_rate", month)
    assert math.isnan(found["value"])
    assert (found["complete"], found["state"]) == (False, "no data")
    assert "its look-back is not covered" in found["reason"]


def test_retention_starts_when_its_look_back_is_covered(frame):
    assert fact(frame, "retention_rate", "2010-03")["state"] == "ok"


def test_rejects_and_what_is_not_yet(online_retail):
    golden = GOLDEN["rejects"]["2011-11-30"]
    lines = online_retail.prepare().tables["order_lines"]
    assert dict(lines.rejected) == {"no customer": golden["no customer"], "no sale": golden["no sale"]}
    assert lines.not_yet == golden["not yet"]
    assert lines.delivered == lines.kept + sum(lines.rejected.values()) + lines.not_yet
    rejects = online_retail.rejects()
    assert rejects["reason"].value_counts().to_dict() == dict(lines.rejected)


def test_rejects_at_the_end_of_the_file(repository):
    book = cpm.open(repository / "params" / "online_retail.yaml", as_of="2011-12-09")
    lines = book.prepare().tables["order_lines"]
    book.close()
    golden = GOLDEN["rejects"]["2011-12-09"]
    assert dict(lines.rejected) == {"no customer": golden["no customer"], "no sale": golden["no sale"]}
    assert lines.not_yet == golden["not yet"]


def test_customers_and_tiers(online_retail):
    customers, all_time, golden = online_retail.customers(), GOLDEN["to_2011_11_30"], GOLDEN["trailing_year"]
    assert len(customers) == all_time["with_a_sale"] + all_time["returns_only"] == 5911
    assert (customers["sales"] > 0).sum() == all_time["with_a_sale"]
    assert customers["sales"].sum() == all_time["sales"]
    positive = customers[customers["trailing_revenue"] > 0]
    assert len(positive) == golden["positive"]
    assert round(positive["trailing_revenue"].sum(), 2) == golden["revenue"]
    assert customers["customer_id"].is_unique
    assert customers["tier"].value_counts().sum() == 5911
    assert (customers.loc[~(customers["trailing_revenue"] > 0), "tier"] == "ordinary").all()


def test_the_pure_cut(years):
    # VIP are the top 5 % of 4,277, so 214; key those up to 20 %, so 856 together.
    customers, golden = years.customers(), GOLDEN["trailing_year"]
    assert customers["tier"].value_counts().to_dict() == {"ordinary": 5911 - 856, "key": 856 - 214, "VIP": 214}
    top = customers[customers["tier"] != "ordinary"]["trailing_revenue"].sum()
    assert round(top / golden["revenue"], 5) == golden["top_share"]


@pytest.fixture(scope="module")
def years(online_retail, repository, tmp_path_factory):
    """The same tables by years that end in November; VIP is the pure cut of the day before each."""
    shared = tmp_path_factory.mktemp("shared")
    asked = {"period": "year", "year_starts": 12, "history": 1, "kpis": ["revenue"], "slices": ["tier"], "targets": {}}
    tiers = {"rule": "percentile", "cut": {"VIP": "0.05", "key": "0.20"}, "margin": "0"}
    book = cpm.open(repository / "params" / "online_retail.yaml", **asked, tiers=tiers, shared=shared)
    online_retail.prepare()
    book.tables_folder.symlink_to(online_retail.tables_folder.absolute())
    yield book
    book.close()


def revenue_of(book, ids, day):
    """Revenue of some customers in the year that ends with a day."""
    profile = book._catalog.engine.frame(book._catalog.at("customer_profile", day, ["orders"]))
    return float(profile.loc[profile["customer_id"].isin(ids), "trailing_revenue"].sum())


def test_vip_by_the_labels_of_the_start_lost_revenue_that_those_of_the_end_would_hide(years):
    then, now, golden = date(2010, 11, 30), date(2011, 11, 30), GOLDEN["vip"]
    labels = years.tables["customer_labels"].execute()
    start = labels.loc[labels["tier"] == "VIP", "customer_id"]
    found = fact(years.facts(), "revenue", "2010", "tier", "VIP")
    assert found["value"] == pytest.approx(revenue_of(years, start, now))
    assert round(found["value"] / revenue_of(years, start, then) - 1, 3) == golden["labelled_at_start"]
    customers = years.customers()
    end = customers.loc[customers["tier"] == "VIP", "customer_id"]
    assert round(revenue_of(years, end, now) / revenue_of(years, end, then) - 1, 3) == golden["labelled_at_end"]


def test_tiers_of_the_start_and_who_came_later_bring_the_whole_year(years):
    frame = years.facts()
    tiers = frame[frame["slice"] == "tier"]
    assert set(tiers["member"]) == {"VIP", "key", "ordinary", "new"}
    assert tiers["value"].sum() == pytest.approx(fact(frame, "revenue", "2010")["value"], abs=0.005)


def test_tiers_with_the_margin_hold_those_of_the_cut(online_retail):
    customers = online_retail.customers()
    assert customers["tier"].value_counts().sum() == 5911
    by_cut = customers["rank"].le(214), customers["rank"].between(215, 856)
    assert set(customers.loc[by_cut[0], "tier"]) == {"VIP"}
    assert set(customers.loc[by_cut[1], "tier"]) == {"VIP", "key"}
    start = customers.loc[customers["rank"] == 214, "value"].item()
    kept = customers[(customers["why"] == "kept") & (customers["tier"] == "VIP")]
    assert len(kept)
    assert kept["value"].between(0.9 * start, start).all()


def test_tiers_do_not_depend_on_the_history_that_is_shown(online_retail, tmp_path):
    shorter = cpm.open(online_retail.params.path, history=6, work=tmp_path)
    # The tables are the same: no need to read the file again.
    (tmp_path / TABLES).write_text(str(online_retail.tables_folder), encoding="utf-8")
    (tmp_path / IDENTITY).write_text(shorter.identity(), encoding="utf-8")
    assert len(shorter.periods) < len(online_retail.periods)
    day = online_retail.settings.as_of
    pd.testing.assert_frame_equal(shorter._tiering.frame(day), online_retail._tiering.frame(day))
    shorter.close()


def test_the_top_fifth_of_the_trailing_year(online_retail, frame):
    found, golden = fact(frame, "top_20_share", NOVEMBER), GOLDEN["trailing_year"]
    assert (found["n"], round(found["denominator"], 2)) == (golden["positive"], golden["revenue"])
    assert round(found["value"], 5) == golden["top_share"]
    assert (online_retail.rows("top_20_share", NOVEMBER)["numerator"] > 0).sum() == golden["top"]


def test_growth_is_that_of_the_months(frame):
    months = GOLDEN["months"]
    found = fact(frame, "revenue_growth", NOVEMBER)
    assert found["value"] == pytest.approx(months["2011-11"]["revenue"] / months["2010-11"]["revenue"] - 1, abs=1e-7)
    assert fact(frame, "revenue_growth", "2010-11")["state"] == "no data", "there is no November 2009"


def test_regions_add_up_to_the_total(frame):
    mine = frame[(frame["period"] == NOVEMBER) & (frame["slice"] == "region")]
    for kpi in ("revenue", "gross_sales", "orders", "new_customers"):
        assert round(mine[mine["kpi"] == kpi]["value"].sum(), 2) == fact(frame, kpi, NOVEMBER)["value"], kpi
    for kpi in ("retention_rate", "average_order_value", "return_rate"):
        for part in ("numerator", "denominator"):
            assert round(mine[mine["kpi"] == kpi][part].sum(), 2) == fact(frame, kpi, NOVEMBER)[part], kpi


def test_since_and_the_whole_of_what_is_left(last_year):
    frame, golden = last_year.facts(), GOLDEN["last_year"]
    assert frame[frame["kpi"] == "orders"]["value"].sum() == golden["orders"]
    assert round(frame[frame["kpi"] == "gross_sales"]["value"].sum(), 2) == golden["gross"]
    assert (last_year.customers()["sales"] > 0).sum() == golden["customers"]
    assert set(frame["period"]) == {"2010-12", *(f"2011-{month:02d}" for month in range(1, 13))}


@pytest.mark.parametrize(("kind", "golden"), [("top", "top_share"), ("gini", "gini")])
def test_concentration_of_the_sales_of_the_whole_stretch(last_year, kind, golden):
    orders = last_year.tables["orders"]
    held = orders.filter(orders.kind == "sale").group_by("customer_id").aggregate(held=orders.amount.sum())
    rows = weighed(held, Concentration(held.held, held.customer_id, kind), "held", "customer_id", [])
    sums = rows.aggregate(num=rows.num.sum(), den=rows.den.sum(), n=rows.counts.sum()).to_pandas().iloc[0]
    assert sums["n"] == GOLDEN["last_year"]["customers"]
    assert round(float(sums["num"] / sums["den"]), 5) == GOLDEN["last_year"][golden]


def test_since_leaves_no_look_back(last_year):
    # Whoever bought first after `since` may have bought before it.
    found = fact(last_year.facts(), "new_customers", "2011-06")
    assert (math.isnan(found["value"]), found["complete"]) == (True, False)
    assert not fact(last_year.facts(), "orders", "2011-12")["complete"], "nine days of December"


def test_the_rows_behind_figures(online_retail, frame):
    for kpi in ("revenue", "return_rate", "active_customers", "retention_rate", "purchase_frequency"):
        found = fact(frame, kpi, NOVEMBER)
        rows = online_retail.rows(kpi, NOVEMBER)
        assert round(rows["numerator"].sum(), 2) == found["numerator"], kpi
        if not math.isnan(found["denominator"]):
            assert round(rows["denominator"].sum(), 2) == found["denominator"], kpi


def test_files_are_named_from_the_project_s_folder(online_retail):
    (source,) = online_retail.provenance()["sources"]
    assert source["file"] == "plugins/online_retail/online_retail_ii.parquet"
    assert re.fullmatch("[0-9a-f]{64}", source["sha256"])


def cohorts_match(view, golden):
    wide = view.triangle()
    for cohort, told in golden.items():
        assert wide.loc[cohort, [0, 1, 2, 3]].tolist() == [told["size"], *told["after"]], cohort
    return wide


def test_cohorts(online_retail):
    view = online_retail.cohorts()
    cohorts_match(view, GOLDEN["cohorts"]["all"])
    assert set(view.frame[view.frame["censored"]]["cohort"]) == {"2009-12"}


def test_cohorts_of_the_stretch_with_its_censored_one_and_the_nine_days_of_december(last_year):
    view, golden = last_year.cohorts(), GOLDEN["cohorts"]["since_2010_12"]
    wide = cohorts_match(view, golden)
    assert wide.loc["2010-12", 11] == golden["2010-12"]["at_11"]
    frame = view.frame
    assert set(frame[frame["censored"]]["cohort"]) == {"2010-12"}
    december = frame[frame["so_far"].notna()]
    assert len(december) == 13
    assert set(december["period"]) == {"2011-12"}
    assert frame[frame["age"] == 12][["value", "share"]].isna().all(axis=None)
    # Each customer of the stretch is in one cohort.
    assert frame[frame["age"] == 0]["size"].sum() == GOLDEN["last_year"]["customers"]


def test_concentration_as_it_is_shown(online_retail, last_year):
    year, golden = online_retail.concentration(), GOLDEN["trailing_year"]
    assert (year.spread.customers, round(year.spread.total, 2)) == (golden["positive"], golden["revenue"])
    fifth = year.tops.set_index("share").loc[0.2]
    assert (fifth["customers"], round(fifth["held"], 5)) == (golden["top"], golden["top_share"])
    stretch, golden = last_year.concentration(days=None, of="gross_sales"), GOLDEN["last_year"]
    assert (stretch.spread.customers, round(stretch.spread.total, 2)) == (golden["customers"], golden["gross"])
    assert round(stretch.tops.set_index("share").loc[0.2, "held"], 5) == golden["top_share"]
    assert round(stretch.gini, 5) == golden["gini"]


def test_stages_agree_with_retention(online_retail):
    """Who is new, active, loyal or won back has a sale within 90 days: the same customers as retention counts."""
    golden, active = GOLDEN["retention"], ["new", "active", "loyal", "won_back"]
    moves = online_retail.stage_moves().matrix
    assert moves.to_numpy().sum() == 5911
    assert moves.loc[active].to_numpy().sum() == golden["start"]
    assert moves.loc[active, active].to_numpy().sum() == golden["both"]
    assert moves.loc["not known", "new"] == GOLDEN["new_customers"]
    back = moves.loc[["at_risk", "dormant", "lost"], active].to_numpy().sum()
    assert back == online_retail.scorecard().set_index("kpi").loc["reactivated_customers", "value"]


def test_no_check_is_alarmed_by_the_data_as_they_are_nor_as_they_were(online_retail):
    # With closed Saturdays, two weeks at Christmas; by every ninth day of two years.
    assert online_retail.warnings() == []
    assert false_alarms(online_retail.prepare()) == []
