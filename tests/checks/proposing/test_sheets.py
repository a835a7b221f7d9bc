from pathlib import Path

import pytest

from cpm_core.checks.proposing.sheets import encoding_of, pattern_of, quoted


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        ("id,name\n1,Zoë\n", "utf-8", None),
        ("id,name\n1,Zoë\n", "utf-8-sig", None),
        ("id,name\n1,plain\n", "ascii", None),
        ("编号,姓名\n1,王小明\n", "gb18030", "gb18030"),
        ("编号,姓名\n1,王小明 Ltd\n", "utf-16", "utf-16"),
        ("Nr;Größe;Straße\n1;übergroß;Königsallee\n", "cp1252", "cp1252"),
        ("n;prix;été\n1;12 €;à côté\n", "cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_found_by_trying(tmp_path, text, written, found):
    file = tmp_path / "some.csv"
    file.write_bytes(text.encode(written))
    assert encoding_of(file) == found


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["orders.csv"], "orders.csv"),
        (["2024-01.csv", "2024-02.csv", "2024-10.csv"], "2024-*.csv"),
        (["a.csv", "b.csv"], "*.csv"),
        (["north orders.csv", "south orders.csv"], "*th orders.csv"),
    ],
)
def test_several_names_become_one_pattern(names, pattern):
    assert pattern_of([Path(name) for name in names]) == pattern


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("amount", "amount"),
        ("Betrag", "Betrag"),
        ("金额", "金额"),
        ("Net Amount", '"Net Amount"'),
        ("order", '"order"'),
    ],
)
def test_names_are_quoted_where_sql_wants_it(name, sql):
    assert quoted(name) == sql


def test_a_quote_within_a_name_is_doubled():
    assert quoted('a "b"') == '"a ""b"""'
