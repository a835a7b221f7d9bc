"""Met, missed, or too close to call."""

import math
from datetime import date

import pytest

from cpm_core import workbook
from cpm_core.model.errors import ParamsError
from cpm_core.model.periods import period_of
from cpm_core.params.targets import Target as Written
from cpm_core.scorecard.targets import Target, Targets
from tests.books import book


@pytest.mark.parametrize(
    ("target", "value", "interval", "status"),
    [
        (Target(low=0.9), 0.95, (0.91, 0.98), "met"),
        (Target(low=0.9), 0.95, (0.89, 0.98), "close"),
        (Target(low=0.9), 0.85, (0.80, 0.89), "missed"),
        (Target(low=0.9), 0.85, (0.80, 0.91), "close"),
        (Target(low=0.9), 0.90, (math.nan, math.nan), "met"),
        (Target(low=0.9), 0.8999, (math.nan, math.nan), "missed"),
        (Target(high=0.05), 0.05, (math.nan, math.nan), "met"),
        (Target(high=0.05), 0.06, (0.055, 0.07), "missed"),
        (Target(high=0.05), 0.02, (0.01, 0.04), "met"),
        (Target(low=1, high=2), 1.5, (1.4, 1.6), "met"),
        (Target(low=1, high=2), 1.9, (1.7, 2.1), "close"),
        (Target(low=1, high=2), 2.5, (2.4, 2.6), "missed"),
        (Target(low=1, high=2), 0.5, (0.4, 0.6), "missed"),
        (Target(low=0.9), 0.95, (0.9, 0.98), "met"),  # an interval that touches the target does not straddle it
        (Target(low=0.9), math.nan, (math.nan, math.nan), ""),
        (Target(), 5, (4, 6), "met"),
    ],
)
def test_status(target, value, interval, status):
    assert target.status(value, *interval) == status


SURVEYS = "response_id customer_id responded_at kind score scale_min scale_max\n"
CUSTOMERS = "customer_id region\na West\nb East\nc -\n"


def answered(month, customer, good, bad):
    """So many answers of 5 and of 1 on a scale of 1 to 5."""
    scores = [5] * good + [1] * bad
    return [f"{month}-{customer}-{i} {customer} {month}-10 csat {score} 1 5" for i, score in enumerate(scores)]


TABLES = {
    "customers": CUSTOMERS,
    # January: West 9 of 10, East 5 of 10, together 14 of 20. February: West 8 of 10. March: East 3 of 4 (few rows).
    "surveys": SURVEYS
    + "\n".join(
        answered("2024-01", "a", 9, 1)
        + answered("2024-01", "b", 5, 5)
        + answered("2024-02", "a", 8, 2)
        + answered("2024-03", "b", 3, 1)
    ),
    "orders": "order_id customer_id ordered_at amount kind\n1 a 2024-03-02 100 sale\n2 b 2024-03-03 50 sale",
}


def judged(request, **params):
    """Ends and status by KPI, period, slice and member."""
    made = book(TABLES, as_of="2024-03-31", history=3, slices=["region"], **params)
    request.addfinalizer(made.close)
    frame = Targets(made.params.targets, made.compiled, made.settings).judged(made.facts())
    keys = frame[["kpi", "period", "slice", "member"]].itertuples(index=False, name=None)
    rest = frame[["target_low", "target_high", "status"]].itertuples(index=False, name=None)
    return made, dict(zip(keys, rest, strict=True))


def test_a_target_differs_by_member_and_by_period(request):
    own = {"at_least": 0.4, "periods": {"2024-01": {"at_least": 0.1}}}
    csat = {"at_least": 0.75, "by": {"region": {"East": own}}, "periods": {"2024-Q1": {"at_least": 0.6}}}
    csat["periods"]["2024-02"] = {"between": [0.1, 0.2]}
    _, found = judged(request, kpis=["csat"], targets={"csat": csat})
    lows = {key[1:]: found[key][0] for key in found}
    assert lows["2024-01", "", ""] == 0.6, "January begins in the first quarter"
    assert lows["2024-02", "", ""] == 0.1, "the shorter stretch counts"
    assert lows["2024-03", "", ""] == 0.6
    assert lows["2024-01", "region", "West"] == 0.6, "without one of its own a member has the total's"
    assert lows["2024-01", "region", "East"] == 0.1
    assert lows["2024-03", "region", "East"] == 0.4, "its own counts before the total's of a period"


def test_status_is_met_missed_or_close_and_empty_on_few_rows(request):
    by = {"region": {"West": {"at_least": 0.5}, "East": {"at_least": 0.9}}}
    _, found = judged(request, kpis=["csat"], targets={"csat": {"at_least": 0.7, "by": by}})
    status = {key[1:]: found[key][2] for key in found}
    # Wilson, 95 %: 14 of 20 is .481 to .855, 9 of 10 is .596 to .982, 5 of 10 is .237 to .763 (Newcombe 1998, eq. 3).
    assert status["2024-01", "", ""] == "close"
    assert status["2024-01", "region", "West"] == "met"
    assert status["2024-01", "region", "East"] == "missed"
    assert status["2024-03", "region", "East"] == "", "four answers are too few to judge by"
    assert status["2024-03", "region", "West"] == "", "nobody answered"


def test_a_running_period_is_not_judged_and_an_amount_s_target_is_of_the_total_alone(request):
    targets = {"revenue": {"at_least": 120, "by": {"region": {"West": {"at_least": 100}}}}}
    _, found = judged(request, kpis=["revenue"], targets=targets)
    march = {key[2:]: value for key, value in found.items() if key[1] == "2024-03"}
    # 100 + 50 = 150 in total, 100 of it in the West.
    assert march["", ""] == (120, pytest.approx(math.nan, nan_ok=True), "met")
    assert march["region", "West"][2] == "met"
    assert ("region", "East") not in march
    made = book(TABLES, as_of="2024-03-30", kpis=["revenue"], targets={"revenue": {"at_least": 1}})
    request.addfinalizer(made.close)
    assert made.scorecard()["status"].tolist() == [""]


def test_the_scorecard_has_the_target_of_its_period(request):
    periods = {"2024-03": {"at_most": 149}, "2024": {"at_most": 1000}}
    made = book(TABLES, as_of="2024-03-31", kpis=["revenue"], targets={"revenue": {"periods": periods}})
    request.addfinalizer(made.close)
    row = made.scorecard().iloc[0]
    assert (row["target_high"], row["status"]) == (149, "missed")
    assert math.isnan(row["target_low"])


def test_a_target_of_other_periods_alone_leaves_this_one_without(request):
    made = book(
        TABLES, as_of="2024-03-31", kpis=["revenue"], targets={"revenue": {"periods": {"2025": {"at_least": 1}}}}
    )
    request.addfinalizer(made.close)
    assert made.scorecard().iloc[0][["target_low", "target_high"]].isna().all()


def test_a_member_that_the_data_do_not_have_is_told(request):
    by = {"region": {"Wset": {"at_least": 0.7}, "East": {"at_least": 0.7}}}
    made, found = judged(request, kpis=["csat"], targets={"csat": {"by": by}})
    assert ("csat", "2024-01", "region", "West") not in found
    (note,) = [one for one in made.report_data().notes if "Wset" in one]
    assert note == (
        "The target of Customer satisfaction (CSAT) for Wset (region) is held against nothing: "
        "the data have no such member; the nearest are West."
    )


def test_what_targets_name_wrongly_is_told_with_its_place(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(
        "as_of: 2024-03-31\nsources: [{use: demo}]\nslices: [region]\ntargets:\n"
        "  csat:\n"  # 5
        "    by:\n"  # 6
        "      regoin: {West: {at_least: .7}}\n"  # 7
        "      region:\n"  # 8
        "        West: {at_least: .7, periods: {2024-13: {at_least: .8}}}\n"  # 9
        "    periods:\n"  # 10
        "      2024-3: {at_least: .8}\n"  # 11
        "      2024-03-05: {at_least: .8}\n"  # 12
        "      2024-Q1: {at_least: .8}\n"  # 13
        "  cast: {at_least: .8}\n",  # 14
        encoding="utf-8",
    )
    with pytest.raises(ParamsError) as caught:
        workbook.open(path)
    found = {one.where.rpartition(":")[2]: one for one in caught.value.problems}
    assert set(found) == {"7", "9", "11", "12", "14"}
    assert (found["7"].what, found["7"].nearest) == (
        "targets.csat.by: the report is not sliced by 'regoin'",
        ("region",),
    )
    assert "correct it there" in found["7"].fix
    assert found["9"].what == "targets.csat.by.region.West.periods: '2024-13' is no month or quarter or year"
    assert found["11"].nearest[0] == "2024-03"
    assert "2024-03 or 2024-Q1 or 2024" in found["12"].fix
    assert found["14"].nearest[0] == "csat"


def test_years_that_start_in_april_and_weeks_of_a_month(request):
    targets = {"revenue": {"periods": {"2023": {"at_least": 1}}}}
    made = book(TABLES, as_of="2024-03-31", year_starts=4, kpis=["revenue"], targets=targets)
    request.addfinalizer(made.close)
    assert made.scorecard().iloc[0]["target_low"] == 1, "March 2024 lies in the year that began in April 2023"
    written = Written.model_validate({"periods": {"2024-03": {"at_least": 2}, "2024-W09": {"at_least": 3}}})
    ninth, tenth = (period_of(date(2024, 2, 26 + days), "week") for days in (0, 3))
    assert ninth == tenth, "26 February to 3 March is one week"
    assert written.ends(ninth, "week", 1).low == 3
    assert written.ends(period_of(date(2024, 3, 4), "week"), "week", 1).low == 2
    assert written.ends(period_of(date(2024, 4, 1), "week"), "week", 1) is None
