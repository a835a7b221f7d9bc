from __future__ import annotations

import re
import shlex
import shutil
import time

import pytest

from cpm_core.cli import main
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import UsageError
from cpm_core.params.overrides import Override
from cpm_core.runs import batch
from cpm_core.runs.expand import Wanted, expand, files
from tests.runs.fifty import Fifty


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The shop of fifty customers, which is the working folder."""
    made = Fifty(tmp_path / "shop")
    monkeypatch.chdir(made.home)
    return made


def reports(*paths, said=(), **wanted):
    return [(one.request.report, str(one.params.as_of)) for one in expand(paths, said, Wanted(**wanted))]


def wrong(*paths, said=(), **wanted):
    with pytest.raises(UsageError) as caught:
        expand(paths, said, Wanted(**wanted))
    return caught.value.problems


def test_a_pattern_is_the_files_that_it_matches(shop):
    shop.tenant("a")
    shop.tenant("b")
    assert files(["params/*.yaml", "fifty"]) == [
        "params/a.yaml",
        "params/b.yaml",
        "params/fifty.yaml",
        "params/tiny.yaml",
        "fifty",
    ]
    assert files([str(shop.home / "params" / "[ab].yaml")]) == [str(shop.home / "params" / f"{x}.yaml") for x in "ab"]
    # A file may be called so.
    shop.tenant("x[1]")
    assert files(["params/x[1].yaml"]) == ["params/x[1].yaml"]
    assert reports("params/[ab].yaml") == [("a", "2024-03-31"), ("b", "2024-03-31")]


def test_a_pattern_that_matches_nothing_is_told(shop):
    (problem,) = wrong("params/none-*.yaml", "missing")
    assert problem.what == "no file matches 'params/none-*.yaml'"


def test_members_have_folders_below_the_workbook_and_say_what_they_set(shop):
    found = expand(["fifty"], [Override("history", "2", "-p history")], Wanted(grid=("region=North,South",)))
    assert [one.request.report for one in found] == ["fifty/region=North", "fifty/region=South"]
    assert [one.params.only for one in found] == [{"region": ("North",)}, {"region": ("South",)}]
    assert {one.params.history for one in found} == {2}
    assert [(one.key, one.value) for one in found[0].request.overrides] == [("history", "2"), ("only.region", "North")]


def test_a_name_of_the_notebook_is_its_parameter(shop):
    shop.notebook("fifty", "1", parameters="params: str = ''\noverrides: dict | None = None\nregion: str = ''")
    (found,) = expand(["fifty"], (), Wanted(grid=("region=North",)))
    assert found.request.notebook_parameters == {"region": "North"}
    assert found.params.only == {}


def test_a_star_is_every_member_that_the_data_have_and_their_tables_are_kept_for_the_reports(shop):
    customers = shop.home / "data" / "customers.csv"
    customers.write_text(customers.read_text(encoding="utf-8") + 'c51,"Far, far"\nc52,\n', encoding="utf-8")
    (shop.home / "tables").mkdir()
    wanted = Wanted(grid=("region=*", "locale=en,zh"))
    found = expand(["fifty"], (), wanted, shop.home / "tables")
    members = ["(none)", "Far, far", "North", "South"]
    assert [one.params.only for one in found] == [{"region": (member,)} for member in members for _ in ("en", "zh")]
    assert len(list(shop.home.glob("tables/*/prepared.json"))) == 1


def test_a_star_is_of_a_column(shop):
    (problem,) = wrong("fifty", grid=("locale=*",))
    assert problem.what == "'*' stands for all values of a column, and 'locale' is none"
    (problem,) = wrong("fifty", grid=("regoin=*",))
    assert problem.nearest == ("region",)
    (problem,) = wrong("fifty", grid=("only.orders.kidn=*",))
    assert "orders.kind" in problem.nearest


def test_a_wrong_key_or_value_is_told_with_the_option_and_the_nearest(shop):
    problems = wrong("fifty", grid=("histroy.x=1", "locale=fr"))
    assert problems[0].what.startswith("'histroy.x' is no key")
    assert problems[0].nearest[0] == "history"
    (problem,) = wrong("fifty", grid=("locale=fr",))
    assert problem.where == "--grid locale=fr"


def test_a_mistake_in_every_row_is_told_some_times_and_counted(shop):
    (shop.home / "rows.csv").write_text("member,locale\n" + "".join(f"m{n},fr\n" for n in range(50)), encoding="utf-8")
    problems = wrong("fifty", grid_from=shop.home / "rows.csv")
    assert len(problems) == 21
    assert problems[0].where == "rows.csv:2"
    assert problems[-1].what == "and 30 more problems"


def test_month_ends_of_a_leap_year_are_days_31_29_and_31_and_the_oldest_comes_first(shop):
    assert reports("fifty", backfill="2012-01..2012-03") == [
        ("fifty", "2012-01-31"),
        ("fifty", "2012-02-29"),
        ("fifty", "2012-03-31"),
    ]


def test_a_backfill_of_a_grid_is_each_member_in_each_period(shop):
    days = ("2024-01-31", "2024-02-29")
    expected = [(f"fifty/region={region}", day) for region in ("North", "South") for day in days]
    assert reports("fifty", grid=("region=North,South",), backfill="2024-01..2024-02") == expected


def test_the_period_of_the_params_tells_what_a_label_is(shop):
    quarter = [Override("period", "quarter", "-p period")]
    assert reports("fifty", said=quarter, backfill="2023-Q4") == [("fifty", "2023-12-31")]
    (problem,) = wrong("fifty", said=quarter, backfill="2023-10")
    assert "'2023-10' is no quarter" in problem.what


def test_a_day_is_said_once(shop):
    (problem,) = wrong("fifty", said=[Override("as_of", "2024-01-31", "--as-of")], backfill="2024-01")
    assert problem.what == "as_of is said by --as-of and by --backfill"


def test_params_that_get_their_day_and_their_source_from_a_row_need_none_of_their_own(shop):
    text = (shop.home / "params" / "fifty.yaml").read_text(encoding="utf-8").replace("as_of: 2024-03-31\n", "")
    (shop.home / "params" / "fifty.yaml").write_text(text, encoding="utf-8")
    (shop.home / "rows.csv").write_text("region,as_of\nNorth,2024-02-29\nSouth,2024-01-31\n", encoding="utf-8")
    found = reports("fifty", grid_from=shop.home / "rows.csv")
    assert found == [
        ("fifty/region=North,as_of=2024-02-29", "2024-02-29"),
        ("fifty/region=South,as_of=2024-01-31", "2024-01-31"),
    ]


def test_two_files_of_one_workbook_are_refused_also_with_members(shop):
    text = (shop.home / "params" / "fifty.yaml").read_text(encoding="utf-8")
    (shop.home / "params" / "other.yaml").write_text(text, encoding="utf-8")
    (problem,) = wrong("fifty", "other", grid=("region=North",))
    assert "'fifty/region=North' is asked for twice" in problem.what
    assert len(wrong("fifty", "other", backfill="2024-01..2024-02")) == 2
    assert len(wrong("fifty", "fifty")) == 1


def test_plugins_are_loaded_once_for_all_files_of_a_folder(shop, monkeypatch):
    loaded = []
    of = Registry.of
    monkeypatch.setattr(Registry, "of", lambda params: loaded.append(params) or of(params))
    paths = [shop.tenant(f"t{number}") for number in range(5)]
    assert len(expand(paths, (), Wanted())) == 5
    assert len(loaded) == 1
    assert len(wrong(*paths, said=[Override("kpis", ["revenu"], "-p kpis")])) == 1


@pytest.mark.soak
def test_200_tenants_are_checked_in_a_few_seconds(shop):
    paths = [shop.tenant(f"t{number}") for number in range(200)]
    begun = time.monotonic()
    assert len(expand(paths, (), Wanted())) == 200
    assert time.monotonic() - begun < 10


def test_the_lines_of_the_document_are_right(repository, tmp_path, monkeypatch):
    text = (repository / "docs" / "batches.md").read_text(encoding="utf-8")
    (rows,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    shutil.copytree(repository / "params", tmp_path / "params")
    shutil.copytree(repository / "plugins", tmp_path / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tenants.csv").write_text(rows, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    counts = []
    monkeypatch.setattr(batch, "run_reports", lambda *given: counts.append(len(expand(given[0], given[1], given[5]))))
    for line in re.findall(r"^    (cpm run .*)$", text, re.MULTILINE):
        main(shlex.split(line)[1:])
    files = len(list((repository / "params").glob("*.yaml")))
    # Two files, all files, two regions, two in two languages, two districts, two rows, six months, two of one, two rows.
    assert counts == [2, files, 2, 4, 2, 2, 6, 2, 2]
