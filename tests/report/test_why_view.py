"""What a reader sees of a change: sentence, table and waterfall; and the sections of the explorer.

The figures are those of tests/report/small.py: revenue is 180 in January, 140 in February and 215 in March; the
North has 150, 100 and 200, the South 30, 40 and 10, customers without a region 0, 0 and 5.
"""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from bs4 import BeautifulSoup

import cpm_core as cpm
from cpm_core.report.clean import clean_html
from cpm_core.report.format import MINUS
from cpm_core.report.limits_chart import possible
from tests.browser import visit
from tests.report.small import small

VEGALITE = "application/vnd.vegalite.v5+json"


@pytest.fixture(scope="module")
def book():
    made = small(events=[{"date": "2024-03-05", "text": {"en": "Fair", "zh": "展会"}}])
    yield made
    made.close()


@pytest.fixture(scope="module")
def why(book):
    return book.why("revenue", "region")


def cells(html):
    return [
        [cell.select_one(".cell").get_text() for cell in row.find_all(["td", "th"])]
        for row in BeautifulSoup(html, "html.parser").select("tbody tr")
    ]


def test_the_sentence_in_both_languages(why):
    # 140 to 215: +75, of it the North's 100.
    lead, zh = "Revenue rose from €140.00 in February 2024 to €215.00 in March 2024 (+53.6%).", why.text.zh
    assert why.text.en.startswith(lead)
    assert "By region, “North” moved it most: +€100.00 (133% of the change)." in why.text.en
    assert why.text.en.endswith("Events from February 2024 to March 2024: Fair (5 March 2024).")
    assert zh.startswith("净销售额由2024年2月的€140.00升至2024年3月的€215.00（+53.6%）。")
    assert "按地区看，影响最大的是“North”：+€100.00（占变化的133%）。" in zh
    assert zh.endswith("2024年2月至2024年3月期间的事件：展会（2024年3月5日）。")
    assert why.sentence == why.text.en
    assert replace(why, locale="zh").sentence == zh


def test_the_table_has_all_parts_and_their_total(why):
    assert cells(why.body()) == [
        ["North", "€100.00", "€200.00", "+€100.00", "133.3%"],
        ["South", "€40.00", "€10.00", f"{MINUS}€30.00", f"{MINUS}40.0%"],
        ["(none)", "€0.00", "€5.00", "+€5.00", "6.7%"],
        ["Total", "€140.00", "€215.00", "+€75.00", "100.0%"],
    ]


def test_a_ratio_shows_weights_mix_and_rate(book):
    # Sales of web and shop: 120 / 1 and 40 / 1 in February; 210 / 2 and 5 / 1 in March; 80 to 215 / 3.
    html = book.why("average_order_value", "orders.channel").body()
    rows = {row[0]: row[1:] for row in cells(html)}
    # Web weighs 1/2, then 2/3, and falls from 120 to 105: mix 1/6 x (112.5 - 75.8333) = 6.1111, rate
    # 7/12 x -15 = -8.75. Shop: mix -1/6 x (22.5 - 75.8333) = 8.8889, rate 5/12 x -35 = -14.5833.
    assert rows["web"][:6] == ["€120.00", "€105.00", "50.0%", "66.7%", "+€6.11", f"{MINUS}€8.75"]
    assert rows["shop"][4:7] == ["+€8.89", f"{MINUS}€14.58", f"{MINUS}€5.69"]
    assert rows["Total"][4:7] == ["+€15.00", f"{MINUS}€23.33", f"{MINUS}€8.33"]
    assert "结构：权重变化的贡献" in replace(book.why("average_order_value", "orders.channel"), locale="zh").body()


def test_the_waterfall_goes_from_before_to_after(why):
    chart = why.plot()
    spec = chart.to_dict()
    bars = next(rows for rows in spec["datasets"].values() if rows and "x2" in rows[0])
    assert [(bar["x"], bar["x2"]) for bar in bars] == [(140, 240), (240, 210), (210, 215)]
    bundle = chart._repr_mimebundle_()
    assert {VEGALITE, "image/svg+xml", "text/plain"} <= set(bundle)
    words = [one.get_text() for one in BeautifulSoup(bundle["image/svg+xml"], "html.parser").find_all("text")]
    assert {"North", "South", "(none)", "February 2024", "March 2024", "+€100.00"} <= set(words)


def test_many_members_share_a_line(request):
    # Fifteen regions, each 1, then as much as its number: parts 0 to 14; twelve lines, the last three share one.
    from tests.books import book

    customers = ["customer_id region", *(f"c{i} r{i:02d}" for i in range(15))]
    orders = ["order_id customer_id ordered_at amount kind"]
    orders += [f"a{i} c{i} 2024-01-10 1 sale" for i in range(15)]
    orders += [f"b{i} c{i} 2024-02-10 {i + 1} sale" for i in range(15)]
    tables = {"customers": "\n".join(customers), "orders": "\n".join(orders)}
    made = book(tables, as_of="2024-02-29", history=2)
    request.addfinalizer(made.close)
    rows = cells(made.why("revenue", "region").body())
    assert len(rows) == 14
    assert rows[-2][0] == "3 others"
    assert rows[-2][-2] == "+3.00", "0 + 1 + 2"


def test_it_shows_itself(why):
    bundle = why._repr_mimebundle_()
    assert "<svg" in bundle["text/html"]
    assert 'lang="en"' in bundle["text/html"]
    assert bundle["text/plain"].startswith("Revenue rose from")
    assert "North" in bundle["text/plain"]
    assert clean_html(why.body()).count("<tr") == why.body().count("<tr"), "the page keeps it"


def test_it_reads_well_on_a_phone(why, browser, tmp_path):
    path = tmp_path / "why.html"
    path.write_text(f"<!doctype html><meta charset='utf-8'><body>{why.page().html}", encoding="utf-8")
    with visit(browser, path, width=390) as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390


# The explorer


def test_the_explorer_has_a_section_each(book):
    one = cpm.Explorer(book, "revenue")
    definition = one.definition()
    assert "<h2>What it is: Revenue</h2>" in definition.html
    assert "Sum of amounts, returns included" in definition.text
    moved = one.why()
    assert "Against February 2024" in moved.html
    assert "Revenue rose from €140.00 in February 2024 to €215.00 in March 2024" in moved.text
    assert moved.text.count("Against March 2023: not explained, as 2023-03 was not measured.") == 1
    assert repr(one).endswith("definition(), limits(), why(), rows()>")
    limits = one.limits()
    assert "<svg" in limits.html
    assert "No limits: too few complete periods for limits (2 of 8)" in limits.text
    rows = one.rows()
    # Three orders of March, in order of their ids.
    assert "3 rows of March 2024; the first 3 of them." in rows.text
    assert BeautifulSoup(rows.html, "html.parser").select("tbody tr td")[0].get_text() == "7"


def test_the_explorer_says_what_does_not_split(book):
    text = cpm.Explorer(book, "revenue_gini").why().text
    assert "Against March 2023: not explained, as how unequal a whole is cannot be told from its members." in text
    assert "February" not in text, "a year overlaps with the year to the month before"


def test_the_explorer_in_chinese():
    made = small(locale="zh")
    try:
        one = cpm.Explorer(made, "revenue_gini")
        assert "与2023年3月相比：无法解释，因为总体的集中程度不能由各成员推得。" in one.why().text
        assert "指标定义" in one.definition().html
        assert "2024年3月共3行，以下为前3行" in cpm.Explorer(made, "revenue").rows().text
    finally:
        made.close()


def test_an_unknown_kpi_is_named(book):
    from cpm_core.model.errors import MeasureError

    with pytest.raises(MeasureError, match="revenue"):
        cpm.Explorer(book, "revenu")


def test_limits_of_shares_end_at_nothing_and_at_all():
    kpi = SimpleNamespace(unit="percent")
    signals = pd.DataFrame({"value": [0.5, 0.9], "low": [-0.1, 0.4], "high": [0.8, 1.2]})
    shown = possible(signals, kpi)
    assert shown[["low", "high"]].to_numpy().tolist() == [[0, 0.8], [0.4, 1]]
    growth = signals.assign(value=[0.5, -0.2])
    assert possible(growth, kpi).equals(growth), "growth is no share"
