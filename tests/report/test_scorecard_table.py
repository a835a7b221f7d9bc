"""The scorecard's cells, read from its HTML."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from cpm_core.report import scorecard_table
from tests.report import sample

HEADS = ("measure", "value", "target", "previous", "year", "trend")


@pytest.fixture(scope="module", params=["en", "zh"])
def shown(request):
    data = sample.make(request.param)
    soup = BeautifulSoup(scorecard_table.render(data).html, "html.parser")
    lines = {}
    for row in soup.select("tbody tr:not(.gt_group_heading_row)"):
        cells = [cell.select_one(".cell") for cell in row.find_all("td")]
        line = dict(zip(HEADS, cells, strict=True))
        lines[line["measure"].select_one(".name").text] = line
    return request.param, soup, lines


def words(cell):
    return " ".join(cell.stripped_strings)


def test_every_kpi_has_a_line(shown):
    locale, _, lines = shown
    assert list(lines) == [kpi[1 if locale == "en" else 2] for kpi in sample.KPIS]


def test_chapters_are_headings(shown):
    locale, soup, _ = shown
    expected = (
        ["Sales", "Customers", "Satisfaction", "Service"] if locale == "en" else ["销售", "客户", "满意度", "服务"]
    )
    assert [head.text for head in soup.select(".gt_group_heading")] == expected


def test_a_status_is_a_symbol_and_a_word(shown):
    locale, soup, _ = shown
    found = {cell["class"][1]: cell.text for cell in soup.select(".t-scorecard .status")}
    assert all(cell.find("svg") for cell in soup.select(".status"))
    if locale == "en":
        assert found == {"met": "met", "missed": "missed", "close": "too close to call"}
    else:
        assert found == {"met": "达成", "missed": "未达成", "close": "尚难判定"}


def test_value_interval_and_base(shown):
    locale, _, lines = shown
    line = lines["Retention rate (90-day activity)" if locale == "en" else "留存率（90天活跃）"]
    assert words(line["value"]) == "90.7% 89.5–91.8%"
    assert words(line["measure"]).endswith("2,232 of 2,461" if locale == "en" else "2,461中的2,232")
    assert words(line["previous"]) == ("+0.8 pp from 89.9%" if locale == "en" else "+0.8个百分点 上期89.9%")
    # Whole amounts over whole amounts are no rows among rows.
    amounts = lines["Return rate" if locale == "en" else "退货率"]
    assert words(amounts["measure"]).endswith("n = 340" if locale == "en" else "样本数340")


def test_what_stands_out_says_better_or_worse(shown):
    locale, soup, lines = shown
    moods = {"good": "better", "bad": "worse"} if locale == "en" else {"good": "向好", "bad": "转差"}
    marked = soup.select(".mood")
    assert [moods[one["class"][1]] for one in marked] == [one.text for one in marked]
    assert len(marked) == 4
    quiet = lines["Gross sales" if locale == "en" else "销售总额"]
    assert not quiet["previous"].select(".mood, .signal, .good, .bad")


def test_a_signal_stands_where_it_was_seen(shown):
    locale, soup, lines = shown
    said = (
        {"good": "signal: better", "bad": "signal: worse"}
        if locale == "en"
        else {"good": "信号：向好", "bad": "信号：转差"}
    )
    signals = soup.select(".signal")
    assert len(signals) == 3
    assert all(said[one["class"][1]] in one.text for one in signals)
    orders = lines["Orders" if locale == "en" else "订单数"]
    assert not orders["previous"].select(".signal")
    assert orders["year"].select(".signal.good"), "its signal is one of the change on the year"


def test_a_trailing_year_is_judged_against_the_year_before(shown):
    locale, _, lines = shown
    line = lines["Repeat rate" if locale == "en" else "复购率"]
    assert line["year"].select(".mood.good")
    assert words(line["previous"]).startswith("–")


def test_a_failed_figure_is_a_dash_with_its_reason(shown):
    locale, _, lines = shown
    line = lines["Tickets opened" if locale == "en" else "新增工单"]
    reason = (
        "failed: ValueError in plugin <service_desk> & co" if locale == "en" else "计算失败：插件<service_desk>出错"
    )
    assert words(line["value"]) == f"– {reason}"


def test_every_dash_has_a_reason_and_every_mark_a_note(shown):
    _, soup, lines = shown
    notes = {item["id"]: item.text for item in soup.select(".notes li")}
    assert all(notes.values())
    marks = [mark["href"].removeprefix("#") for mark in soup.select("sup a")]
    assert set(marks) == set(notes)
    for line in lines.values():
        for column in ("previous", "year"):
            if words(line[column]).startswith("–"):
                assert line[column].find("sup"), words(line["measure"])


def test_few_rows_are_grey_and_said(shown):
    locale, _, lines = shown
    cell = lines["Survey response rate" if locale == "en" else "调查回复率"]["value"]
    assert cell.select_one(".figure.few").text == "25.0%"
    assert ("few rows" if locale == "en" else "样本过少") in words(cell)
    assert ("provisional" if locale == "en" else "暂定值") in words(cell)


def test_no_cell_is_blank(shown):
    _, _, lines = shown
    assert [
        name for name, line in lines.items() for cell in line.values() if not cell.find("svg") and not words(cell)
    ] == []


def test_a_sparkline_is_labelled(shown):
    _, soup, _ = shown
    sparks = soup.select("svg.spark")
    assert len(sparks) == len(sample.KPIS)
    assert all(spark["aria-label"] and spark["role"] == "img" for spark in sparks)


def test_heads_name_the_periods():
    html = scorecard_table.render(sample.make("en")).html
    assert "Change from Oct ’11" in html
    assert "Change from Nov ’10" in html


def test_an_empty_scorecard_is_still_a_section():
    data = sample.make("en", kpis=(), scorecard=sample.scorecard("en").head(0))
    assert "Scorecard" in scorecard_table.render(data).html


def test_hostile_titles_are_escaped():
    row = sample.score_row("en", sample.KPIS[0], title="<script>alert(1)</script>", signal="above", signal_reason="<b>")
    html = scorecard_table.render(sample.make("en", scorecard=pd.DataFrame([row]))).html
    assert "<script" not in html
    assert "<b>" not in html
