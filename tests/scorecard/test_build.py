"""The scorecard of small workbooks: comparisons, targets, signals and what is more than chance."""

import math
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from cpm_core.model.measures import Ratio, Total
from cpm_core.scorecard.build import _end
from tests.books import book

ORDERS = "order_id customer_id ordered_at amount kind\n"
SURVEYS = "response_id customer_id sent_at responded_at kind score scale_min scale_max\n"


def scorecard(request, tables, **params):
    made = book(tables, **params)
    request.addfinalizer(made.close)
    return made.scorecard().set_index("kpi")


def seasonal(last=1.0):
    """Three years in which December is twelve times January, and each year brings a tenth more."""
    rows = []
    for year in range(3):
        for month in range(1, 13):
            wobble = 1.01 if month % 2 else 0.99
            amount = 100 * month * 1.1**year * (wobble if year == 1 else 1)
            amount *= last if (year, month) == (2, 12) else 1
            rows.append(f"{year}-{month} a {2021 + year}-{month:02d}-15 {amount:.4f} sale")
    return ORDERS + "\n".join(rows)


def test_with_two_years_signals_are_of_the_change_on_the_year_before(request):
    # Half the December of a tenth more: by far the highest month but one, and a collapse all the same.
    row = scorecard(request, {"orders": seasonal(0.5)}, as_of="2023-12-31", history=24, kpis=["revenue"]).loc["revenue"]
    assert (row["signal"], row["signal_basis"]) == ("below", "year")
    assert -0.2 < row["signal_low"] < 0.1 < row["signal_high"] < 0.4, "limits of the change, as a share"
    assert row["year_period"] == "2022-12"
    assert row["year_change"] == pytest.approx(1200 * (1.21 * 0.5 - 1.1 * 0.99))
    assert row["change"] == pytest.approx(1200 * 1.21 * 0.5 - 1100 * 1.21)


def test_a_usual_december_is_no_signal(request):
    row = scorecard(request, {"orders": seasonal()}, as_of="2023-12-31", history=24, kpis=["revenue"]).loc["revenue"]
    assert (row["signal"], row["signal_basis"]) == ("", "year")


def test_with_less_the_season_is_said_to_be_in_it(request):
    tables = {"orders": seasonal()}
    row = scorecard(request, tables, as_of="2023-12-31", since="2022-05-01", history=24, kpis=["revenue"]).loc[
        "revenue"
    ]
    assert row["signal_basis"] == "level"
    assert "the season is not removed" in row["signal_reason"]


def test_weeks_of_less_than_a_year_and_some_are_judged_by_their_level(request):
    # 40 weeks: 100 and 104 in turn, and at last 300. The 39 before it, 20 of them 100, have a mean moving range of 4.
    first = date(2023, 1, 2)
    amounts = [300 if week == 39 else 104 if week % 2 else 100 for week in range(40)]
    rows = [f"{i} a {first + timedelta(weeks=i)} {amount} sale" for i, amount in enumerate(amounts)]
    tables = {"orders": ORDERS + "\n".join(rows)}
    row = scorecard(request, tables, as_of="2023-10-08", period="week", kpis=["revenue"]).loc["revenue"]
    assert (row["signal"], row["signal_basis"]) == ("above", "level")
    mean = (20 * 100 + 19 * 104) / 39
    assert (row["signal_low"], row["signal_high"]) == pytest.approx((mean - 2.66 * 4, mean + 2.66 * 4))
    assert "fewer than 9 changes on the year before" in row["signal_reason"]


def test_a_running_month_is_judged_by_nothing(request):
    targets = {"revenue": {"at_least": 1}}
    tables = {"orders": seasonal()}
    row = scorecard(request, tables, as_of="2023-12-20", kpis=["revenue"], targets=targets).loc["revenue"]
    assert (row["status"], row["signal"], bool(row["complete"])) == ("", "", False)
    assert math.isnan(row["change"])
    assert math.isnan(row["year_change"])
    assert row["change_reason"] == "2023-12 is not complete: the period is not over on 2023-12-20"


@pytest.fixture(scope="module")
def satisfied(request):
    """Of 40 answers 30 were good in January and 12 are in February; NPS is what it was."""
    rows = []
    for month, good in (("01", 30), ("02", 12)):
        for i in range(40):
            who = f"c{month}{i}"
            rows.append(f"{who} {who} 2024-{month}-02 2024-{month}-05 csat {5 if i < good else 1} 1 5")
            rows.append(f"n{who} {who} 2024-{month}-02 2024-{month}-05 nps {10 if i % 2 else 3} 0 10")
    targets = {"csat": {"at_least": 0.5}, "nps": {"at_least": 0}}
    kpis = ["csat", "nps", "survey_response_rate"]
    return scorecard(request, {"surveys": SURVEYS + "\n".join(rows)}, as_of="2024-02-29", kpis=kpis, targets=targets)


def test_a_change_beyond_chance(satisfied):
    csat = satisfied.loc["csat"]
    assert (csat["value"], csat["previous"], csat["previous_period"]) == (0.3, 0.75, "2024-01")
    assert csat["change"] == pytest.approx(-0.45)
    assert csat["change_low"] < csat["change"] < csat["change_high"] < 0
    assert csat["change_significant"]
    assert not csat["year_significant"]
    assert csat["year_reason"] == "2023-02 was not measured"


def test_no_change_is_none(satisfied):
    nps = satisfied.loc["nps"]
    assert (nps["value"], nps["change"]) == (0, 0)
    assert not nps["change_significant"]


def test_targets_with_intervals(satisfied):
    # 12 of 40 lie between .18 and .45; NPS of 20 and 20 straddles 0.
    assert satisfied.loc["csat", "status"] == "missed"
    assert satisfied.loc["nps", "status"] == "close"
    assert satisfied.loc["survey_response_rate", "status"] == "", "there is no target"
    assert satisfied.loc["csat", "target_low"] == 0.5
    assert math.isnan(satisfied.loc["csat", "target_high"])


def test_few_rows_are_shown_and_raise_no_signal(request):
    rows = [f"{m}{i} {m}{i} 2024-0{m}-02 2024-0{m}-05 csat {5 if m == 1 else 1} 1 5" for m in (1, 2) for i in range(4)]
    row = scorecard(
        request,
        {"surveys": SURVEYS + "\n".join(rows)},
        as_of="2024-02-29",
        kpis=["csat"],
        targets={"csat": {"at_least": 0.5}},
    ).loc["csat"]
    assert (row["value"], row["change"], row["state"]) == (0, -1, "few")
    assert (row["status"], bool(row["change_significant"])) == ("", False)


def test_a_trailing_year_is_compared_with_a_year_before_only(request):
    row = scorecard(request, {"orders": seasonal()}, as_of="2023-12-31", kpis=["repeat_rate"]).loc["repeat_rate"]
    assert row["change_reason"] == "a trailing-year figure is compared with a year before only"
    assert (row["signal"], row["signal_reason"]) == ("", row["change_reason"])
    assert row["year_reason"] == ""


def test_a_limit_is_told_as_what_it_limits():
    def end(unit, measure, value, *, seasonal, locale="en"):
        kpi = SimpleNamespace(unit=unit)
        series = SimpleNamespace(kpi=kpi, compiled=SimpleNamespace(measure=measure))
        return _end(value, series, seasonal).in_(locale)

    total, ratio = Total(1), Ratio(1, 1)
    assert end("money", total, -0.227, seasonal=True) == "−22.7%"
    assert end("money", total, 1234567.0, seasonal=False) == "1,234,567"
    assert end("percent", ratio, 0.0412, seasonal=True) == "+4.1 pp"
    assert end("percent", ratio, 0.0412, seasonal=True, locale="zh") == "+4.1 个百分点"
    assert end("percent", ratio, 0.9, seasonal=False) == "90.0%"
