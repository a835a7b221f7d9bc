from __future__ import annotations

import pytest

from cpm_core.model.errors import UsageError
from cpm_core.runs.grid import Member, members_of


def plain(member, *names):
    return member.name, [(one.key, one.value) for one in member.overrides(names)]


def wrong(*grids, file=None):
    with pytest.raises(UsageError) as caught:
        members_of(grids, file)
    return caught.value.problems


def test_without_a_grid_there_is_the_workbook_itself():
    assert members_of([], None) == [Member("")]


def test_a_bare_name_is_a_column_of_the_customers_a_dotted_one_or_a_key_is_a_key():
    (north, south) = members_of(["region=North,South"], None)
    assert plain(north) == ("region=North", [("only.region", "North")])
    assert plain(south) == ("region=South", [("only.region", "South")])
    (only,) = members_of(["only.orders.channel=web"], None)
    assert plain(only) == ("only.orders.channel=web", [("only.orders.channel", "web")])
    (locale,) = members_of(["locale=zh"], None)
    assert plain(locale) == ("locale=zh", [("locale", "zh")])


def test_a_parameter_of_the_notebook_comes_before_a_column():
    (colour,) = members_of(["colour=red"], None)
    assert plain(colour, "params", "colour") == ("colour=red", [("colour", "red")])
    assert colour.columns == ["colour"]


def test_several_grids_are_every_combination_in_their_order():
    found = [member.name for member in members_of(["region=N,S", "locale=en,zh"], None)]
    assert found == ["region=N,locale=en", "region=N,locale=zh", "region=S,locale=en", "region=S,locale=zh"]


def test_a_value_with_a_comma_stands_in_quotes_and_spaces_behind_commas_do_not_count():
    members = members_of(['owner="Miller, Ann", Bo'], None)
    assert [one.said[0].value for one in members] == ["Miller, Ann", "Bo"]
    assert members[0].name.startswith("owner=Miller- Ann-")
    assert members[1].name == "owner=Bo"


def test_who_said_so_is_told():
    assert members_of(["region=North"], None)[0].said[0].origin == "--grid region=North"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("region", "is no grid"),
        ("=North", "is no grid"),
        ("region=", "is no grid"),
        ("region=North,,South", "a value of 'region' is empty"),
        ("region=North,North", "'region' has 'North' twice"),
        ('region="North', "the double quotes"),
    ],
)
def test_what_is_no_grid_is_told(text, words):
    (problem,) = wrong(text)
    assert words in problem.what
    assert problem.where.startswith("--grid")


def test_a_key_of_two_grids_is_refused_since_the_later_would_win(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("member,region\nn,North\n", encoding="utf-8")
    (problem,) = wrong("region=North", "locale=en", "only.region=South")
    assert problem.what == "'region' is said twice: --grid region=North and --grid only.region=South"
    (problem,) = wrong("region=South", file=file)
    assert problem.what.startswith("'region' is said twice: --grid region=South and ")


def test_members_that_differ_in_case_alone_would_share_a_folder_on_some_disks():
    (problem,) = wrong("region=North,NORTH")
    assert "would lie in the folder 'region=NORTH'" in problem.what


def test_a_product_that_was_not_meant_is_refused():
    many = ",".join(map(str, range(100)))
    (problem,) = wrong(f"a={many}", f"b={many}")
    assert "10,000 members" in problem.what


def test_rows_of_a_file_are_members_with_the_name_of_their_column(tmp_path):
    file = tmp_path / "tenants.csv"
    file.write_text("member,sources.0.tables.orders.path,locale\nnorth,../data/n.csv,zh\nA/S,../data/a.csv,\n", "utf-8")
    north, company = members_of([], file)
    key = "sources.0.tables.orders.path"
    assert plain(north) == ("north", [(key, "../data/n.csv"), ("locale", "zh")])
    # An empty cell says nothing; a name is made into that of one folder.
    assert company.overrides(()) == company.said
    assert (company.name[:4], len(company.said)) == ("A-S-", 1)
    assert north.said[0].origin.endswith("tenants.csv:2")


def test_rows_without_a_name_are_named_by_what_they_say_and_combine_with_a_grid(tmp_path):
    file = tmp_path / "rows.yaml"
    file.write_text("- {region: [North, South], history: 3}\n- {region: West}\n", encoding="utf-8")
    members = members_of(["locale=en,zh"], file)
    assert [one.name for one in members] == [
        "locale=en,region=North+South,history=3",
        "locale=en,region=West",
        "locale=zh,region=North+South,history=3",
        "locale=zh,region=West",
    ]
    assert plain(members[0])[1][1] == ("only.region", ["North", "South"])


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("member,locale\nx,zh,more\n,\ny\n", encoding="utf-8")
    problems = wrong("region", file=file)
    assert [problem.where.rpartition("/")[2] for problem in problems] == ["--grid region", "rows.csv:2", "rows.csv:4"]


def test_two_rows_of_one_name_are_refused_with_the_line(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("member,locale\nx,zh\nx,en\n", encoding="utf-8")
    (problem,) = wrong(file=file)
    assert "two members would lie in the folder 'x'" in problem.what
    assert problem.where.endswith("rows.csv:3")
