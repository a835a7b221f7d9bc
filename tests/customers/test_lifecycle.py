"""Stages, worked out by hand from days before the as-of day."""

from datetime import date, timedelta

import ibis
import pandas as pd
import pytest

from cpm_core.api import LifecycleRule, Settings, Text
from cpm_core.builtin.lifecycle.stages import cpm_lifecycle_rules
from cpm_core.customers.lifecycle import stages_at
from cpm_core.customers.wording import worded
from cpm_core.engine.dialects import lacking
from cpm_core.hooks.registry import Provided
from cpm_core.model.errors import ParamsError, PluginError
from cpm_core.model.rules import STAGE_TITLES, STAGES
from tests.books import book

AS_OF = date(2024, 12, 31)
# With activity_days 90: new under 90, at risk from 90, dormant from 180, lost from 360 days, loyal from 4 sales of
# the trailing 365 days (0 to 364 days ago). Each customer's sales, in days ago; the name tells the stage.
SALES = {
    "new today": [0],
    "new last day": [89],
    "new of many": [89, 60, 40, 20, 1],
    "active first day": [90, 0],
    "active three": [365, 213, 164, 30],  # the first lies a day before the trailing year
    "active pause 179": [239, 60],
    "active back long": [350, 90, 30],  # came back 90 days ago: bought within 90 days, but came back before them
    "loyal four": [364, 213, 164, 30],
    "won_back pause 180": [240, 60],
    "won_back often": [240, 60, 59, 58, 57, 0],
    "won_back last day": [269, 89],
    "at_risk first day": [90],
    "at_risk last day": [700, 300, 200, 190, 179],
    "dormant first day": [180],
    "dormant last day": [359],
    "lost first day": [360],
    "lost long": [900, 800],
}


def ago(days):
    return AS_OF - timedelta(days=days)


def tables(sales=SALES):
    rows = [(name, day, "sale", "10") for name, days in sales.items() for day in days]
    rows += [("prospect sent back", 3, "return", "-5")]
    orders = pd.DataFrame(rows, columns=["customer_id", "days", "kind", "amount"])
    orders["order_id"] = [str(number) for number in range(len(orders))]
    # As late in the day as can be: it is days that count.
    orders["ordered_at"] = [f"{ago(days)}T23:59" for days in orders.pop("days")]
    return {"orders": orders, "customers": pd.DataFrame({"customer_id": [*sales, "prospect sent back", "prospect"]})}


def made(given=None, **params):
    return book(tables() if given is None else given, **{"as_of": str(AS_OF), **params})


@pytest.fixture(scope="module")
def shared():
    """One workbook for all: its profile is made once."""
    one = made()
    yield one
    one.close()


@pytest.fixture(scope="module")
def found(shared):
    return shared.customers().set_index("customer_id")


def stages(one, options=None, rule="thresholds", day=AS_OF):
    """Stages by a built-in rule with options as a params file has them."""
    provided = one.registry.lifecycle_rules[rule]
    typed = provided.item.options().model_validate(options or {}, context=one.settings)
    return stages_at(one._catalog, provided, typed, one.settings, day).set_index("customer_id")


def test_every_stage_and_its_edges(found):
    stages = found["stage"].to_dict()
    assert {name: stage for name, stage in stages.items() if not name.startswith(stage)} == {}
    assert set(stages.values()) == set(STAGES) == set(STAGE_TITLES)


def test_each_has_its_reason_in_words(found):
    reasons = found["stage_reason"]
    assert reasons["prospect"] == "no sale yet"
    assert reasons["active three"] == "last sale 30 days ago, less than 90; 3 sales in the trailing year"
    assert reasons["new last day"] == "first sale 89 days ago, less than 90"
    assert reasons["loyal four"] == "4 sales in the trailing year, at least 4; the last 30 days ago"
    assert reasons["won_back pause 180"] == "bought again within 90 days, after a pause of 180 days"
    assert reasons["lost long"] == "no sale for 800 days; lost from 360"


def test_in_chinese(shared):
    rows = stages(shared)
    words = worded(rows, shared.registry.lifecycle_rules["thresholds"].item.reasons, "reason", "zh")
    assert words["dormant first day"] == "已180天未购买；满180天即为沉睡"
    assert words["prospect"] == "尚未购买"


def test_limits_follow_activity_days():
    # 30: at risk from 30, dormant from 60, lost from 120 days.
    one = made(settings={"activity_days": "30"})
    told = stages(one)["stage"]
    one.close()
    assert told["new last day"] == "dormant"
    assert told["dormant first day"] == "lost"
    assert told["won_back pause 180"] == "dormant", "the last sale is 60 days ago"
    assert told["loyal four"] == "at_risk", "the last sale is 30 days ago"


def test_limits_of_the_params(shared):
    days = {"new_days": 20, "dormant_days": 100, "lost_days": 181, "loyal_sales": 2}
    told = stages(shared, days)["stage"]
    assert told[["new last day", "active first day", "active pause 179"]].tolist() == ["active", "loyal", "won_back"]
    assert told[["at_risk last day", "dormant first day", "dormant last day"]].tolist() == [
        "dormant",
        "dormant",
        "lost",
    ]


def test_an_earlier_day_is_what_it_was(shared):
    day = ago(100)
    then = made(as_of=str(day))
    told = stages(then, day=day)["stage"]
    then.close()
    earlier = stages(shared, day=day)["stage"]
    assert earlier.to_dict() == told.to_dict()
    # Of whom nothing was known yet there is no more to say than that nothing was bought.
    assert earlier[["new today", "active back long", "dormant last day"]].tolist() == ["prospect", "dormant", "dormant"]


def test_rows_in_another_order_give_the_same(found):
    shuffled = {name: frame.sample(frac=1, random_state=3) for name, frame in tables().items()}
    one = made(shuffled)
    other = one.customers().set_index("customer_id")
    one.close()
    assert other.loc[found.index, ["stage", "stage_reason"]].equals(found[["stage", "stage_reason"]])


def test_without_orders_nobody_has_a_stage():
    one = made({"tickets": "ticket_id customer_id opened_at\n1 a 2024-06-02"})
    assert "stage" not in one.customers()
    one.close()


# One customer a row: days since the first and the last sale, pause, usual interval, sales of the year, probability.
RHYTHM = """
customer   tenure recency gap  usual sales alive stage    reason
prospect   -      -       -    -     0     -     prospect prospect
new        10     1       -    9     4     .3    new      new
active     400    89      -    60    3     .8    active   alive
loyal      400    200     -    150   4     .8    loyal    loyal
at_risk    400    5       -    2     9     .79   at_risk  alive
at_risk2   400    5       -    2     9     .5    at_risk  alive
dormant    400    5       -    2     9     .49   dormant  alive
dormant2   400    5       -    2     9     .1    dormant  alive
lost       400    5       -    2     9     .09   lost     alive
won_back   400    5       180  90    2     .9    won_back won_back
usual_gap  400    5       180  91    2     .9    active   alive
once       400    360     -    -     0     1     lost     once_lost
unknown    400    90      -    30    2     -     at_risk  unmodelled_at_risk
"""


def profile(alive=True):
    lines = [line.split() for line in RHYTHM.strip().splitlines()[1:]]
    numbers = [[float("nan") if cell == "-" else float(cell) for cell in line[1:7]] for line in lines]
    columns = ["tenure_days", "recency_days", "last_gap_days", "usual_interval_days", "trailing_sales"]
    frame = pd.DataFrame(numbers, columns=[*columns, "probability_alive"])
    frame["customer_id"] = [line[0] for line in lines]
    frame["last_sale"] = [None if pd.isna(days) else ago(int(days)) for days in frame["recency_days"]]
    rows = ibis.memtable(frame if alive else frame.drop(columns="probability_alive"))
    integers = {name: rows[name].nullif(float("nan")).cast("int64") for name in (*columns[:3], "trailing_sales")}
    floats = {name: rows[name].nullif(float("nan")) for name in rows.columns if rows[name].type().is_floating()}
    return rows.mutate(**{**floats, **integers}), [line[7:] for line in lines]


def rhythm(rows):
    rule = {one.id: one for one in cpm_lifecycle_rules()}["rhythm"]
    return rule, rule.assign(rows, rule.options()(), Settings(as_of=AS_OF))


def test_by_each_customer_s_own_rhythm():
    rows, expected = profile()
    rule, labels = rhythm(rows)
    got = labels.to_pandas().set_index("customer_id").loc[[line.split()[0] for line in RHYTHM.strip().splitlines()[1:]]]
    assert got[["stage", "reason"]].to_numpy().tolist() == expected
    assert set(got["reason"]) <= set(rule.reasons)


def test_without_a_value_model_by_days_and_said_so():
    _, labels = rhythm(profile(alive=False)[0])
    got = labels.to_pandas().set_index("customer_id")
    assert got.loc[["active", "loyal", "lost"], "reason"].tolist() == [
        "unmodelled_active",
        "unmodelled_dormant",
        "unmodelled_loyal",
    ]


def test_nobody_who_ever_came_back_leaves_no_rhythm():
    """With one purchase each, no model can be fitted."""
    one = made(tables({"new": [3], "at_risk": [100], "lost": [400]}), lifecycle={"rule": "rhythm"})
    told = one.customers().set_index("customer_id")
    one.close()
    assert told.loc[["new", "at_risk", "lost"], "stage"].tolist() == ["new", "at_risk", "lost"]
    assert (
        told.loc["at_risk", "stage_reason"]
        == "no sale for 100 days; at risk from 90; without a model of buying, so by days"
    )


@pytest.mark.parametrize("rule", [one.id for one in cpm_lifecycle_rules()])
def test_rules_run_on_every_engine(rule):
    one = {one.id: one for one in cpm_lifecycle_rules()}[rule]
    kinds = {
        "customer_id": "string",
        "last_sale": "date",
        "probability_alive": "float64",
        "usual_interval_days": "float64",
    }
    days = ("tenure_days", "recency_days", "last_gap_days", "trailing_sales")
    unbound = ibis.table(ibis.schema({**kinds, **dict.fromkeys(days, "int64")}), name="customer_profile")
    labels = one.assign(unbound, one.options()(), Settings(as_of=AS_OF))
    assert "CASE" in ibis.to_sql(labels, dialect="postgres")
    assert not lacking(labels, "spark")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dormant_days": "90"}, r"dormant_days \(90\) must be above settings.activity_days \(90\)"),
        ({"lost_days": "180"}, r"lost_days \(180\) must be above dormant_days \(180\)"),
        ({"new_days": "181"}, r"new_days \(181\) must not be above dormant_days \(180\)"),
        ({"loyal_sales": "1"}, "loyal_sales"),
        ({"dormant_days": "many"}, "dormant_days"),
        ({"dormant": "200"}, "dormant_days"),
        ({"rule": "threshold"}, "nearest: thresholds"),
        ({"rule": "rhythm", "alive": {"active": "0.4"}}, r"active \(0.4\) must be above at_risk \(0.5\)"),
        ({"rule": "rhythm", "alive": {"dormant": "0"}}, "alive.dormant"),
    ],
    ids=str,
)
def test_bad_options_are_told_before_anything_runs(options, words):
    with pytest.raises(ParamsError, match=words):
        made(lifecycle={"rule": "thresholds", **options})


def rule_of(assign):
    reasons = {"any": Text(en="any", zh="任意")}
    return LifecycleRule(id="own", title=Text(en="Own", zh="自有"), assign=assign, reasons=reasons)


def labelled(stage, reason="any"):
    def assign(profile, _options, _settings):
        return profile.select("customer_id", stage=ibis.literal(stage), reason=ibis.literal(reason))

    return assign


@pytest.mark.parametrize(
    ("assign", "words"),
    [
        (lambda profile, *_: labelled("new")(profile, *_).filter(profile.customer_id == "prospect"), "1 rows for 19"),
        (labelled("gold"), "stages that do not exist: gold"),
        (labelled("new", "none"), "reasons that it does not declare: none"),
        (lambda profile, *_: profile.nothing, "the profile has no column 'nothing'"),
    ],
    ids=["one only", "no such stage", "no such reason", "raises"],
)
def test_a_rule_that_does_not_sort_all_ends_the_run(shared, assign, words):
    own = Provided(rule_of(assign), "ours", "1", "ours.py")
    with pytest.raises(PluginError, match=words) as caught:
        stages_at(shared._catalog, own, None, shared.settings, AS_OF)
    assert "'ours'" in str(caught.value)


def test_a_team_s_rule_is_told_the_day(shared):
    """On an earlier day a rule is given that day, and the profile as it was."""

    def assign(profile, options, settings):
        return labelled("new" if settings.as_of == ago(40) else "lost")(profile, options, settings)

    own = Provided(rule_of(assign), "ours", "1", "ours.py")
    stages = stages_at(shared._catalog, own, None, shared.settings, ago(40))
    assert set(stages["stage"]) == {"new"}


def test_an_earlier_day_is_made_of_what_the_rule_reads_alone(shared, monkeypatch):
    """No value model is fitted again for a rule that names no value, and what conditions name is there."""
    asked = []
    at = type(shared._catalog).at
    monkeypatch.setattr(
        type(shared._catalog), "at", lambda self, name, *rest: asked.append(name) or at(self, name, *rest)
    )

    def assign(profile, _options, _settings):
        bought = profile.filter(profile.recency_days >= 0).select("customer_id", stage=ibis.literal("active"))
        other = profile.filter(profile.recency_days.isnull()).select("customer_id", stage=ibis.literal("prospect"))
        return bought.union(other).mutate(reason=ibis.literal("any"))

    own = Provided(rule_of(assign), "ours", "1", "ours.py")
    told = stages_at(shared._catalog, own, None, shared.settings, ago(100)).set_index("customer_id")["stage"]
    assert told[["new today", "lost long"]].tolist() == ["prospect", "active"]
    assert set(asked) == {"customer_profile", "customers", "orders"}
