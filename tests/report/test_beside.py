"""What is told beside a KPI: in the scorecard, in slices, in its view and in the workbook."""

import openpyxl
import pytest
from bs4 import BeautifulSoup

from cpm_core.report.xlsx import write_workbook
from tests import books

# Of the CSAT questions of February b, c and d were sent in time, b and d were answered: 2 of 3. In March a alone was.
TABLES = {
    "customers": """
        customer_id region
        a           North
        b           North
        c           South
        d           South
    """,
    "surveys": """
        response_id customer_id sent_at    responded_at kind score scale_min scale_max
        1           a           2024-03-01 2024-03-02   csat 5     1         5
        2           b           2024-02-01 2024-02-02   csat 4     1         5
        3           c           2024-02-01 -            csat -     1         5
        4           d           2024-02-01 2024-02-03   csat 1     1         5
        5           d           2024-02-01 2024-02-03   nps  9     0         10
    """,
}


def made(**params):
    settings = {"min_n": 1}
    defaults = {
        "as_of": "2024-03-31",
        "history": 2,
        "slices": ["region"],
        "kpis": ["csat", "nps"],
        "settings": settings,
    }
    return books.book(TABLES, **{**defaults, **params})


@pytest.fixture(scope="module")
def book():
    found = made(as_of="2024-02-29")
    yield found
    found.close()


def first_cells(html):
    rows = BeautifulSoup(html, "html.parser").select("tbody tr")
    return [row.find(["td", "th"]).select_one(".cell").get_text(" ", strip=True) for row in rows]


def test_the_scorecard_tells_the_response_rate_under_the_score(book):
    csat, nps = first_cells(book.report.scorecard().html)
    assert csat == "Customer satisfaction (CSAT) 1 of 2 CSAT response rate 66.7%"
    assert nps.endswith("NPS response rate 100.0%")
    assert "CSAT response rate 66.7%" in str(book.report.scorecard())


def test_a_period_without_questions_has_a_dash():
    book = made()
    _, nps = first_cells(book.report.scorecard().html)
    assert nps.endswith("NPS response rate –")
    book.close()


def test_slices_have_it_under_each_member(book):
    soup = BeautifulSoup(book.report.slices().html, "html.parser")
    heads = [cell.get_text() for cell in soup.select(".t-slice thead th")]
    row = next(one for one in soup.select(".t-slice tbody tr") if "(CSAT)" in one.get_text())
    cells = [cell.select_one(".cell").get_text(" ", strip=True) for cell in row.find_all("td")]
    # North: b answered with a 4. South: of c and d only d answered, with a 1. Of three two answered.
    told = dict(zip(heads, cells, strict=True))
    assert told["Measure"].endswith("CSAT response rate")
    assert (told["Total"], told["North"], told["South"]) == ("50.0% 66.7%", "100.0% 100.0%", "0.0% 50.0%")


def table(view):
    soup = BeautifulSoup(view._repr_mimebundle_()["text/html"], "html.parser")
    heads = [cell.get_text() for cell in soup.select("thead th")]
    rows = [[c.select_one(".cell").get_text() for c in row.find_all(["td", "th"])] for row in soup.select("tbody tr")]
    return heads, rows


def test_the_view_of_a_score_has_a_column_of_it():
    book = made()
    heads, rows = table(book.kpi("csat"))
    assert heads[-1] == "CSAT response rate"
    assert [row[-1] for row in rows] == ["100.0%", "66.7%"]
    members = BeautifulSoup(book.kpi("csat").by("region").at("2024-02").html, "html.parser").select("tbody tr")
    told = {row.select(".cell")[0].get_text(): row.select(".cell")[4].get_text() for row in members}
    assert told == {"Total": "66.7%", "North": "100.0%", "South": "50.0%"}
    heads, _ = table(book.kpi("csat_response_rate"))
    assert "CSAT response rate" not in heads
    book.close()


def test_the_workbook_has_it_beside_the_figures(book, tmp_path):
    write_workbook(book.report_data(), tmp_path / "workbook.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "workbook.xlsx")["scorecard"]
    heads, csat, nps = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert dict(zip(heads, csat, strict=True))["Told beside it"] == "CSAT response rate 66.7%"
    assert dict(zip(heads, nps, strict=True))["Told beside it"] == "NPS response rate 100.0%"


def test_in_chinese():
    book = made(as_of="2024-02-29", locale="zh", kpis=["csat"])
    assert first_cells(book.report.scorecard().html)[0].endswith("CSAT 问卷回复率 66.7%")
    book.close()


def test_what_was_not_delivered_is_not_told():
    surveys = TABLES["surveys"].replace("sent_at   ", "asked     ").replace("sent_at", "asked  ")
    book = books.book({"surveys": surveys}, as_of="2024-02-29", kpis=["csat"], settings={"min_n": 1})
    assert first_cells(book.report.scorecard().html) == ["Customer satisfaction (CSAT) 1 of 2"]
    book.close()


COSTED = """
order_id customer_id ordered_at amount cost kind
1        a           2024-02-01 95     40   sale
2        a           2024-02-02 5      -    sale
"""


def test_a_sound_figure_leads_to_what_it_tells_aside():
    params = {"as_of": "2024-02-29", "kpis": ["gross_margin"], "settings": {"min_n": 1}}
    book = books.book({"orders": COSTED, "customers": "customer_id\na"}, **params)
    soup = BeautifulSoup(book.report.scorecard().html, "html.parser")
    (mark,) = soup.select(".figure sup a")
    assert soup.select_one(mark["href"]).get_text() == "95.0% of the revenue has a cost"
    book.close()


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"settings": {"activity_days": 30, "min_n": 1}}, "active: a sale within 30 days; by month"),
        ({"period": "week", "locale": "zh"}, "活跃：90 天内有销售；按周计"),
    ],
)
def test_a_figure_names_the_conventions_that_it_rests_on(params, words, tmp_path):
    book = books.book({"orders": COSTED}, as_of="2024-02-29", kpis=["retention_rate"], **params)
    (cell,) = first_cells(book.report.scorecard().html)
    assert words in cell
    write_workbook(book.report_data(), tmp_path / "workbook.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "workbook.xlsx").worksheets[0]
    assert words in [cell.value for cell in list(sheet.iter_rows())[1]]
    book.close()


def test_scores_name_their_unit_where_it_is_not_the_answer():
    book = made(as_of="2024-02-29", kpis=["csat"], settings={"survey_unit": "customer", "min_n": 1})
    (cell,) = first_cells(book.report.scorecard().html)
    assert "each customer's last answer" in cell
    book.close()
