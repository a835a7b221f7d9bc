"""What `cpm plugins check` says of plugins that are right, and of those that are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cpm_core.checks.plugins.alone import Target
from cpm_core.checks.plugins.command import check_plugins, checked
from cpm_core.model.limits import Limits

HEAD = """\
import os
import time

import ibis

from cpm_core.api import *
from cpm_core.api import kpi as _kpi

T = {"en": "Title", "zh": "标题"}
TEXT = Text(en="Title", zh="标题")


def of_orders(**more):
    return _kpi(table="orders", at="ordered_at", unit="count", better="higher", title=T, **more)

"""
KPIS = (
    HEAD
    + """
@of_orders()
def sold(orders):
    return Total(orders.kind == "sale")


@of_orders()
def raises(orders):
    return Total(orders.amount / undefined_name)


@of_orders()
def hangs(orders):
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass


@of_orders()
def kills(orders):
    os._exit(3)


@of_orders()
def misspelt(orders):
    return Total(orders.amuont)


@of_orders()
def not_on_spark(orders):
    return Total(orders.ordered_at.bucket(minutes=15).hour() < 12)


@of_orders(columns={"promised_at": "timestamp"})
def promised(orders):
    return Total(orders.promised_at.notnull())


@of_orders()
def fails_in_the_query(orders):
    return Total(orders.order_id.cast("int64"))


@of_orders()
def median(orders):
    return Frame(lambda rows: rows["amount"].median(), [orders.amount], where=orders.kind == "sale")


@of_orders()
def bought_again(orders):
    first = orders.ordered_at.min().over(group_by=orders.customer_id)
    return Total(orders.ordered_at > first)


@_kpi(unit="number", better="higher", title=T)
def sold_per_customer(sold, active_customers):
    return Derived(sold, active_customers)


@_kpi(unit="number", better="higher", title=T)
def made_of_broken(raises, sold):
    return Derived(raises, sold)


@hookimpl
def cpm_kpis():
    return [sold, raises, hangs, kills, misspelt, not_on_spark, promised, fails_in_the_query, median, bought_again,
            sold_per_customer, made_of_broken]
"""
)
RULES = (
    HEAD
    + """
@table(title=T, key=("kind",), at="ordered_at")
def by_channel(orders):
    return orders.group_by("kind", "channel").aggregate(ordered_at=orders.ordered_at.max())


def stage(profile, options, settings):
    return profile.select("customer_id", stage=ibis.literal("asleep"), reason=ibis.literal("asleep"))


def options():
    from pydantic import BaseModel

    class Options(BaseModel):
        limit: int

    return Options


def twice(orders):
    return orders.select("customer_id", double=orders.amount)


def text(profile, options, settings):
    return profile.customer_id


@hookimpl
def cpm_tables():
    return [by_channel]


@hookimpl
def cpm_lifecycle_rules():
    return [LifecycleRule("asleep", TEXT, stage, {"asleep": TEXT})]


@hookimpl
def cpm_tier_rules():
    return [
        TierRule("by_text", TEXT, text, lambda options: AtLeast({"VIP": 2, "key": 1}), TEXT, "number"),
        TierRule("limited", TEXT, text, lambda options: AtLeast({"VIP": options.limit, "key": 1}), TEXT, "number",
                 options=options),
    ]


@hookimpl
def cpm_profile_columns():
    return [ProfileColumn("double", TEXT, twice)]


@hookimpl
def cpm_actions():
    return [Action("always", TEXT), Action("wrong", TEXT, when=lambda profile: profile.trailing_sales),
            Action("none", TEXT, when=lambda profile: profile.no_such_column > 1)]


@hookimpl
def cpm_checks():
    return [Check("says", TEXT, "orders", lambda stats: "not a Text")]


@hookimpl
def cpm_report_sections():
    return [Section("broken", TEXT, lambda book: 1 / 0)]
"""
)


def lines_of(text, folder, **limits):
    """The lines of a checked plugin by id."""
    (folder / "ours.py").write_text(text, encoding="utf-8")
    found = checked(Target("ours", folder), lambda _: None, Limits(**limits))
    assert found.problems == ()
    return {line.id: line for line in found.lines}


@pytest.fixture(scope="module")
def kpis(tmp_path_factory):
    """Right and wrong KPIs of one plugin, checked together under a short limit."""
    return lines_of(KPIS, tmp_path_factory.mktemp("plugins"), definition=1, pandas=60, query=60)


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    """Other contributions, all but one of them wrong."""
    return lines_of(RULES, tmp_path_factory.mktemp("plugins"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sold", "5 in 2024-02 (6 rows)"),  # o6, o7, o8, o9, o10, and the return
        ("sold_per_customer", "1.25 in 2024-02"),  # 5 of c1, c2, c3 and c4
        ("median", "30 in 2024-02 (5 rows)"),  # of 20, 25.50, 30, 60 and 75
        ("promised", "the tiny book cannot measure it: column orders.promised_at is not delivered"),
    ],
)
def test_what_is_right_is_told_with_its_figure(kpis, name, told):
    assert kpis[name].ok
    assert kpis[name].told == told


@pytest.mark.parametrize(
    ("name", "words", "line"),
    [
        ("raises", "NameError: name 'undefined_name' is not defined", "orders.amount / undefined_name"),
        ("hangs", "took longer than 1 seconds", "def hangs"),
        ("kills", "ended its process: exit code 3", "def kills"),
        ("misspelt", "amuont", "orders.amuont"),
        ("fails_in_the_query", "ConversionException", "def fails_in_the_query"),
        ("bought_again", "its value has a window function", "def bought_again"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(kpis, name, words, line):
    problem = kpis[name].problem
    assert words in problem.what
    file, _, number = problem.where.rpartition(":")
    text = Path(file).read_text(encoding="utf-8").splitlines()
    # A decorated function begins at its decorator.
    assert any(line in one for one in text[int(number) - 1 : int(number) + 1])


def test_a_misspelt_column_has_its_nearest(kpis):
    assert kpis["misspelt"].problem.nearest[0] == "amount"


def test_what_derives_from_a_broken_kpi_is_no_figure(kpis):
    assert not kpis["made_of_broken"].ok
    assert "derives from 'raises', which fails: NameError" in kpis["made_of_broken"].problem.what


def test_what_an_engine_lacks_is_told_and_does_no_harm_elsewhere(kpis):
    assert kpis["not_on_spark"].ok
    assert kpis["not_on_spark"].lacking == {"spark": "TimestampBucket"}
    assert all(not line.lacking for name, line in kpis.items() if name != "not_on_spark")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("by_channel", "rows have 2 keys (kind)"),
        ("asleep", "there is no stage 'asleep'"),
        ("by_text", "its value is string, and no number"),
        ("double", "5 customers"),
        ("wrong", "and no condition"),
        ("none", "no_such_column"),
        ("says", "returned a str where a Text or None is expected"),
        ("broken", "ZeroDivisionError"),
    ],
)
def test_other_contributions_that_are_wrong(rules, name, words):
    assert not rules[name].ok
    assert words in rules[name].problem.what


def test_what_cannot_be_tried_alone_says_what_it_needs(rules):
    assert rules["limited"].told == "not run: a params file has to say limit"
    assert rules["always"].told == "no condition: for everybody of its tiers and stages"


def test_the_exit_code_and_the_output_tell_whether_anything_is_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "right.py").write_text(
        KPIS.partition("@of_orders()\ndef raises")[0] + "\n\n@hookimpl\ndef cpm_kpis():\n    return [sold]\n"
    )
    (folder / "wrong.py").write_text(
        "from cpm_core.api import hookimpl\n\n\n@hookimpl\ndef cpm_kpi():\n    return []\n"
    )
    assert check_plugins(["right"], as_json=False) == 0
    out = capsys.readouterr().out
    assert "✓ KPI sold: Title · 标题 = 5 in 2024-02 (6 rows)" in out
    assert "(plugins/right.py:18)" in out
    assert "1 plugin is ok" in out
    assert check_plugins(["plugins"], as_json=False) == 1
    out = capsys.readouterr().out
    assert "there is no hook 'cpm_kpi'" in out
    assert "where: plugins/wrong.py:5" in out
    assert "nearest: cpm_kpis" in out
    assert "1 of 2 plugins to mend" in out
    assert check_plugins(["plugins"], as_json=True) == 1
    right, wrong = json.loads(capsys.readouterr().out)
    assert (right["ok"], right["contributions"][0]["figure"]) == (True, 5.0)
    assert (wrong["ok"], wrong["problems"][0]["nearest"][0]) == (False, "cpm_kpis")
