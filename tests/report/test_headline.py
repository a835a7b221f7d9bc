"""What the headline says, against hand-written sentences."""

import pandas as pd
import pytest

from cpm_core.report import headline
from tests.report import sample

BY_ID = {kpi[0]: kpi for kpi in sample.KPIS}
REVENUE, RETURNS, RETENTION, CSAT = (BY_ID[one] for one in ("revenue", "return_rate", "retention_rate", "csat"))
TICKETS, RESPONSE, HOURS = (BY_ID[one] for one in ("tickets", "survey_response_rate", "first_response_hours"))


def say(locale, *rows):
    data = sample.make(locale, scorecard=pd.DataFrame([sample.score_row(locale, kpi, **given) for kpi, given in rows]))
    return {topic: [one.text for one in headline.sentences(data) if one.topic == topic] for topic in headline.TOPICS}


def lead(locale, *rows):
    data = sample.make(locale, scorecard=pd.DataFrame([sample.score_row(locale, kpi, **given) for kpi, given in rows]))
    return headline.render(data).text.splitlines()[1]


def test_a_quiet_month():
    assert say("en", (REVENUE, {}))["changes"] == ["No change is larger than noise."]
    assert say("zh", (REVENUE, {}))["changes"] == ["各项变化均在正常波动之内。"]
    assert lead("en", (REVENUE, {})) == "No figure moved by more than noise."
    assert lead("zh", (REVENUE, {})) == "各项变化均在正常波动之内。"


def test_nothing_to_compare_with_is_no_quiet_month():
    row = (REVENUE, {"previous": float("nan"), "year_ago": float("nan")})
    assert say("en", row)["changes"] == []


def test_a_signal_of_a_total():
    row = (REVENUE, {"previous": 974_603.59, "signal": "above"})
    assert say("en", row)["changes"] == [
        "Revenue rose 16.2% from October 2011, to £1,132,408, above the range of its own history (better)."
    ]
    assert say("zh", row)["changes"] == ["收入较2011年10月上升16.2%，至£1,132,408，高于自身历史波动范围（向好）。"]


def test_a_significant_change_of_a_rate_is_in_points_and_worse_first():
    rows = [
        (RETURNS, {"previous": 0.0622, "change_significant": True}),
        (CSAT, {"previous": 0.861, "change_significant": True}),
    ]
    assert say("en", *rows)["changes"] == [
        "Customer satisfaction (CSAT) fell 4.9 percentage points from October 2011, to 81.2% (worse).",
        "Return rate fell 3.7 percentage points from October 2011, to 2.5% (better).",
    ]
    assert say("zh", *rows)["changes"] == [
        "客户满意度较2011年10月下降4.9个百分点，至81.2%（转差）。",
        "退货率较2011年10月下降3.7个百分点，至2.5%（向好）。",
    ]


def test_a_trailing_year_is_compared_with_the_year_before():
    row = (BY_ID["repeat_rate"], {"previous": float("nan"), "year_ago": 0.701, "year_significant": True})
    assert say("en", row)["changes"] == [
        "Repeat rate rose 2.3 percentage points from November 2010, to 72.4% (better)."
    ]


def test_a_signal_in_the_change_on_the_year_names_that_change():
    row = (REVENUE, {"previous": 700_000.0, "year_ago": 1_100_000.0, "signal": "below", "signal_basis": "year"})
    assert say("en", row)["changes"] == [
        "Revenue rose 2.9% from November 2010, to £1,132,408, a smaller yearly rise than usual (worse)."
    ]
    assert say("zh", row)["changes"] == ["收入较2010年11月上升2.9%，至£1,132,408，同比升幅小于往常（转差）。"]
    row[1]["year_ago"] = 1_200_000.0
    assert say("en", row)["changes"] == [
        "Revenue fell 5.6% from November 2010, to £1,132,408, below the usual range of its yearly change (worse)."
    ]


def test_the_mark_points_to_where_the_sentence_says_it_went():
    row = (REVENUE, {"previous": 700_000.0, "year_ago": 1_100_000.0, "signal": "below", "signal_basis": "year"})
    data = sample.make("en", scorecard=pd.DataFrame([sample.score_row("en", row[0], **row[1])]))
    assert [one.mark for one in headline.sentences(data) if one.topic == "changes"] == ["up bad"]


def test_a_signal_against_the_change_on_the_period_before_does_not_name_it():
    row = (REVENUE, {"previous": 1_000_000.0, "signal": "below"})
    assert say("en", row)["changes"] == ["Revenue: £1,132,408, below the range of its own history (worse)."]


def test_two_comparisons_that_agree():
    row = (RETENTION, {"previous": 0.8730, "year_ago": 0.8950, "change_significant": True, "year_significant": True})
    assert say("en", row)["changes"] == [
        (
            "Retention rate (90-day activity) rose 3.4 percentage points from October 2011 and 1.2 percentage points from "
            "November 2010, to 90.7% (better)."
        )
    ]
    assert say("zh", row)["changes"] == [
        "留存率（90天活跃）较2011年10月上升3.4个百分点、较2010年11月上升1.2个百分点，至90.7%（向好）。"
    ]


def test_two_comparisons_that_do_not_agree_say_each_how_it_is():
    row = (RETENTION, {"previous": 0.8730, "year_ago": 0.9390, "change_significant": True, "year_significant": True})
    assert say("en", row)["changes"] == [
        (
            "Retention rate (90-day activity) rose 3.4 percentage points from October 2011 (better) but fell 3.2 percentage "
            "points from November 2010 (worse), to 90.7%."
        )
    ]
    assert say("zh", row)["changes"] == [
        "留存率（90天活跃）较2011年10月上升3.4个百分点（向好），但较2010年11月下降3.2个百分点（转差），至90.7%。"
    ]


def test_a_run_without_a_comparison():
    row = (HOURS, {"previous": float("nan"), "year_ago": float("nan"), "signal": "run below"})
    assert say("en", row)["changes"] == [
        "Time to first response (median): 5.4 h, below its usual level for eight periods or more (better)."
    ]
    assert say("zh", row)["changes"] == ["首次响应时长（中位数）为5.4小时，已连续八期以上低于往常水平（向好）。"]


def test_neither_direction_is_good_where_none_is():
    neither = tuple("neither" if part == "higher" else part for part in REVENUE)
    told = say("en", (neither, {"previous": 974_603.59, "signal": "above"}))["changes"]
    assert told == ["Revenue rose 16.2% from October 2011, to £1,132,408, above the range of its own history."]


def test_no_signal_is_told_of_few_rows():
    row = (RESPONSE, {"state": "few", "change_significant": True, "previous": 0.5, "reason": "4 surveys sent"})
    told = say("en", row)
    assert told["changes"] == ["No change is larger than noise."]
    assert told["unmeasured"] == ["Too few rows to judge: Survey response rate (4 surveys sent)."]


def test_more_changes_than_are_read_are_counted():
    rows = [(REVENUE, {"previous": 974_603.59, "signal": "above"})] * 11
    told = say("en", *rows)["changes"]
    assert len(told) == headline.MOST + 1
    assert told[-1] == "3 more stand out; the scorecard marks them."
    assert say("zh", *rows)["changes"][-1] == "另有3项显著变化，见记分卡标注。"
    assert say("en", *rows[:9])["changes"][-1] == "1 more stands out; the scorecard marks it."


TARGETS = [
    (RETENTION, {"target_low": 0.92, "status": "missed"}),
    (RETURNS, {"target_high": 0.03, "status": "close"}),
    (CSAT, {"target_low": 0.78, "status": "met"}),
    (HOURS, {"target_high": 6.0, "status": "met"}),
]


def test_targets_met_missed_and_too_close():
    assert say("en", *TARGETS)["targets"] == [
        "Missed: Retention rate (90-day activity), 90.7% against at least 92.0%.",
        "Too close to call: Return rate, 2.5% (1.7–3.3%) against at most 3.0%.",
        "Met, 2 of 4: Customer satisfaction (CSAT) and Time to first response (median).",
    ]
    assert say("zh", *TARGETS)["targets"] == [
        "未达成：留存率（90天活跃）为90.7%（目标不低于92.0%）。",
        "尚难判定：退货率为2.5%（区间1.7–3.3%，目标不高于3.0%）。",
        "达成（4项中的2项）：客户满意度和首次响应时长（中位数）。",
    ]
    assert (
        lead("en", *TARGETS) == "2 of 4 targets met, 1 missed, 1 too close to call; no figure moved by more than noise."
    )
    assert lead("zh", *TARGETS) == "4项目标中达成2项，未达成1项，尚难判定1项；各项变化均在正常波动之内。"


def test_all_one_and_none_of_the_targets():
    assert say("en", *TARGETS[2:])["targets"] == [
        "Both targets are met: Customer satisfaction (CSAT) and Time to first response (median)."
    ]
    assert say("en", TARGETS[2])["targets"] == ["The one target is met: Customer satisfaction (CSAT)."]
    assert say("en", *TARGETS[:2])["targets"][-1] == "Neither target is met."
    assert say("zh", *TARGETS[2:])["targets"] == ["两项目标均已达成：客户满意度和首次响应时长（中位数）。"]


def test_all_and_none_of_three():
    three = [*TARGETS[2:], (REVENUE, {"target_low": 1.0, "status": "met"})]
    assert say("en", *three)["targets"] == [
        "All 3 targets are met: Customer satisfaction (CSAT), Time to first response (median) and Revenue."
    ]
    missed = [(kpi, {**given, "status": "missed"}) for kpi, given in three]
    assert say("en", *missed)["targets"][-1] == "None of the 3 targets is met."
    assert say("zh", *missed)["targets"][-1] == "3项目标均未达成。"


def test_no_target_no_word_of_targets():
    assert say("en", (REVENUE, {}))["targets"] == []


def test_figures_that_could_not_be_measured_share_their_reason():
    why = {"state": "no data", "value": float("nan"), "reason": "no table of surveys."}
    rows = [(CSAT, why), (RESPONSE, why), (TICKETS, {"state": "failed", "reason": "ValueError in <b>"})]
    assert say("en", *rows)["unmeasured"] == [
        (
            "Could not be measured: Customer satisfaction (CSAT) and Survey response rate (no table of surveys); "
            "Tickets opened (ValueError in <b>)."
        )
    ]
    assert lead("en", *rows) == "No figure moved by more than noise; 3 figures could not be measured."


def test_what_was_undefined_in_the_period_before_too_is_no_news():
    """A share of those known for 90 days has nothing to divide by in each of the latest months."""
    row = (RETENTION, {"state": "undefined", "value": float("nan"), "reason": "nothing to divide by"})
    scorecard = pd.DataFrame([sample.score_row("en", *row[:1], **row[1])])
    facts = sample.facts()
    both = (facts["kpi"] == "retention_rate") & (facts["slice"] == "") & facts["period"].isin(["2011-10", "2011-11"])
    for undefined, told in ((both & (facts["period"] == "2011-11"), 1), (both, 0)):
        data = sample.make(scorecard=scorecard, facts=facts.assign(state=facts["state"].mask(undefined, "undefined")))
        assert [one.topic for one in headline.sentences(data)].count("unmeasured") == told
        assert ("1 figure could not be measured" in headline.render(data).text) == bool(told)


def test_a_target_that_could_not_be_judged_says_why():
    told = say("en", (TICKETS, {"state": "failed", "reason": "plugin failed", "target_high": 10.0}))
    assert told["targets"] == ["Not judged: Tickets opened (plugin failed)."]


@pytest.mark.parametrize(
    ("locale", "reason", "expected"),
    [
        (
            "en",
            "it is not over",
            (
                "November 2011 is not complete: it is not over. "
                "Its figures are provisional and not compared with other periods."
            ),
        ),
        ("zh", "本月尚未结束", "2011年11月数据尚不完整：本月尚未结束。本期数字为暂定值，不与其他期间比较。"),
    ],
)
def test_an_incomplete_period_is_said_first(locale, reason, expected):
    gone = {"complete": False, "complete_reason": reason, "previous": float("nan"), "year_ago": float("nan")}
    data = sample.make(
        locale, scorecard=pd.DataFrame([sample.score_row(locale, kpi, **gone) for kpi in (REVENUE, CSAT)])
    )
    assert headline.sentences(data)[0].text == expected


def test_some_incomplete_figures_are_named():
    gone = {"complete": False, "complete_reason": "delivered only through 20 November 2011"}
    told = say("en", (REVENUE, {}), (CSAT, gone), (RESPONSE, gone))
    assert told["incomplete"] == [
        (
            "Provisional in November 2011, and so not compared: Customer satisfaction (CSAT) and Survey response rate "
            "(delivered only through 20 November 2011)."
        )
    ]


def test_html_is_bold_and_escaped():
    data = sample.make("en", scorecard=pd.DataFrame([sample.score_row("en", TICKETS, state="failed", reason="<i>&")]))
    html = headline.render(data).html
    assert "<strong>Tickets opened</strong> (&lt;i&gt;&amp;)" in html
    assert "\x02" not in html
