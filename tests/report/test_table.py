"""Tables of the page."""

from bs4 import BeautifulSoup

from cpm_core.report.table import table

HEADS = [("a", "A < b"), ("total", "合计")]


def read(html):
    return BeautifulSoup(html, "html.parser")


def test_heads_are_escaped_and_cells_stay_as_they_are():
    page = read(table("x", HEADS, [["<b>1</b>", "2 &amp; 3"], ["", "–"]]))
    assert page.table["class"] == ["gt_table", "t-x"]
    assert [head.text for head in page.select("thead th")] == ["A < b", "合计"]
    cells = [[cell.select_one(".cell").decode_contents() for cell in row("td")] for row in page.select("tbody tr")]
    assert cells == [["<b>1</b>", "2 &amp; 3"], ["", "–"]]
    assert [cell.text for cell in page.select("tbody tr:first-child .head")] == ["A < b", "合计"]


def test_equal_groups_stand_together_in_their_first_order():
    page = read(table("x", HEADS, [["1", "2"], ["3", "4"], ["5", "6"]], ["s & t", "u", "s & t"]))
    lines = [row.select_one(".cell, .gt_group_heading").text for row in page.select("tbody tr")]
    assert lines == ["s & t", "1", "5", "u", "3"]
    assert {head["colspan"] for head in page.select(".gt_group_heading")} == {"2"}


def test_cells_name_their_heads():
    page = read(table("x", HEADS, [["1", "2"], ["3", "4"]], ["a/b", "a b"]))
    titles = {head["id"]: head.text for head in page("th")}
    assert len(titles) == 4, "no id twice"
    told = [[titles[name] for name in cell["headers"]] for cell in page("td")]
    assert told == [["a/b", "A < b"], ["a/b", "合计"], ["a b", "A < b"], ["a b", "合计"]]


def test_a_table_without_rows_has_its_heads():
    page = read(table("x", HEADS, []))
    assert (len(page.select("thead th")), len(page.select("tbody tr"))) == (2, 0)
