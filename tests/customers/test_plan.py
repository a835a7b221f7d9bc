"""The plan of action: worked by hand, its limits, whom it holds back, and what it refuses."""

import csv
import random
import re
from decimal import Decimal
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cpm_core.api import Action, Text
from cpm_core.customers.holding import held_back
from cpm_core.customers.plan import COLUMNS, at_risk, plan
from cpm_core.customers.plan import planned as planned_frame
from cpm_core.customers.resources import resources
from cpm_core.hooks.agreement import check_names
from cpm_core.hooks.registry import Provided
from cpm_core.model.errors import MeasureError, ParamsError, PluginError, UsageError
from cpm_core.params.plan import PlanKeys
from cpm_core.params.problems import problems_of
from cpm_core.params.schema import Params
from cpm_core.report.actions_csv import write_actions
from cpm_core.report.plan_view import plan_of
from cpm_core.report.xlsx import write_workbook
from tests.books import book, plugin

CUSTOMERS = """
    customer_id name   region
    a           王芳   West
    b           =B     West
    c           李雷   East
    d           D      West
    e           E      East
"""
ORDERS = """
    order_id customer_id ordered_at amount kind
    1        a           2024-06-01 1000   sale
    2        b           2024-06-01 600    sale
    3        c           2024-06-01 500    sale
    4        d           2024-06-01 100    sale
"""
TABLES = {"customers": CUSTOMERS, "orders": ORDERS}
VISIT = {
    "id": "visit",
    "title": {"en": "Visit", "zh": "拜访"},
    "owner": "sales",
    "cost": "50",
    "hours": "2",
    "saves": "0.2",
}
CALL = {"id": "call", "title": {"en": "Call", "zh": "致电"}, "cost": "10", "hours": "0.5", "saves": "0.05"}


@pytest.fixture(scope="module")
def ground():
    """One workbook for all plans of this file, as preparing it takes a second."""
    big = Action("big", Text(en="Big", zh="大"), saves=0.5, when=lambda profile: profile.trailing_revenue > 550)
    broken = Action("broken", Text(en="B", zh="坏"), when=lambda profile: profile.trailing_revenu > 1)
    number = Action("number", Text(en="N", zh="数"), when=lambda profile: profile.trailing_revenue + 1)
    ours = plugin("ours", cpm_actions=[big, broken, number])
    made = book(TABLES, as_of="2024-06-30", currency="EUR", plugins=[ours])
    yield made
    made.close()


@pytest.fixture
def planned(ground):
    """The plan of the workbook under some `plan:`."""

    def make(keys, locale="en"):
        params = ground.params.model_copy(update={"plan": PlanKeys.model_validate(keys), "locale": locale})
        check_names(params, ground.registry)
        customers = ground.customers()
        frame = planned_frame(params, ground.registry, ground._catalog, customers, locale)
        return plan_of(SimpleNamespace(params=params, locale=locale), customers, frame)

    return make


def test_a_plan_worked_by_hand(planned):
    # Nobody's value is modelled with one order each: they are weighed by revenue. Beyond its cost a visit is worth
    # .2 x 1000 - 50 = 150, .2 x 600 - 50 = 70, .2 x 500 - 50 = 50, .2 x 100 - 50 = -30, 0 - 50;
    # a call .05 x 1000 - 10 = 40, 20, 15, -5 and for e, who is below 1 of revenue, is not offered.
    # So a, b and c get the visit and d the call, which is below its cost. Of 5 hours two visits take 4.
    call = {**CALL, "when": {"trailing_revenue": {"at_least": "1"}}}
    made = planned({"budget": "120", "hours": "5", "actions": [VISIT, call]})
    assert made.basis == "revenue"
    rows = made.frame.set_index("customer_id")
    assert list(made.frame.columns) == list(COLUMNS)
    assert rows["action"].to_dict() == {"a": "visit", "b": "visit", "c": "visit", "d": "call", "e": "visit"}
    states = {"a": "chosen", "b": "chosen", "c": "over both", "d": "below cost", "e": "below cost"}
    assert rows["state"].to_dict() == states
    assert rows["expected_saved"].to_dict() == {"a": 200, "b": 120, "c": 100, "d": 5, "e": 0}
    assert (made.cost, made.hours) == (Decimal(100), Decimal(4))
    assert rows.loc["a", "reason"] == "expected to save €200.00 of €1,000.00 at risk, for €50.00 and 2 h"
    assert rows.loc["c", "reason"] == (
        "expected to save €100.00 for €50.00 and 2 h, but budget (€120.00) and hours (5) go to others"
    )
    assert rows.loc["d", "reason"].endswith("which is not more than the cost of €10.00")
    assert "2 of 5 eligible customers get an action. It costs €100.00 of a budget of €120.00" in repr(made)
    chinese = planned({"budget": "120", "hours": "5", "actions": [VISIT, call]}, locale="zh")
    assert chinese.frame["reason"][0] == "预计可从€1,000.00风险价值中挽回€200.00，需投入€50.00和2小时"
    assert chinese.frame["title"][0] == "拜访"


def test_one_limit_alone_is_named(planned):
    assert (
        planned({"budget": "120", "actions": [VISIT]}).frame.set_index("customer_id").loc["c", "state"] == "over budget"
    )
    assert planned({"hours": "5", "actions": [VISIT]}).frame.set_index("customer_id").loc["c", "state"] == "over hours"


def test_an_action_beyond_all_there_is_gives_way_to_another(planned):
    # A visit takes 50, and there are 40: enough for four calls, which are worth 40, 20, 15 and -5 beyond their cost of 10.
    made = planned({"budget": "40", "actions": [VISIT, CALL]}).frame.set_index("customer_id")
    assert made.loc[made["chosen"], "action"].to_dict() == {"a": "call", "b": "call", "c": "call"}
    alone = planned({"budget": "40", "actions": [VISIT]}).frame.set_index("customer_id")
    assert set(alone["action"]) == {"visit"}
    assert alone.loc["a", "state"] == "over budget"


def test_nobody_eligible_is_an_empty_plan(planned):
    made = planned({"actions": [{**VISIT, "stages": ["won_back"]}], "control_share": "0.5"})
    assert made.frame.empty
    assert "No customer is eligible for an action." in repr(made)


def test_what_tiers_take_is_their_service_and_their_actions(planned):
    # Of four with revenue the top 5 % is one (a), the top 20 % too: a is VIP, nobody is key, four are ordinary.
    # Service: 1 x 3 h and 1 x 40; 4 x .25 h and nothing. Actions: visits of a (VIP) and b, c (ordinary).
    service = {"VIP": {"hours": "3", "cost": "40"}, "ordinary": {"hours": "0.25"}}
    frame = planned({"actions": [VISIT], "service": service}).resources.set_index("tier")
    assert frame["customers"].to_dict() == {"VIP": 1, "key": 0, "ordinary": 4, "": 5}
    assert frame["service_hours"].to_dict() == {"VIP": 3, "key": 0, "ordinary": 1, "": 4}
    assert frame["service_cost"].to_dict() == {"VIP": 40, "key": 0, "ordinary": 0, "": 40}
    assert frame["hours"].to_dict() == {"VIP": 5, "key": 0, "ordinary": 5, "": 10}
    assert frame["cost"].to_dict() == {"VIP": 90, "key": 0, "ordinary": 100, "": 190}


def test_service_alone_is_a_plan_of_resources(planned):
    made = planned({"service": {"VIP": {"hours": "2"}}})
    assert made.frame.empty
    assert made.resources["hours"].iloc[-1] == 2


def test_conditions_of_numbers_and_words_and_of_plugins(planned):
    west = {**CALL, "when": {"region": {"is": ["West"]}, "trailing_revenue": {"at_least": "100", "at_most": "600"}}}
    assert set(planned({"actions": [west]}).frame["customer_id"]) == {"b", "d"}
    made = planned({"use": ["big"]})
    assert set(made.frame["customer_id"]) == {"a", "b"}


def test_tiers_and_stages_of_an_action(planned):
    made = planned({"actions": [{**VISIT, "tiers": ["VIP"]}]})
    assert set(made.frame["customer_id"]) == {"a"}
    stages = planned({"actions": [{**VISIT, "stages": ["prospect"]}]})
    assert set(stages.frame["customer_id"]) == {"e"}


def test_what_is_at_risk_is_the_value_times_the_chance_that_the_customer_is_gone():
    frame = pd.DataFrame(
        {
            "value_12_months": [100.0, 80.0, None],
            "probability_alive": [0.75, 1.0, None],
            "trailing_revenue": [1.0, 2.0, 3.0],
        }
    )
    assert at_risk(frame).tolist()[:2] == [25, 0]
    assert pd.isna(at_risk(frame)[2])
    assert at_risk(frame.assign(value_12_months=None)).tolist() == [1, 2, 3]
    with pytest.raises(MeasureError, match="neither expected values nor orders"):
        at_risk(frame[["probability_alive"]])


# Limits and control, of many customers without an engine ----------------------------------------------------------------

TITLE = Text(en="t", zh="题")


def everybody(values):
    tiers = ["VIP", "key", "ordinary"]
    rows = [(f"c{n:04d}", tiers[n % 3], "active", float(v), 0.5) for n, v in enumerate(values)]
    return pd.DataFrame(rows, columns=["customer_id", "tier", "stage", "value_12_months", "probability_alive"])


def action(name, cost, hours, saves, *tiers):
    return Provided(Action(name, TITLE, Decimal(cost), Decimal(hours), saves, tiers), "test", "", "")


PLAYS = [
    action("x", "3.3", "0.1", 0.5, "VIP", "key"),
    action("y", "0.7", "0.35", 0.2),
    action("z", "9", "0", 0.9, "VIP"),
]


def of(customers, **keys):
    return plan(None, customers, PLAYS, PlanKeys.model_validate({"use": ["x"], **keys}), "EUR", "en")


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=60),
    st.decimals(0, 90, places=1),
    st.decimals(0, 6, places=2),
    st.sampled_from([0.0, 0.1, 0.25, 0.5]),
    st.integers(0, 3),
)
def test_limits_hold_everybody_is_there_once_and_the_share_is_held_back(values, budget, hours, share, seed):
    customers = everybody(values)
    keys = {"budget": budget, "hours": hours, "control_share": share, "seed": seed}
    made = of(customers, **keys)
    chosen = made[made["chosen"]]
    assert sum(chosen["cost"], Decimal(0)) <= budget
    assert sum(chosen["hours"], Decimal(0)) <= hours
    assert sorted(made["customer_id"]) == sorted(customers["customer_id"])
    assert abs(made["held_back"].sum() - share * len(made)) <= 1
    for _, mine in made.groupby("action"):
        assert abs(mine["held_back"].sum() - share * len(mine)) <= 1
    assert not (made["chosen"] & made["held_back"]).any()
    assert made[made["chosen"] & (made["expected_saved"] <= made["cost"].astype(float))].empty
    shuffled = customers.sample(frac=1, random_state=random.Random(seed).randrange(2**31))
    pd.testing.assert_frame_equal(of(shuffled, **keys), made)
    whole = resources(customers, made, PlanKeys.model_validate({"service": {"VIP": {"hours": "0.1"}}})).iloc[-1]
    assert whole["action_cost"] == sum(chosen["cost"], Decimal(0))


def test_ties_are_broken_by_id():
    # 50 is at risk of each. Of a budget of 2.1 neither x (3.3) nor z (9) can be paid; y (.7) can, three times.
    made = of(everybody([100] * 30), budget="2.1")
    assert made.loc[made["chosen"], "customer_id"].tolist() == ["c0000", "c0001", "c0002"]


def test_whom_to_compare_are_those_who_would_have_been_chosen():
    # Ten of equal action, values 10 to 100; without control the best three fit. Whoever is held back above the
    # least that is chosen is to be compared, and nobody else.
    made = plan(
        None,
        everybody(range(10, 110, 10)),
        [action("y", "1", "0", 0.5)],
        PlanKeys.model_validate({"use": ["y"], "budget": 3, "control_share": 0.3, "seed": 5}),
        "",
        "en",
    )
    least = made.loc[made["chosen"], "at_risk"].min()
    assert made["chosen"].sum() == 3
    assert made["held_back"].sum() == 3
    assert made["compared"].tolist() == (made["at_risk"] >= least).tolist()


def test_who_is_held_back_stays_so_when_others_join():
    # Twenty of a hundred; with fifty more thirty: who was held back and is not any more, or the other way round, are
    # at the edge of the share only, so that one of the two sets of old customers holds the other.
    ids = [f"c{n:03d}" for n in range(150)]
    before = held_back(pd.Series("x", index=ids[:100]), 0.2, 7)
    after = held_back(pd.Series("x", index=ids), 0.2, 7)
    assert (before.sum(), after.sum()) == (20, 30)
    first, then = set(before.index[before]), set(after.index[after]) & set(ids[:100])
    assert first <= then or then <= first
    other = held_back(pd.Series("x", index=ids[:100]), 0.2, 8)
    assert first != set(other.index[other])


# Files ------------------------------------------------------------------------------------------------------------------


def test_files_keep_chinese_names_and_run_no_formula(tmp_path):
    keys = {"actions": [{**VISIT, "title": {"en": "Visit", "zh": "+拜访"}}]}
    params = {"as_of": "2024-06-30", "kpis": ["orders"], "show_personal_data": True, "locale": "zh"}
    made = book(TABLES, plan=keys, **params)
    write_actions(made.plan().frame, tmp_path / "actions.csv")
    write_workbook(made.report_data(), tmp_path / "w.xlsx")
    made.close()

    raw = (tmp_path / "actions.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")  # by which Excel knows that it is UTF-8
    assert b"\r\n" in raw
    with (tmp_path / "actions.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["customer_id"]: row for row in csv.DictReader(file)}
    assert rows["a"]["name"] == "王芳"
    assert rows["b"]["name"] == "'=B"
    assert rows["a"]["title"] == "'+拜访"
    assert (rows["a"]["chosen"], rows["d"]["chosen"]) == ("TRUE", "FALSE")
    assert (rows["a"]["cost"], rows["a"]["expected_saved"]) == ("50", "200")

    sheets = openpyxl.load_workbook(tmp_path / "w.xlsx")
    head, first, second, *_ = sheets["行动计划"].iter_rows(values_only=True)
    assert head[:2] == ("客户编号", "姓名")
    assert (first[:2], second[:2]) == (("a", "王芳"), ("b", "=B"))
    assert sheets["行动计划"]["B3"].data_type == "s"  # a text, no formula
    assert sheets["资源"].max_row == 5  # three tiers and the whole, below the heads


def test_names_are_not_shown_unless_the_params_say_so(planned):
    assert "name" not in planned({"actions": [VISIT]}).frame


# Bad input --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"budget": "-1", "actions": [VISIT]}, "plan.budget: '-1' is below 0"),
        ({"hours": "many", "actions": [VISIT]}, "plan.hours: 'many' is no number"),
        ({"control_share": "1", "actions": [VISIT]}, "is not below 1"),
        ({"budget": "0.00001", "actions": [VISIT]}, "more than four decimals"),
        ({"budget": "5"}, "a plan without actions and service plans nothing"),
        ({"actions": [{**VISIT, "saves": "1.5"}]}, "is above 1"),
        ({"actions": [VISIT, VISIT]}, "'visit' is there twice"),
        ({"actions": [{**VISIT, "owner": {"en": "sales"}}]}, "the words in 'zh' are missing"),
        ({"actions": [{**VISIT, "when": {"region": {}}}]}, "at_least, at_most or both"),
        ({"actions": [{**VISIT, "when": {"sales": {"at_least": "2", "at_most": "1"}}}]}, "nobody fits"),
        ({"actions": [{**VISIT, "when": {"sales": {"atleast": "2"}}}]}, "atleast"),
    ],
)
def test_wrong_values_are_told(plan, words):
    with pytest.raises(ValidationError) as refused:
        Params.model_validate({"as_of": "2024-06-30", "plan": plan})
    told = problems_of(refused.value, Params, {"plan": plan}, lambda *_: "p.yaml")
    assert any(words in str(problem) for problem in told), told


@pytest.mark.parametrize(
    ("plan", "words", "near"),
    [
        ({"actions": [{**VISIT, "tiers": ["vip2"]}]}, "there is no tier 'vip2'", "VIP"),
        ({"actions": [{**VISIT, "stages": ["atrisk"]}]}, "there is no stage 'atrisk'", "at_risk"),
        ({"service": {"keys": {"hours": "1"}}}, "there is no tier 'keys'", "key"),
        ({"use": ["winback"]}, "there is no action 'winback'", "win_back"),
        ({"use": ["win_back"], "actions": [{**VISIT, "id": "win_back"}]}, "the action 'win_back' is there twice", ""),
        (
            {"actions": [{**VISIT, "when": {"trailing_revenu": {"at_least": "1"}}}]},
            "action 'visit': the profile has no column 'trailing_revenu'",
            "trailing_revenue",
        ),
        ({"actions": [{**VISIT, "when": {"region": {"at_least": "1"}}}]}, "'region' is no number", ""),
        ({"actions": [{**VISIT, "when": {"sales": {"is": ["1"]}}}]}, "'sales' is no text", ""),
        ({"use": ["complaint_follow_up"]}, "action 'complaint_follow_up' needs the table 'tickets'", ""),
    ],
)
def test_unknown_names_are_told_with_the_nearest(planned, plan, words, near):
    with pytest.raises(ParamsError) as refused:
        planned(plan)
    problem = refused.value.problems[0]
    assert problem.what.startswith(words) or words in problem.what
    assert not near or near in problem.nearest


def test_an_action_that_fails_ends_the_run(planned):
    with pytest.raises(PluginError, match="action 'broken' of 'ours' failed") as refused:
        planned({"use": ["broken"]})
    assert "trailing_revenue" in refused.value.problems[0].nearest
    with pytest.raises(PluginError, match="its condition is no boolean column"):
        planned({"use": ["number"]})


def test_an_action_that_cannot_be_is_refused_where_it_is_made():
    for wrong in ({"cost": -1}, {"hours": float("nan")}, {"saves": 1.1}, {"tiers": ("gold",)}, {"stages": ("asleep",)}):
        with pytest.raises(ValueError, match="action 'a'"):
            Action("a", TITLE, **wrong)


def test_without_a_plan_there_is_none(ground):
    with pytest.raises(UsageError, match="the params hold no plan"):
        ground.plan()


def test_the_example_of_the_documentation_is_valid(repository, planned):
    (example,) = re.findall(
        r"```yaml\n(plan:.*?)```", (repository / "docs/customers.md").read_text(encoding="utf-8"), re.DOTALL
    )
    keys = yaml.load(example, yaml.BaseLoader)["plan"]  # texts, as params files are read
    with pytest.raises(ParamsError, match="trailing_complaints"):  # this workbook has no tickets
        planned(keys)
    del keys["actions"][0]["when"]["trailing_complaints"]
    assert planned(keys).keys.budget == 500
