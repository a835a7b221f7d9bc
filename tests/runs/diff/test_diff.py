"""Three runs of a small shop: a late return comes in, then a plugin defines its KPI anew."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest

from cpm_core.cli import main
from cpm_core.runs.diff import compare
from cpm_core.runs.diff.find import find_pair, find_run
from cpm_core.runs.diff.show import written
from tests.runs.projects import ORDERS, Project

PLUGIN = '''\
from cpm_core.api import Total, hookimpl, kpi

@kpi(table="orders", at="ordered_at", unit="money", better="higher", title={{"en": "Turnover", "zh": "营业额"}})
def turnover(orders):
    """What was bought.

    zh: 购买金额。
    """
    return Total({value})

@hookimpl
def cpm_kpis():
    return [turnover]
'''
LATE = "6,a,2024-01-25,-5.25,return\n"
"""Customer a gives something back that was bought on 10 January; it is told in March."""
BAD = "7,b,2024-01-26,much,sale\n"


def quiet(*words: str) -> str:
    """What a command prints."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        assert main(words) == 0
    return told.getvalue()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The project, in which three runs were made."""
    made = Project(tmp_path_factory.mktemp("diff") / "shop")
    (made.home / "plugins").mkdir()
    plugin = made.home / "plugins" / "turnover.py"
    plugin.write_text(PLUGIN.format(value="orders.amount"), encoding="utf-8")
    params = made.home / "params" / "tiny.yaml"
    params.write_text(params.read_text().replace("[revenue, orders]", "[revenue, orders, turnover]"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.home)
        quiet("run", "tiny", "--as-of", "2024-02-29", "--out", str(made.out))
        made.orders(ORDERS + LATE + BAD)
        quiet("run", "tiny", "--out", str(made.out))
        plugin.write_text(PLUGIN.format(value='orders.amount, where=orders.kind == "sale"'), encoding="utf-8")
        quiet("run", "tiny", "--out", str(made.out))
        yield made


@pytest.fixture(scope="module")
def runs(shop) -> list[Path]:
    """Folders of the three runs, in order."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in shop.out.glob("tiny/runs/*/run.json")]
    return [shop.out / "tiny" / "runs" / one["run"] for one in sorted(records, key=lambda one: one["finished"])]


def test_a_late_return_restates_its_month_to_the_cent(runs):
    found = compare(runs[0], runs[1])
    columns = ["kpi", "period", "slice", "member", "before", "after", "change", "because"]
    # By hand: 10.00 in January, and 10.00 - 5.25 with the return. February is as it was; a return is no order.
    assert found.restated[columns].to_numpy().tolist() == [
        ["revenue", "2024-01", "", "", 10.0, 4.75, -5.25, "new data"],
        ["turnover", "2024-01", "", "", 10.0, 4.75, -5.25, "new data"],
    ]
    assert found.restated["numerator_change"].tolist() == [-5.25, -5.25]
    assert [one.name for one in found.causes.sources] == ["orders.csv"]
    assert found.rejects.to_numpy().tolist() == [["orders", "not a number", 0, 1, 1]]
    assert not found.same_day
    assert found


def test_a_definition_that_is_another_is_told_as_such(runs):
    found = compare(runs[1], runs[2])
    # Without returns: January 10.00 for 4.75, March 70.25 for 65.00; revenue is defined as it was.
    assert found.restated[["kpi", "period", "before", "after", "change", "because"]].to_numpy().tolist() == [
        ["turnover", "2024-01", 4.75, 10.0, 5.25, "new definition"],
        ["turnover", "2024-03", 65.0, 70.25, 5.25, "new definition"],
    ]
    assert found.causes.sources == ()
    assert [one.name for one in found.causes.plugins] == ["turnover"]
    assert found.changed_kpis[["kpi", "redefined"]].to_numpy().tolist() == [["turnover", True]]
    assert found.same_day
    assert len(found.tiers) == 0


def test_a_plugin_whose_kpi_is_another_is_no_reason_for_other_kpis(runs):
    because = compare(runs[0], runs[2]).restated.set_index("kpi")["because"].to_dict()
    # Turnover of January is 10.00 in both: the return came, and returns count no more.
    assert because == {"revenue": "new data"}


def test_a_run_does_not_differ_from_itself(runs, shop):
    assert not compare(runs[2], runs[2])
    assert quiet("runs", "diff", str(runs[2]), "tiny@latest", "--out", str(shop.out), "--exit-code").endswith(
        "\nno difference\n"
    )


def test_the_command_names_months_and_amounts(runs, shop):
    said = quiet("runs", "diff", runs[0].name, runs[1].name, "--out", str(shop.out))
    lines = [line.split() for line in said.splitlines()]
    assert ["revenue", "2024-01", "all", "10.00", "4.75", "-5.25", "new", "data"] in lines
    assert ["orders", "not", "a", "number", "0", "1", "+1"] in lines
    assert "restated, though its period was over: 2 figures" in said
    # Of the only report February's and March's.
    assert [f"{key} tiny {one.name}," in said for key, one in (("before ", runs[0]), ("after  ", runs[1]))] == [
        True
    ] * 2
    said = quiet("runs", "diff", "--out", str(shop.out))
    assert [f"{key} tiny {one.name}," in said for key, one in (("before ", runs[0]), ("after  ", runs[2]))] == [
        True
    ] * 2
    said = quiet("runs", "diff", runs[1].name, runs[2].name, "--out", str(shop.out))
    assert ["turnover", "2024-03", "all", "65.00", "70.25", "+5.25", "new", "definition"] in [
        line.split() for line in said.splitlines()
    ]
    assert main(["runs", "diff", "--out", str(shop.out), "--exit-code"]) == 1


def test_the_command_gives_json(runs, shop):
    said = json.loads(quiet("runs", "diff", "tiny@2024-02", "tiny@latest", "--json", "--out", str(shop.out)))
    assert (said["before"]["as_of"], said["after"]["run"]) == ("2024-02-29", runs[2].name)
    assert [(row["kpi"], row["change"], row["denominator_change"]) for row in said["restated"]] == [
        ("revenue", -5.25, None)
    ]
    assert [one["name"] for one in said["plugins"]] == ["turnover"]


def test_runs_are_found_by_every_name(runs, shop):
    assert find_run(str(runs[0]), shop.out).folder == runs[0].resolve()
    assert find_run(runs[0].name, shop.out).folder == runs[0].resolve()
    assert find_run("tiny", shop.out).id == runs[2].name
    assert find_run("tiny@previous", shop.out).id == runs[0].name
    assert find_run(str(shop.out / "tiny" / "latest"), shop.out).folder == runs[2].resolve()
    assert [one.id for one in find_pair((), shop.out)] == [runs[0].name, runs[2].name]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["tinny@latest"], "there is no report 'tinny'"),
        (["2024-03"], "may be any of several runs"),
        (["2029"], "there is no run '2029'"),
        (["tinny"], "nearest: tiny"),
        (["a", "b", "c"], "two runs are compared, not 3"),
    ],
)
def test_what_is_not_there_is_told(shop, words, what, capsys):
    words = words if len(words) == 3 else [*words, "tiny@latest"]
    assert main(["runs", "diff", *words, "--out", str(shop.out)]) == 2
    assert what in capsys.readouterr().err


def test_one_run_is_shown(runs, shop):
    said = quiet("runs", "show", "tiny", "--out", str(shop.out))
    lines = [line.split() for line in said.splitlines()]
    assert ["run", runs[2].name] in lines
    assert ["files", "as", "they", "were", "written"] in lines
    assert ["timezone", "UTC"] in lines
    assert any(line[:1] == ["turnover"] for line in lines)
    assert ["as_of", "2024-02-29", "(--as-of)"] in [
        line.split() for line in quiet("runs", "show", runs[0].name, "--out", str(shop.out)).splitlines()
    ]
    record = json.loads(quiet("runs", "show", "tiny", "--json", "--out", str(shop.out)))
    assert (record["run"], record["whole"], record["sent"]) == (runs[2].name, True, {})


def test_figures_are_written_alike():
    assert written(10, 4.75, -5.25) == ["10.00", "4.75", "-5.25"]
    assert written(1000, 1002, 2) == ["1,000", "1,002", "+2"]
    assert written(0.1234, 1, 0.8766) == ["0.1234", "1.0000", "+0.8766"]
    assert written(1 / 3, None, float("nan")) == ["0.333333", "-", "-"]
