from __future__ import annotations

import pytest

from cpm_core.runs.grid_file import rows_of


def read(path, text):
    path.write_text(text, encoding="utf-8")
    problems = []
    return [(row.values, row.where.rpartition(":")[2]) for row in rows_of(path, problems)], problems


def test_csv_has_its_keys_in_the_first_line_and_quotes_round_commas_and_lines(tmp_path):
    text = '\ufeffmember, title.en ,history\r\n"a, b","two\nlines",03\r\n\r\nc,,\r\n'
    rows, problems = read(tmp_path / "x.csv", text)
    assert problems == []
    # The first row ends on line 3 of the file.
    assert rows == [({"member": "a, b", "title.en": "two\nlines", "history": "03"}, "3"), ({"member": "c"}, "5")]


def test_yaml_is_a_list_of_mappings_whose_texts_stay(tmp_path):
    rows, problems = read(
        tmp_path / "x.yml", "# tenants\n- {member: '007', history: 03, since: null}\n- kpis: [a, b]\n"
    )
    assert problems == []
    assert rows == [({"member": "007", "history": "03"}, "2"), ({"kpis": ["a", "b"]}, "3")]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x.csv", "", "a column has no name"),
        ("x.csv", "a,a\n1,2\n", "two have the same"),
        ("x.csv", "a,\n1,2\n", "a column has no name"),
        ("x.csv", "a,b\n1\n", "the row has 1 cells, and the first line 2"),
        ("x.csv", 'a\n"open\n', "the CSV does not parse"),
        ("x.csv", "a\n", "the file has no rows"),
        ("x.csv", "member;region\nn;North\n", "not parted by commas, but by semicolons"),
        ("x.csv", "member\tregion\nn\tNorth\n", "not parted by commas, but by tabs"),
        ("x.yaml", "a: 1\n", "the YAML is no list"),
        ("x.yaml", "", "the YAML is no list"),
        ("x.yaml", "[[\n", "does not parse"),
        ("x.yaml", "- text\n", "'text' is no row"),
        ("x.yaml", "- {}\n", "the row says nothing"),
        ("x.yaml", "- {a: 1, a: 2}\n", "the key 'a' is there twice"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path, name, text, words):
    _, (problem,) = read(tmp_path / name, text)
    assert words in problem.what
    assert name in problem.where


def test_a_file_that_is_not_there_or_not_utf_8(tmp_path):
    problems = []
    assert rows_of(tmp_path / "none.csv", problems) == []
    (tmp_path / "x.csv").write_bytes(b"member\n\xe4\n")
    rows_of(tmp_path / "x.csv", problems)
    assert ["cannot be read" in problems[0].what, "not UTF-8" in problems[1].what] == [True, True]
    assert problems[1].where.endswith("x.csv:2")
    rows_of(tmp_path / "xs.csv", problems)
    assert problems[2].nearest == ("x.csv",)
