"""What a plugin's code does wrong when it is run stays its own, and is told by name, file and line."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

import cpm_core as cpm
from cpm_core import cli
from cpm_core.model.errors import PluginError
from tests.books import fact
from tests.runs.projects import notebook

BROKEN = Path(__file__).parent / "broken_plugins"
ORDERS = """order_id,customer_id,ordered_at,amount,kind
1,a,2024-01-03,10,sale
2,a,2024-02-20,20,sale
3,b,2024-02-10,-5,return
4,c,2024-02-29,9,sale
"""
SURVEYS = """response_id,customer_id,responded_at,kind,score,scale_min,scale_max
1,a,2024-02-03,csat,4,1,5
"""
PARAMS = """
as_of: 2024-02-29
history: 2
sources:
  - {use: files, tables: {orders: {path: ../orders.csv}, surveys: {path: ../surveys.csv}}}
engine: {threads: 1}
"""


def home(folder, *names, params=PARAMS):
    """A home with broken plugins."""
    for name in ("params", "plugins"):
        (folder / name).mkdir()
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (folder / "surveys.csv").write_text(SURVEYS, encoding="utf-8")
    (folder / "params" / "shop.yaml").write_text(params, encoding="utf-8")
    for name in names:
        shutil.copy(BROKEN / f"run_{name}.py", folder / "plugins")
    return folder / "params" / "shop.yaml"


def line_of(name, mark="here"):
    """`plugins/run_x.py:12`: the line that is marked."""
    lines = (BROKEN / f"run_{name}.py").read_text(encoding="utf-8").splitlines()
    return f"plugins/run_{name}.py:{next(n for n, line in enumerate(lines, 1) if line.endswith(f'# <- {mark}'))}"


SHAPES = {
    "of_a_window": "its value has a window function over more than a period",
    "a_number": "returned a number, not a measure",
    "a_list": "returned a list, not a measure",
    "a_table": "returned a table, not a measure",
    "a_column": "returned a column, not a measure",
    "a_derived": "returned a Derived, and it is a KPI on a table",
    "of_tables": "its numerator is a table, not a column",
    "of_text": "its value is string, and a number or a yes/no is wanted",
    "of_no_condition": "its where is string, and a yes/no is wanted",
    "of_an_aggregate": "its value is an aggregate, and the value of a row is wanted",
    "of_filtered_rows": "its value is of rows that were filtered, joined or built anew, not of 'orders' as it was given",
    "of_rows_of_its_own": "its value brings rows of its own (a memtable)",
    "of_a_connection": "its value reads a table of a connection, 'rates'",
    "of_a_name": "its value is a str, not a column of its table",
    "of_a_strange_cluster": "its cluster 'customer' is no column of 'orders' (nearest: customer_id)",
    "of_another_table": "its value is of the table 'surveys', and the KPI is on 'orders'",
}
FAILED = {
    "in_pounds": ("KeyError: 'GBP'", line_of("raises")),
    "mean_score": ("surveys has no column 'scoer' (nearest: score)", line_of("misspelt_column")),
    "patient": ("took longer than 0.5 seconds and was ended", line_of("swallows")),
    "killed": ("ended its process: SIGKILL", line_of("kills", "killed")),
    "left": ("ended its process: exit code 7", line_of("kills", "left")),
    "exits": ("asked Python to exit", line_of("kills", "exits")),
    "pandas_raises": ("KeyError: 'amuont'", line_of("pandas", "raising")),
    "pandas_hangs": ("took longer than 2 seconds and was ended", line_of("pandas", "pandas_hangs")),
    "pandas_tells": (
        "the function returned str: a number, a pair of numbers or None is wanted",
        line_of("pandas", "pandas_tells"),
    ),
    "as_numbers": ("ConversionException: Conversion Error: Could not convert string", line_of("fails_later")),
}
BLOCKED = {
    "late": "blocked, because the table late_orders of run_table failed: orders has no column 'promised_at'",
    "later": "blocked, because the table late_orders of run_table failed: orders has no column 'promised_at'",
    "numbers": "blocked, because the table numbered of run_table failed: ConversionException",
    "told": "blocked, because the table told_orders of run_table failed: returned a str, not a table",
    "share_of_late": "blocked, because Late failed",
    "after_it": "blocked, because As numbers failed",
}
FINE = {"revenue": 24, "orders": 2, "survivor": 3, "pandas_fine": 20, "speechless": 3}
"""February: 20 - 5 + 9; two sales; three rows; the largest."""
TOGETHER = ("raises", "misspelt_column", "swallows", "kills", "shapes", "pandas", "table", "fails_later")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken")
    params = home(folder, *TOGETHER, "profile_column", "says")
    kpis = [*FINE, *FAILED, *BLOCKED, *SHAPES]
    limits = {"definition": 0.5, "pandas": 2, "query": 60}
    made = cpm.open(params, kpis=kpis, limits=limits, settings={"min_n": 1}, strict=False, work=folder / "work")
    made.customers()
    yield made
    made.close()


def february(book, name):
    return fact(book.facts(), name, "2024-02")


@pytest.mark.parametrize("name", FINE)
def test_what_is_fine_stands_beside_what_is_broken(book, name):
    found = february(book, name)
    assert (found["state"], found["value"]) == ("ok", FINE[name])


@pytest.mark.parametrize("name", FAILED)
def test_only_the_guilty_fail_and_say_where(book, name):
    words, where = FAILED[name]
    found = february(book, name)
    assert found["state"] == "failed"
    assert words in found["reason"]
    assert found["reason"].endswith(f"({where})")
    provider = Path(where.rpartition(":")[0]).stem
    assert found["provider"] == provider
    (told,) = [one for one in book.degraded() if one.where == f"KPI {name} of plugin {provider} ({where})"]
    assert told.what.startswith(words.split(" (")[0])


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_no_measure_says_what_it_is(book, name):
    found = february(book, name)
    assert found["state"] == "failed"
    assert SHAPES[name] in found["reason"]
    assert "(plugins/run_shapes.py:" in found["reason"]


@pytest.mark.parametrize("name", BLOCKED)
def test_what_depends_on_it_is_blocked_and_names_it(book, name):
    found = february(book, name)
    assert found["state"] == "blocked"
    assert found["reason"].startswith(BLOCKED[name])


def test_a_misspelt_column_may_be_declared(book):
    (told,) = [one for one in book.degraded() if one.where.startswith("KPI mean_score")]
    assert told.nearest == ("score",)
    assert "columns={'scoer': 'string'}" in told.fix


def test_a_failed_table_and_column_are_told_once_with_their_line(book):
    told = {one.where: one.what for one in book.degraded() if not one.where.startswith("KPI")}
    table, column = line_of("table", "late_orders"), line_of("profile_column", "raising")
    assert told[f"table late_orders of plugin run_table ({table})"] == "orders has no column 'promised_at'"
    assert told[f"profile column raising of plugin run_profile_column ({column})"].startswith(
        "orders has no column 'margn'"
    )
    assert {where.split(" of plugin ")[0] for where in told} == {
        *("table late_orders", "table numbered", "table told_orders"),
        *("profile column raising", "profile column doubled", "profile column last_late"),
    }


def test_the_profile_goes_without_a_column_that_failed(book):
    customers = book.customers().set_index("customer_id")
    assert customers["largest_order"].to_dict() == {"a": 20, "b": -5, "c": 9}
    assert not {"raising", "doubled", "last_late"} & set(customers)
    doubled = next(one for one in book.degraded() if one.where.startswith("profile column doubled"))
    assert doubled.what == "it has 4 rows for 3 customers, and each may be in it once"


def test_what_failed_is_known_to_the_next_process_and_not_tried_again(book):
    again = cpm.open(book.params.path, kpis=list(book.params.kpis), limits={"definition": 0.5, "pandas": 2, "query": 60},
                     strict=False, work=book.work)  # fmt: skip
    assert again._catalog.failures.problems() == book._catalog.failures.problems()
    assert again._catalog.broken("late_orders").failure == book._catalog.broken("late_orders").failure
    assert again.compiled["patient"].failed == book.compiled["patient"].failed
    assert again.compiled["share_of_late"].parts == ("late", "orders")
    again.close()


def test_words_that_raise_take_no_figure_with_them(book):
    from cpm_core.report.beside import conventions

    item = book.compiled["speechless"].kpi
    assert "AttributeError" in conventions(item, book.settings, "en")


@pytest.mark.parametrize(
    ("name", "keys", "words", "where"),
    [
        ("tier_rule", {"tiers": {"rule": "goodwill"}}, "tier rule 'goodwill' of 'run_tier_rule' failed: LookupError", "goodwill"),
        ("tier_rule", {"tiers": {"rule": "by_column"}}, "without the column 'favour' of run_tier_rule, since that failed: orders", "by_column"),
        ("lifecycle_rule", {"lifecycle": {"rule": "waiting"}}, "lifecycle rule 'waiting' of 'run_lifecycle_rule' failed: took longer", "here"),
        ("action", {"plan": {"use": ["apology"], "budget": 1}}, "action 'apology' of 'run_action' failed: the profile has no column", "here"),
    ],
)  # fmt: skip
def test_money_follows_rules_and_actions_so_that_they_end_the_run(tmp_path, name, keys, words, where):
    params = home(tmp_path, name)
    made = cpm.open(params, kpis=["revenue"], limits={"definition": 0.5}, strict=False, **keys)
    with pytest.raises(PluginError, match=words) as caught:
        made.plan() if "plan" in keys else made.customers()
    (told,) = caught.value.problems
    assert told.where == line_of(name, where)
    made.close()


def test_strict_tells_all_at_once(tmp_path):
    made = cpm.open(home(tmp_path, "raises", "table"), kpis=["revenue", "in_pounds", "late"], strict=True)
    with pytest.raises(PluginError) as caught:
        made.facts()
    assert [one.where.split(" of ")[0] for one in caught.value.problems] == ["KPI in_pounds", "table late_orders"]
    made.close()


NOTEBOOK = (
    "import cpm_core as cpm\nbook = cpm.open(params, **(overrides or {}))\nbook",
    "book.report.scorecard()",
    "book.sections()",
    "book.report.provenance()",
)
LIMITED = """
strict: false
settings: {min_n: 1}
limits: {definition: 1, pandas: 3, query: 3}
report: {notebook: shop, formats: [html]}
"""
STANDING = ["revenue", "orders", "average_order_value", "active_customers", "csat"]


@pytest.fixture(scope="module")
def published(tmp_path_factory, repository):
    """A report with all that can degrade one together, and how its run ended."""
    folder = tmp_path_factory.mktemp("degraded")
    names = sorted(path.stem.removeprefix("run_") for path in BROKEN.glob("run_*.py"))
    kpis = [*STANDING, *FINE, *FAILED, *BLOCKED, *SHAPES, "endless_pairs", "of_pairs"]
    home(folder, *names, params=f"{PARAMS}{LIMITED}kpis: [{', '.join(dict.fromkeys(kpis))}]\n")
    for path in BROKEN.glob("load_*"):
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, folder / "plugins" / path.name)
    notebook(folder / "notebooks" / "shop.ipynb", *NOTEBOOK)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PYTHONPATH", str(repository))
        code = cli.main(["run", "shop", "--out", "reports"])
    return folder, code, folder / "reports" / "shop" / "latest"


def test_a_report_is_published_with_all_that_can_degrade_it(published):
    _, code, latest = published
    assert code == 3
    record = json.loads((latest / "run.json").read_text(encoding="utf-8"))
    told = "\n".join(record["degraded"])
    for name in [*FAILED, *SHAPES, "endless_pairs"]:
        assert f"KPI {name} of plugin run_" in told
        assert record["kpis"][name]["state"] == "failed"
    for words in ("table all_pairs", "table late_orders", "profile column raising", "nobody listens", "no forecast"):
        assert words in told
    out = {path.stem for path in BROKEN.glob("load_*") if path.name != "__pycache__"}
    assert {one["name"] for one in record["quarantined"]} == out
    assert all(f"'{name}'" in told or f" {name}" in told for name in out - {"load_duplicate_two"})
    assert record["kpis"]["survivor"] == {
        "provider": "run_kills",
        "version": next(one["version"] for one in record["plugins"] if one["name"] == "run_kills"),
        "definition": record["kpis"]["survivor"]["definition"],
        "state": "ok",
    }


def test_its_page_names_them_at_the_top(published):
    page = (published[2] / "report.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(page, "html.parser")
    out, failed = ("\n".join(one.stripped_strings) for one in soup.select(".plugins-out"))
    assert all(path.stem in out for path in BROKEN.glob("load_*") if path.name != "__pycache__")
    for words in ("KPI in_pounds of run_raises: KeyError: 'GBP'", "table late_orders of run_table", line_of("raises")):
        assert words in failed
    (survivor,) = (one for one in soup.select(".t-scorecard .name") if one.text == "Survivor")
    assert survivor["title"].startswith("Defined by run_kills, version ")
    assert "This section of run_section failed: OSError: no forecast" in soup.get_text()


def test_an_endless_query_is_ended_and_blamed(published):
    facts = pd.read_parquet(published[2] / "facts.parquet")
    guilty, behind = fact(facts, "endless_pairs", "2024-02"), fact(facts, "of_pairs", "2024-02")
    words = "its query took longer than 3 seconds and was ended"
    assert (guilty["state"], behind["state"]) == ("failed", "blocked")
    assert f"{words} ({line_of('endless_query', 'kpi')})" in guilty["reason"]
    assert f"{words} ({line_of('endless_query', 'table')})" in behind["reason"]


def test_all_other_figures_are_those_of_the_same_report_without_them(published, tmp_path):
    whole = cpm.open(home(tmp_path), kpis=STANDING, settings={"min_n": 1})
    wanted = whole.facts().drop(columns=["run"])
    customers = whole.customers()
    whole.close()
    facts = pd.read_parquet(published[2] / "facts.parquet").drop(columns=["run"])
    found = facts[facts["kpi"].isin(wanted["kpi"])].reset_index(drop=True)
    assert len(wanted) == 2 * len(set(wanted["kpi"]))
    pd.testing.assert_frame_equal(found.sort_values(["kpi", "period"], ignore_index=True),
                                  wanted.sort_values(["kpi", "period"], ignore_index=True))  # fmt: skip
    kept = pd.read_parquet(published[2] / "customers.parquet").drop(columns=["largest_order"])
    pd.testing.assert_frame_equal(kept, customers)


@pytest.mark.parametrize("name", ["run_raises", "run_observer", "load_syntax_error"])
def test_a_strict_report_publishes_nothing(tmp_path, monkeypatch, capsys, name):
    home(tmp_path, params=PARAMS + "strict: true\nreport: {notebook: shop}\n")
    shutil.copy(BROKEN / f"{name}.py", tmp_path / "plugins")
    notebook(tmp_path / "notebooks" / "shop.ipynb", *NOTEBOOK)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run", "shop", "--out", "reports"]) == 1
    assert not list((tmp_path / "reports").rglob("run.json"))
    assert name in capsys.readouterr().err
