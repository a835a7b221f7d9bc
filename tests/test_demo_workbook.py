"""What is planted in the demo company, seen in the workbook's figures as docs/demo.md tells it."""

import math
import re
from collections import Counter
from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import cpm_core as cpm
from cpm_core.builtin.sources.demo import truths
from cpm_core.customers.hysteresis import replayed
from cpm_core.params.overrides import Override
from tests.books import book
from tests.builtin.checks.given import false_alarms
from tests.demo import as_told, number, shares, sums

YEARS = ("2022", "2023", "2024")
SLOW_SINCE, LAST_QUICK = f"{truths.SLOW_FROM:%Y-%m}", "2023-09"
OTHER_TEAMS = [team for team in truths.TEAMS if team != truths.SLOW_TEAM]


@pytest.fixture(scope="module")
def facts(demo_book):
    return demo_book.facts()


@pytest.fixture(scope="module")
def told(demo_page):
    """The tables of the planted truths, each row by its first cell."""

    def rows(heading, *columns, after=""):
        return {next(iter(row.values())): row for row in demo_page.table(heading, *columns, after=after)}

    return rows


def by_month(facts, kpi, slice_):
    """A KPI's values, a row a month and a column a member."""
    mine = facts[(facts["kpi"] == kpi) & (facts["slice"] == slice_)]
    return mine.pivot_table(index="period", columns="member", values="value")


def top_fifth(values):
    """Share of the highest fifth, rounded up, in the sum."""
    ranked = values.sort_values(ascending=False)
    return ranked.head(math.ceil(truths.TOP_CUSTOMERS * len(ranked))).sum() / ranked.sum()


# (a) Concentration


def test_the_top_fifth_brings_sixty_percent_of_sales(demo_book, told):
    page = told("(a)", "share of the top fifth")
    sales = pd.concat([demo_book.rows("gross_sales", period.label) for period in demo_book.periods])
    last_year = sales[sales["ordered_at"] >= pd.Timestamp(truths.AS_OF) - pd.Timedelta(days=364)]
    for over, rows in (("three years", sales), ("the last 365 days", last_year)):
        customers = rows.groupby("customer_id")["numerator"].sum()
        assert len(customers) == number(page[over]["customers with a sale"])
        assert as_told(top_fifth(customers), page[over]["share of the top fifth"])


def test_the_upper_tiers_hold_what_the_top_fifth_brings(demo_book):
    positive = (demo_book.customers()["trailing_revenue"] > 0).sum()
    # By the cut alone: with the margin a few more are kept.
    upper = demo_book.tiers(margin=0).head(2)
    assert upper["customers"].sum() == math.ceil(truths.TOP_CUSTOMERS * positive)
    assert upper["value_share"].sum() == pytest.approx(truths.TOP_SHARE, abs=truths.TOP_SHARE_TOLERANCE)


def jumbled(demo_book, seed, noise=0.0):
    """A book of the demo's customers and orders in another order, each amount off by at most ``noise``."""
    random, engine = np.random.default_rng(seed), demo_book._catalog.engine
    columns = ["order_id", "customer_id", "ordered_at", "amount", "kind"]
    orders = engine.arrow(demo_book._catalog.unbound("orders").select(columns))
    if noise:
        amounts = orders["amount"].cast("float64").to_numpy() * (1 + random.uniform(-noise, noise, len(orders)))
        orders = orders.set_column(3, "amount", pa.array(amounts.round(2)))
    customers = engine.arrow(demo_book._catalog.unbound("customers").select("customer_id"))
    tables = {"orders": orders, "customers": customers}
    params = demo_book.params
    return book(
        {name: rows.take(random.permutation(len(rows))) for name, rows in tables.items()},
        as_of=str(params.as_of),
        timezone=params.timezone,
        tiers={"rule": "percentile", "cut": {"VIP": "0.05", "key": "0.20"}},
    )


def test_tiers_do_not_depend_on_the_order_of_rows(demo_book):
    made = jumbled(demo_book, seed=1)
    ours = demo_book._tiering.frame(truths.AS_OF)
    pd.testing.assert_frame_equal(made._tiering.frame(truths.AS_OF), ours)
    made.close()
    assert len(ours) == len(demo_book.customers())


def test_noise_of_a_hundredth_moves_next_to_nobody(demo_book):
    made = jumbled(demo_book, seed=2, noise=0.01)
    ours, noisy = (one._tiering.frame(truths.AS_OF) for one in (demo_book, made))
    made.close()
    assert (ours["value"] != noisy["value"]).mean() > 0.5
    assert (ours["tier"] != noisy["tier"]).mean() < 0.02


def test_the_margin_keeps_customers_from_going_up_and_down(demo_book):
    tiering = demo_book._tiering
    ends = [period.last_day for period in demo_book.periods[-13:]]
    worth = tiering.worth
    days = [worth.on(day) for day in ends]

    def returned(margin):
        """How often a customer was back the month after a move."""
        tiers = [replayed(days[: count + 1], tiering.cut, margin, {}).tier for count in range(len(days))]
        return sum(
            ((one != other) & (one == third)).sum()
            for one, other, third in zip(tiers, tiers[1:], tiers[2:], strict=False)
        )

    # 42 with the margin and 135 without, when it was written.
    assert returned(0.1) < returned(0) / 2


def test_tiers_by_lifetime_value(demo_book):
    worth = demo_book.customers()["value_12_months"]
    found = demo_book.tiers(rule="lifetime_value", margin=0).set_index("tier")["customers"]
    positive = (worth > 0).sum()
    assert found["VIP"] == math.ceil(0.05 * positive)
    assert found["VIP"] + found["key"] == math.ceil(0.2 * positive)
    assert found.sum() == len(worth)


# (b) A slow team, unhappy customers, lost customers


def test_one_team_answers_slowly_from_the_planted_month_on(facts, told):
    hours = by_month(facts, "first_response_hours", "service_team")
    before, after = hours[:LAST_QUICK], hours[SLOW_SINCE:]
    # Both are business hours; the page's are of all months together and of answered tickets alone.
    page = told("(b)", "team", after="Median business hours")
    for team in truths.TEAMS:
        assert before[team].median() == pytest.approx(number(page[team]["to 2023-09"]), rel=0.1)
        assert after[team].median() == pytest.approx(number(page[team]["from 2023-10"]), rel=0.1)
    assert after[truths.SLOW_TEAM].min() > 2 * hours[OTHER_TEAMS].max(axis=None)
    # Months have some seventy tickets a team, so their medians are six times as long only about.
    assert after[truths.SLOW_TEAM].median() / before[truths.SLOW_TEAM].median() == pytest.approx(
        truths.SLOW_FACTOR, rel=1 / 6
    )
    assert after[OTHER_TEAMS].median().max() < 1.5 * before[OTHER_TEAMS].median().min()


def test_csat_of_its_customers_falls_at_once(facts, told):
    before = shares(facts, "csat", "service_team", last=LAST_QUICK)
    after = shares(facts, "csat", "service_team", first=SLOW_SINCE)
    page = told("(b)", "team", after="CSAT")
    for team in truths.TEAMS:
        # The page dates an answer by its ticket, the KPI by itself: a few fall on the other side.
        assert before[team] == pytest.approx(number(page[team]["to 2023-09"]), abs=0.02)
        assert after[team] == pytest.approx(number(page[team]["from 2023-10"]), abs=0.02)
    months = by_month(facts, "csat", "service_team")
    assert months.loc[SLOW_SINCE, truths.SLOW_TEAM] < months[:LAST_QUICK][truths.SLOW_TEAM].min() - 0.2


def test_retention_of_its_customers_falls_months_later(facts, told):
    page = told("(b)", "team", after="Retention")
    between, later = (column for column in page[truths.SLOW_TEAM] if " to " in column)
    for column in (between, later):
        first, last = column.split(" to ")
        found = shares(facts, "retention_rate", "service_team", first, last)
        assert all(as_told(found[team], page[team][column]) for team in truths.TEAMS)
    assert later.startswith(f"{truths.RETENTION_FALLS_FROM:%Y-%m}")
    assert (truths.AS_OF - truths.RETENTION_FALLS_FROM).days >= 2 * 90


# (c) Simpson


def test_the_average_order_falls_while_it_rises_in_every_channel(facts, told):
    page = told("(c)", "channel")
    means = {}
    for year in YEARS:
        whole = shares(facts, "average_order_value", "", f"{year}-01", f"{year}-12")
        means[year] = shares(facts, "average_order_value", "orders.channel", f"{year}-01", f"{year}-12")
        means[year]["all"] = whole[""]
        assert set(means[year].index) == {*truths.CHANNELS, "all"}
        for channel, mean in means[year].items():
            assert as_told(mean, page[channel][year])
    for channel in truths.CHANNELS:
        assert means["2022"][channel] < means["2023"][channel] < means["2024"][channel]
    assert means["2022"]["all"] > means["2023"]["all"] > means["2024"]["all"]


def test_the_cheap_channel_grows(facts, told):
    page = told("(c)", "channel")[f"share of {truths.CHEAP_CHANNEL} in the number of sales"]
    for year in YEARS:
        sales = sums(facts, "orders", "orders.channel", f"{year}-01", f"{year}-12")["numerator"]
        assert as_told(sales[truths.CHEAP_CHANNEL] / sales.sum(), page[year])


# (d) One region stops answering


def test_the_response_rate_of_one_region_collapses(facts, told):
    page = told("(d)", "region")
    spans = {"to 2024-02": ("", "2024-02"), "from 2024-03": (f"{truths.SILENT_FROM:%Y-%m}", "9")}
    for column, (first, last) in spans.items():
        found = shares(facts, "survey_response_rate", "region", first, last)
        assert set(found.index) == set(truths.REGIONS)
        assert all(as_told(found[region], page[region][column]) for region in truths.REGIONS)
    after = by_month(facts, "survey_response_rate", "region")[f"{truths.SILENT_FROM:%Y-%m}" :]
    others = after.drop(columns=truths.SILENT_REGION)
    assert (after[truths.SILENT_REGION] < others.min(axis=1)).all()


# (e) Some slow down, some stop


def test_one_group_slows_down_and_one_stops(demo_book, facts, told):
    for group, row in told("(e)", "group", "customers").items():
        for column in [name for name in row if " to " in name]:
            first, last = column.split(" to ")
            assert sums(facts, "orders", "planted_group", first, last)["numerator"][group] == number(row[column])
    stopped = by_month(facts, "orders", "planted_group")["stops"][f"{truths.STOPS_FROM:%Y-%m}" :]
    assert list(stopped) == [0] * 6


def test_the_groups_are_as_large_as_told(demo_book, told):
    rows = [demo_book.rows("orders", period.label, slice="planted_group") for period in demo_book.periods]
    customers = pd.concat(rows).groupby("member")["customer_id"].nunique()
    for group, row in told("(e)", "group", "customers").items():
        assert customers[group] == number(row["customers"])


def test_who_stopped_sixty_days_ago_is_twice_as_often_among_those_given_up(demo_book, told):
    """The tenth with the highest 1 - probability of being alive, against all who have bought."""
    catalog, day = demo_book._catalog, truths.STOPS_FROM + timedelta(days=60)
    values = catalog.engine.frame(catalog.at("customer_values", day))
    groups = catalog.engine.frame(catalog.unbound("customers").select("customer_id", "planted_group"))
    ranked = values.merge(groups, on="customer_id").sort_values(["probability_alive", "customer_id"])
    stopped = ranked["planted_group"] == "stops"
    assert stopped.sum() == number(told("(e)", "group", "customers")["stops"]["customers"])
    assert stopped.head(math.ceil(len(ranked) / 10)).mean() >= 2 * stopped.mean()


# (f) Dirty rows


def test_rejects_are_the_planted_rows_by_table_and_reason(demo_book, demo_page):
    rejects = demo_book.rejects()
    found = Counter(zip(rejects["table"], rejects["reason"], strict=True))
    planted = {(table, reason): n for table, reasons in truths.DIRTY.items() for reason, n in reasons.items()}
    assert found == planted
    for row in demo_page.table("(f)", "reason", "orders"):
        assert {table: found[table, row["reason"]] for table in truths.TABLES} == {
            table: number(row[table]) for table in truths.TABLES
        }
    counted = {name: stats.rejected for name, stats in demo_book.prepare().tables.items()}
    assert counted == {table: dict(reasons) for table, reasons in truths.DIRTY.items()}


def test_rows_after_the_as_of_day_are_counted_apart(demo_book, demo_page):
    (row,) = demo_page.table("(f)", "", "orders")
    found = {name: stats.not_yet for name, stats in demo_book.prepare().tables.items()}
    assert found == {table: truths.NOT_YET.get(table, 0) for table in truths.TABLES}
    assert found == {table: number(row[table]) for table in truths.TABLES}


def test_the_clean_rows_are_all_kept(demo_book, demo_page):
    kept = {name: stats.kept for name, stats in demo_book.prepare().tables.items()}
    assert kept == {row["table"]: number(row["clean rows"]) for row in demo_page.table("Tables", "clean rows")}


# Why, and signals


def test_why_names_the_channel_mix(demo_book):
    # Over the year the average order fell while it rose in every channel: see (c).
    why = demo_book.why("average_order_value", against="year")
    assert why.slice == "orders.channel", "of all slices at hand"
    assert why.change < 0
    assert why.frame["mix"].sum() < why.change, "the mix took away more than was lost"
    assert why.frame["rate"].sum() > 0
    assert (why.frame["rate"] > 0).all(), "in every channel"
    assert why.frame["member"].iloc[0] == truths.CHEAP_CHANNEL
    assert abs(why.frame["part"].sum() - why.change) < 1e-9
    assert "What moved it is the mix by channel (orders)" in why.text.en
    assert "主要来自渠道（订单）的结构变化" in why.text.zh


@pytest.mark.parametrize(("period", "against"), [(SLOW_SINCE, LAST_QUICK), ("2023-11", "2022-11"), ("2023-12", "year")])
def test_why_names_the_slow_team(demo_book, period, against):
    why = demo_book.why("csat", slice="tickets.team", period=period, against=against)
    first = why.frame.iloc[0]
    assert (first["member"], bool(first["significant"])) == (truths.SLOW_TEAM, True)
    assert first["part"] < why.change / 2 < 0
    # Against December 2022 the whole is within noise, and the team stands out all the same.
    verb, zh = ("stands out", "明显突出") if why.explained.compared.noise else ("moved it most", "影响最大的是")
    assert f"“{truths.SLOW_TEAM}” {verb}" in why.text.en
    assert f"“{truths.SLOW_TEAM}”" in why.text.zh
    assert zh in why.text.zh


def test_why_names_the_events_of_its_periods(demo_book):
    text = demo_book.why("csat", slice="tickets.team", period=SLOW_SINCE).text
    assert "Service team beta reorganised (1 October 2023)" in text.en
    assert "beta 客服组调整（2023年10月1日）" in text.zh


def test_the_signal_is_raised_on_the_slow_team_and_on_no_other(demo_book):
    signals = demo_book.signals("first_response_hours", slice="tickets.team")
    two_months = signals[signals["period"].isin([SLOW_SINCE, "2023-11"])]
    raised = two_months[two_months["signal"] != ""]
    assert set(raised["member"]) == {truths.SLOW_TEAM}
    assert set(raised["signal"]) == {"above"}
    assert len(two_months) == 2 * len(truths.TEAMS)


# (g) Half a delivery


@pytest.fixture(scope="module")
def half_book(repository, tmp_path_factory):
    """The same company with half of December's orders, looked at all the same."""
    half = Override("sources.0.half_delivery", value=True, origin="the test")
    book = cpm.open(
        repository / "params" / "demo.yaml",
        overrides=[half],
        kpis=["revenue", "orders"],
        slices=[],
        targets={},
        history=2,
        checks={"rows": {"level": "warn"}},
        work=tmp_path_factory.mktemp("half"),
    )
    yield book
    book.close()


def test_half_a_delivery_halves_the_last_month_and_no_other(facts, half_book, told):
    page = told("(g)", "whole", "half")["sales and returns of December 2024"]
    half, whole = half_book.facts(), facts[facts["slice"] == ""]
    counts = [one[(one["kpi"] == "revenue")].set_index("period")["n"] for one in (whole, half)]
    assert [one["2024-12"] for one in counts] == [number(page["whole"]), number(page["half"])]
    assert counts[0]["2024-11"] == counts[1]["2024-11"]
    sales = [one[one["kpi"] == "orders"].set_index("period")["value"] for one in (whole, half)]
    assert sales[1]["2024-12"] == math.ceil(sales[0]["2024-12"] / 2)


def test_half_a_delivery_is_told_of_orders_and_their_lines(half_book):
    first, second = half_book.warnings()
    assert first.startswith("Too few rows (orders): 546 rows of source demo in the 28 days to 2024-12-31")
    assert second.startswith("Too few rows (order_lines): ")


# December 2024


def test_december_is_what_plain_sql_says(demo_book, facts, demo_page):
    december = facts[(facts["period"] == "2024-12") & (facts["slice"] == "")].set_index("kpi")
    page = {row["KPI"]: row["value"] for row in demo_page.table("December 2024")}
    # What rests on a model or on labels, plain SQL cannot say; its own tests work it out by hand.
    assert set(page) == {kpi.id for kpi in demo_book.kpis} - {"customer_lifetime_value", "contact_coverage"}
    for kpi, cell in page.items():
        fact = december.loc[kpi]
        assert (fact["state"], fact["complete"]) == ("undefined" if cell.startswith("–") else "ok", True), kpi
        assert math.isnan(fact["value"]) if cell.startswith("–") else as_told(fact["value"], cell), kpi
        if parts := re.search(r"\((\d+) of (\d+)\)", cell):
            assert (fact["numerator"], fact["denominator"]) == (int(parts[1]), int(parts[2])), kpi


def test_no_check_is_alarmed_by_the_data_as_they_are_nor_as_they_were(demo_book):
    # With seasons, slow Sundays; by every ninth day of two years.
    assert demo_book.warnings() == []
    assert false_alarms(demo_book.prepare()) == []
