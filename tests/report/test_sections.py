"""Tiers, slices, quality, provenance, header: what they show and what they do not leave out."""

import datetime as dt

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from cpm_core.model.settings import Settings
from cpm_core.report import header, provenance, quality, slices, tiers
from cpm_core.report.fragment import Notes
from cpm_core.report.report import Report
from tests.report import sample
from tests.report.conftest import SECTIONS


def soup(fragment):
    return BeautifulSoup(fragment.html, "html.parser")


def test_every_section_is_html_and_text_and_in_scope(bundles, data):
    assert set(bundles) == set(SECTIONS)
    for name, bundle in bundles.items():
        assert set(bundle) == {"text/html", "text/plain"}
        assert bundle["text/plain"].strip()
        assert "<" not in bundle["text/plain"].splitlines()[0]
        root = BeautifulSoup(bundle["text/html"], "html.parser").find(["section", "header"])
        assert root["class"][0] == "cpm", name
        assert root["lang"] == ("en" if data.locale == "en" else "zh-CN")


def test_ids_are_unique_on_the_page(bundles):
    ids = [
        tag["id"] for one in bundles.values() for tag in BeautifulSoup(one["text/html"], "html.parser").select("[id]")
    ]
    assert sorted(ids) == sorted(set(ids))


def test_styles_are_scoped():
    style = BeautifulSoup(Report(sample.make()).styles().html, "html.parser").style.text
    rules = [line.split("{")[0].strip() for line in style.splitlines() if "{" in line and not line.startswith("@")]
    assert rules
    assert all(part.strip().startswith(".cpm") for rule in rules for part in _split(rule))


def _split(rule):
    """Selectors of a list, commas within brackets apart."""
    depth, parts = 0, [""]
    for letter in rule:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def test_header_says_when_and_in_what():
    assert header.render(sample.make("en")).text == (
        "Customer performance, November 2011 "
        "(as of 30 November 2011 · money in GBP · days in Europe/London · data since 1 December 2009)"
    )
    assert header.render(sample.make("zh")).text == (
        "客户绩效报告, 2011年11月 (截至2011年11月30日 · 货币单位GBP · 时区Europe/London · 数据自2009年12月1日起)"
    )


def test_tiers_show_both_shares():
    page = soup(tiers.render(sample.make("en")))
    assert page.select_one(".intro").text == "VIP customers are 5.0% of all customers and bring 50.3% of revenue."
    rows = [
        [" ".join(c.select_one(".cell").stripped_strings) for c in row.find_all("td")]
        for row in page.select("tbody tr")
    ]
    assert rows[1] == [
        "Key",
        "642 15.0% of customers 30 of them by the margin",
        "£1,840,000 23.1% of revenue",
        "next 15%",
        "12345: revenue £4,021.50, rank 400 of 4,277",
    ]
    assert {"VIP 50.3%", "Key 23.1%", "Ordinary 80.0%"} <= {one.text for one in page.select("svg text")}


def test_tiers_in_chinese():
    page = soup(tiers.render(sample.make("zh")))
    assert page.select_one(".intro").text == "VIP 客户占全部客户的5.0%，贡献净销售额的50.3%。"
    assert "占净销售额23.1%" in page.text


@pytest.mark.parametrize("frame", [None, pd.DataFrame()])
def test_no_tiers_is_said(frame):
    assert "No customer has been sorted" in tiers.render(sample.make("en", tiers=frame)).html


def test_slices_show_the_biggest_and_count_the_others():
    page = soup(slices.render(sample.make("en")))
    heads = [head.text for head in page.select(".t-slice thead th")]
    assert heads[:4] == ["Measure", "Total", "United Kingdom", "EIRE"]
    assert len(heads) == 2 + slices.MOST
    told = page.text
    assert "The 8 biggest of 25 members by Revenue, in November 2011." in told
    assert "Others: 17 members (Portugal, Sweden," in told
    assert "广东省深圳市南山区 and (none))." in told
    assert "Not split by region: Repeat rate." in told


def test_slices_have_chapters():
    page = soup(slices.render(sample.make("en")))
    assert [head.text for head in page.select(".t-slice .gt_group_heading")] == [
        "Sales",
        "Customers",
        "Satisfaction",
        "Service",
    ]


def test_slices_grey_few_rows_with_a_mark_and_explain_every_dash():
    page = soup(slices.render(sample.make("en")))
    few = page.select("td .few")
    assert few
    assert all(one.text.endswith("°") for one in few)
    notes = {item["id"] for item in page.select(".notes li")}
    dashes = page.select("td .none")
    assert dashes
    assert all(one.find("a")["href"].removeprefix("#") in notes for one in dashes)


def test_a_member_without_rows_of_a_kpi_says_so():
    data = sample.make("en")
    gone = (data.facts["kpi"] == "orders") & (data.facts["member"] == "EIRE")
    page = soup(slices.render(sample.make("en", facts=data.facts[~gone])))
    assert "no rows of this member" in [item.text for item in page.select(".notes li")]


def test_a_kpi_whose_rows_all_lack_the_slice_is_not_split():
    data = sample.make("en")
    keep = (data.facts["kpi"] != "orders") | data.facts["member"].isin(["", "(none)"])
    page = soup(slices.render(sample.make("en", facts=data.facts[keep])))
    assert "Orders" not in [cell.text for cell in page.select(".t-slice .name")]
    assert "Not split by region: Orders and Repeat rate." in page.text


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ("missed", "too close to calltarget ≥\xa070.0%", "mettarget ≥\xa0100", "target ≥\xa078.0%")),
        ("zh", ("未达成", "尚难判定目标≥70.0%", "达成目标≥100", "目标≥78.0%")),
    ],
)
def test_members_are_held_against_their_targets(locale, words):
    page = soup(slices.render(sample.make(locale)))
    rows = {
        row.select_one(".name").text: row.find_all("td")
        for row in page.select(".t-slice tbody tr:not(.gt_group_heading_row)")
    }
    satisfaction = rows["Customer satisfaction (CSAT)" if locale == "en" else "客户满意度"]
    assert satisfaction[0].text.endswith(words[3]), "the target of the total beside the name"
    assert satisfaction[2].text.endswith(words[0]), "the same target is not told again"
    assert satisfaction[2].select_one(".status.missed .icon")
    assert satisfaction[3].text.endswith(words[1])
    assert rows["Orders" if locale == "en" else "订单数"][4].text.endswith(words[2])
    assert not satisfaction[5].select(".status")
    told = "Members are held against the target of the total" if locale == "en" else "各成员按合计的目标评判"
    assert page.text.count(told) == 1


def test_what_bars_mean_is_told_once():
    html = slices.render(sample.make("en", slices=("region", "orders.region"))).html
    assert html.count("Bars compare members within a row.") == html.count("Grey with °: fewer than 5 rows") == 1


def test_a_slice_without_figures_says_so():
    assert "No figures by channel (tickets) for this period." in slices.render(sample.make("en")).html
    assert "本期没有按渠道（工单）拆分的数据。" in slices.render(sample.make("zh")).html


def test_members_without_a_value_and_tiers_have_names():
    assert slices.member_title("region", "(none)", "zh") == "（无）"
    assert slices.member_title("tier", "key", "zh") == "重点客户"
    assert slices.member_title("tier", "new", "en") == "New"
    assert slices.member_title("team", "new", "zh") == "new"
    assert slices.slice_title("orders.channel", "en") == "channel (orders)"
    assert slices.slice_title("orders.channel", "zh") == "渠道（订单）"
    assert slices.slice_title("sales_team", "en") == "sales team"
    assert slices.slice_title("shops.shop_size", "zh") == "shop size（shops）"


def test_quality_counts_every_row_and_says_how_old():
    page = soup(quality.render(sample.make("en")))
    assert page.select_one(".intro").text == (
        "Of 1,126,209 delivered rows, 864,439 (76.8%) are used and 236,245 were refused. "
        "15 repeat another or are an older version of it, 27,345 lie after the as-of day and 14 lie before the first day: they count as neither."
    )
    cells = {
        row.select_one(".name").text: [" ".join(c.select_one(".cell").stripped_strings) for c in row.find_all("td")]
        for row in page.select(".t-quality tbody tr")
    }
    assert cells["Surveys"] == [
        "Surveys files",
        "5,210",
        "5,210",
        "0",
        "3",
        "0",
        "14",
        "4 Jan 2010 – 19 Nov 2011",
        "10 days before the as-of day",
    ]
    assert cells["Order lines"][-1] == "up to the as-of day"


def test_quality_lists_rejects_by_reason_most_first():
    page = soup(quality.render(sample.make("zh")))
    rows = [[c.select_one(".cell").text for c in row.find_all("td")] for row in page.select(".t-rejects tbody tr")]
    assert rows == [
        ["缺少客户编号", "236,175", "订单明细 227,423，订单 8,752"],
        ["价格或数量不大于零", "70", "订单明细"],
    ]


def test_nothing_refused_is_said():
    assert "No row was refused." in quality.render(sample.make("en", rejects=sample.rejects("en").head(0))).html


def test_a_table_without_rows_has_no_freshness():
    frame = sample.quality().head(1).assign(first_day=pd.NaT, last_day=pd.NaT, kept=0)
    assert "without dates" in quality.render(sample.make("en", quality=frame)).html


def test_provenance_names_who_defined_each_kpi_and_every_parameter():
    page = soup(provenance.render(sample.make("en")))
    told = page.text
    for words in (
        "Columns as last delivered: customers.region.",
        "sha256:5f2b9c0c",
        "online_retail_ii.parquet",
        "1.5.6",
        "0.05",
    ):
        assert words in told
    rows = [[c.select_one(".cell").text for c in row.find_all("td")] for row in page.select(".t-definitions tbody tr")]
    assert rows[0] == ["RevenueWhat revenue is, in one sentence.", "revenue", "money", "higher", "builtin 0.1.0"]
    assert all(block.name == "details" for block in page.select("details"))


def test_definitions_stand_in_the_readers_language():
    html = provenance.render(sample.make("zh")).html
    assert "一句话说明收入。" in html
    assert "更多说明" not in html, "the first paragraph only"
    assert "What revenue is" not in html
    assert "What orders is" not in html, "nobody has written it in Chinese"


def test_what_is_not_set_is_left_out_below_the_top():
    data = sample.make(
        "en", provenance={"parameters": {"since": None, "targets": {"csat": {"at_least": 80000.0, "at_most": None}}}}
    )
    page = soup(provenance.render(data))
    block = page.select("details")[-1]
    assert [one.text for one in block.select("dt")] == ["since", "targets", "csat", "at_least"]
    assert "80000" in block.text


def test_equal_reasons_share_a_note():
    notes = Notes("x")
    assert notes.mark("A.") == notes.mark("A")
    assert "2</a>" in notes.mark("<B>")
    assert not notes.mark(" ")
    assert notes.html().count("<li") == 2
    assert "&lt;B&gt;" in notes.html()


def test_other_periods_and_no_history_do_not_break_a_section():
    settings = Settings(as_of=dt.date(2011, 11, 30), period="week", history=1)
    from cpm_core.model.periods import period_of

    data = sample.make("en", settings=settings, period=period_of(settings.as_of, "week"), slices=(), events=())
    report = Report(data)
    for name in SECTIONS:
        assert getattr(report, name)().html
    assert "Week 48 of 2011" in report.header().html
