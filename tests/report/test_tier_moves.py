"""Moves between tiers as a section and as a sheet."""

from datetime import date

import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from cpm_core.api import TIERS, Text
from cpm_core.customers.tier_moves import COLUMNS, Moves
from cpm_core.model.profile import PROFILE_COLUMNS, Told
from cpm_core.report import tiers, xlsx
from cpm_core.report.tier_moves import TierMoves
from tests.report import sample

MATRIX = pd.DataFrame(
    [[200, 7, 0], [1, 600, 0], [0, 0, 4000], [0, 0, 12]],
    index=pd.Index([*TIERS, "new"], name="tier_before"),
    columns=pd.Index(TIERS, name="tier"),
)
FELL = [(f"f{n}", "VIP", "key", "down", 6000.0 - n, 4000.0, -2000.0 + n, f"fell {n}") for n in range(7)]
ROSE = [("<b>up</b>", "key", "VIP", "up", 5000.0, 7000.5, 2000.5, "rose & rose")]


def moves(locale, told=PROFILE_COLUMNS["trailing_revenue"]):
    rows = pd.DataFrame(ROSE + FELL, columns=list(COLUMNS))
    return TierMoves(Moves(date(2011, 10, 31), date(2011, 11, 30), MATRIX, rows), told, locale)


@pytest.fixture(scope="module")
def page():
    return BeautifulSoup(tiers.render(sample.make("en", tier_moves=moves("en"))).html, "html.parser")


def cells(table):
    return [
        [" ".join(c.select_one(".cell").stripped_strings) for c in row.find_all("td")] for row in table.select("tr")
    ]


def test_the_matrix_leaves_out_nobody(page):
    rows = [row for row in cells(page.select_one(".t-moves-matrix")) if row]
    assert rows == [["VIP", "200", "7", "–"], ["Key", "1", "600", "–"], ["Ordinary", "–", "–", "4,000"],
                    ["Not known", "–", "–", "12"]]  # fmt: skip
    assert len(page.select(".t-moves-matrix strong")) == 2, "moves stand out"


def test_the_first_of_each_direction_are_named_with_why(page):
    table = page.select_one(".t-moves")
    heads = [head.text for head in table.select("th.gt_group_heading")]
    assert heads == ["Came up: 1", "Fell: 7, the first 5 of them"]
    rows = [row for row in cells(table) if row]
    assert rows[0] == ["<b>up</b>", "Key → VIP", "rose & rose"], "an id is text"
    assert [row[0] for row in rows[1:]] == ["f0", "f1", "f2", "f3", "f4"]


def test_what_is_shared_out_has_its_own_name():
    sales = Told(Text(en="sales of the trailing year", zh="近一年订单数"), "count")
    page = tiers.render(sample.make("en", tier_amount=sales))
    assert "hold 50.3% of the sales of the trailing year" in page.html
    assert "23.1% of the total" in page.html
    assert "4,010,000" in page.text
    assert "占近一年订单数的50.3%" in tiers.render(sample.make("zh", tier_amount=sales)).html


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_sheet_of_its_own(locale, tmp_path):
    customers = sample.customers(locale).assign(why="cut")
    xlsx.write_workbook(sample.make(locale, tier_moves=moves(locale), customers=customers), tmp_path / "a.xlsx")
    file = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet = file["tier moves" if locale == "en" else "等级变动"]
    heads, first, second = list(sheet.iter_rows(max_row=3))
    assert [cell.value for cell in heads] == (
        ["Customer", "Tier before", "Tier", "Direction", "Value before", "Value", "Change", "Why"]
        if locale == "en"
        else ["客户编号", "原等级", "等级", "方向", "原数值", "数值", "变化", "原因"]
    )
    assert [cell.value for cell in first[:5]] == ["<b>up</b>", "key", "VIP", "up" if locale == "en" else "升级", 5000]
    assert "£" in first[4].number_format
    assert second[3].value == ("down" if locale == "en" else "降级")
    codes = [cell.value for cell in next(file["customers" if locale == "en" else "客户"].iter_rows(max_row=1))]
    assert "why" not in {str(code).lower() for code in codes}, "the reason says it in words"
