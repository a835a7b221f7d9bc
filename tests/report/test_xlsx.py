"""workbook.xlsx, read back by another library."""

from datetime import datetime

import openpyxl
import pandas as pd
import pytest

from cpm_core.report import xlsx, xlsx_sheet
from tests.report import sample


@pytest.fixture(scope="module", params=["en", "zh"])
def book(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("xlsx") / "workbook.xlsx"
    xlsx.write_workbook(sample.make(request.param), path)
    return request.param, openpyxl.load_workbook(path)


def table(sheet):
    rows = list(sheet.iter_rows())
    heads = [cell.value for cell in rows[0]]
    return [dict(zip(heads, row, strict=True)) for row in rows[1:]]


def test_sheets_in_the_readers_language(book):
    locale, file = book
    expected = {
        "en": ["scorecard", "trends", "facts", "customers", "rejects", "about"],
        "zh": ["记分卡", "走势", "明细数据", "客户", "拒收", "说明"],
    }
    assert file.sheetnames == expected[locale]


def test_figures_are_numbers_in_their_units_format(book):
    locale, file = book
    name, value, target = ("Title", "Value", "Target at least") if locale == "en" else ("名称", "数值", "目标下限")
    rows = {row[name].value: row for row in table(file.worksheets[0])}
    revenue = rows["Revenue" if locale == "en" else "收入"][value]
    assert revenue.value == 1_132_407.74
    assert revenue.number_format == '"£"#,##0.00;-"£"#,##0.00'
    retention = rows["Retention rate (90-day activity)" if locale == "en" else "留存率（90天活跃）"]
    assert retention[value].value == 0.90695
    assert retention[value].number_format == "0.0%"
    assert retention[target].value == 0.92
    hours = rows["Time to first response (median)" if locale == "en" else "首次响应时长（中位数）"][value]
    assert hours.number_format == ('#,##0.0" h"' if locale == "en" else '#,##0.0" 小时"')


def test_marks_are_words(book):
    locale, file = book
    status = "Status" if locale == "en" else "达成情况"
    found = {row[status].value for row in table(file.worksheets[0])}
    assert found >= ({"met", "missed", "too close to call"} if locale == "en" else {"达成", "未达成", "尚难判定"})


def test_facts_have_their_target_and_status_beside_them(book):
    locale, file = book
    kpi, period, member, low, status = (
        ("KPI", "Period", "Member", "Target at least", "Status")
        if locale == "en"
        else ("指标", "期间", "成员", "目标下限", "达成情况")
    )
    rows = {(r[kpi].value, r[period].value, r[member].value): r for r in table(file.worksheets[2])}
    assert len(rows) == len(sample.facts()), "no row is lost or told twice"
    met = rows["orders", "2011-11", "Germany"]
    assert (met[low].value, met[status].value) == (100, "met" if locale == "en" else "达成")
    assert rows["csat", "2011-11", "EIRE"][low].value == 0.7
    assert rows["csat", "2011-11", "EIRE"][low].number_format == "0.0%"
    none = rows["revenue", "2011-11", None]
    assert (none[low].value, none[status].value) == ("–", None)


def test_a_missing_figure_is_a_dash_with_its_reason(book):
    locale, file = book
    name, value, why = ("Title", "Value", "Reason") if locale == "en" else ("名称", "数值", "原因")
    row = {row[name].value: row for row in table(file.worksheets[0])}[
        "Tickets opened" if locale == "en" else "新增工单"
    ]
    assert row[value].value == "–"
    assert "<service_desk>" in row[why].value


def test_every_fact_is_there(book):
    locale, file = book
    sheet = file.worksheets[2]
    facts = sample.facts()
    assert sheet.max_row == len(facts) + 1
    value, start = ("Value", "First day") if locale == "en" else ("数值", "起始日")
    numbers = [row[value].value for row in table(sheet) if row[value].value != "–"]
    assert sum(numbers) == pytest.approx(facts["value"].sum())
    assert table(sheet)[0][start].value == datetime(2008, 12, 1)


def test_what_looks_like_a_formula_is_text(book):
    _, file = book
    cell = file.worksheets[3]["A3"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_heads_are_frozen_and_filtered(book):
    _, file = book
    for number in (0, 2, 3, 4):
        sheet = file.worksheets[number]
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref.startswith("A1:")
        assert all(8 <= one.width <= 50 for one in sheet.column_dimensions.values())


def test_trends_have_a_chart_each(book):
    _, file = book
    sheet = file.worksheets[1]
    assert sheet.max_row == 1 + 24
    assert sheet["A25"].value == "2011-11"
    assert len(sheet._charts) == len(sample.KPIS)


def test_about_tells_parameters_and_notes(book):
    locale, file = book
    rows = [[cell.value for cell in row] for row in file.worksheets[5].iter_rows(min_row=2)]
    told = dict(rows)
    assert told["parameters.tiers.cut.VIP"] == 0.05
    assert told["plugins.2.version"] == "1.2.0"
    assert told["As of" if locale == "en" else "截止日"] == datetime(2011, 11, 30)
    assert any("customers.region" in str(value) for _, value in rows)


def test_long_tables_are_cut_and_about_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 100)
    monkeypatch.setattr(xlsx_sheet, "MANY_ROWS", 50)
    monkeypatch.setattr(xlsx_sheet, "CHUNK", 7)
    monkeypatch.setattr(xlsx_sheet, "HELD", 1000)
    path = tmp_path / "long.xlsx"
    xlsx.write_workbook(sample.make("en"), path)
    file = openpyxl.load_workbook(path)
    assert file["facts"].max_row == 101
    kpis = [row["KPI"].value for row in table(file["facts"])]
    assert kpis == sample.facts()["kpi"].head(100).tolist()
    notes = [row[1].value for row in file["about"].iter_rows() if row[0].value == "Note"]
    all_ = f"{len(sample.facts()):,}"
    assert (
        f"facts: 100 of {all_} rows, as many as a sheet holds. All are in facts.parquet and customers.parquet." in notes
    )


def test_the_limit_is_excels():
    assert xlsx.MOST_ROWS + 1 == 2**20


def test_without_customers_targets_or_provenance(tmp_path):
    path = tmp_path / "bare.xlsx"
    data = sample.make("en", customers=None, provenance={}, notes=(), currency="", rejects=sample.rejects("en").head(0))
    xlsx.write_workbook(data, path)
    assert openpyxl.load_workbook(path).sheetnames == ["scorecard", "trends", "facts", "rejects", "about"]


def test_values_of_other_kinds_are_text(tmp_path):
    path = tmp_path / "odd.xlsx"
    frame = pd.DataFrame({"customer_id": ["a"], "tags": [["x", "y"]], "vip": [True], "since": [pd.NaT]})
    xlsx.write_workbook(sample.make("en", customers=frame), path)
    row = [cell.value for cell in openpyxl.load_workbook(path)["customers"][2]]
    assert row == ["a", "['x', 'y']", True, "–"]


@pytest.mark.parametrize("many", [50_000, 0])
def test_words_stay_as_they_are(tmp_path, monkeypatch, many):
    words = ["a & b < c", "  two lines\n", "<r><t>x</t></r>", 'said "so"', "客户", "😀" * 20_000]
    monkeypatch.setattr(xlsx_sheet, "MANY_ROWS", many)
    path = tmp_path / "words.xlsx"
    xlsx.write_workbook(sample.make("en", customers=pd.DataFrame({"customer_id": words})), path)
    found = [row[0].value for row in openpyxl.load_workbook(path)["customers"].iter_rows(min_row=2)]
    assert found == [*words[:-1], "😀" * 16_383], "Excel counts each of these signs as two, and holds 32,767"
