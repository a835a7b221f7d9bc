"""The list of a workbook's KPIs."""

import pytest

from cpm_core.api import Frame, kpi
from tests import books
from tests.report.small import TABLES, small


@pytest.fixture(scope="module")
def listed():
    book = small()
    found = book.kpi_list().set_index("id")
    book.close()
    return found


def test_what_the_tables_allow_and_what_is_missing(listed):
    assert listed.loc["revenue"].to_dict() == {
        "title": "Revenue", "unit": "EUR", "better": "higher", "measurable": True, "why_not": "",
        "computed": "in the engine", "description": "Sum of amounts, returns included.",
    }  # fmt: skip
    assert not listed.loc["csat", "measurable"]
    assert listed.loc["csat", "why_not"] == "table surveys is not delivered"
    assert listed.loc["return_rate", ["unit", "better"]].tolist() == ["%", "lower"]


def test_in_the_order_of_the_kpi_book(listed):
    ids = list(listed.index)
    assert ids.index("revenue") < ids.index("retention_rate") < ids.index("csat") < ids.index("first_response_hours")


def test_in_chinese_and_only_what_the_params_name():
    book = books.book(TABLES, as_of="2024-03-31", locale="zh", kpis=["nps", "orders"])
    listed = book.kpi_list()
    book.close()
    assert listed["id"].tolist() == ["orders", "nps"]
    assert listed["title"].iloc[0] == "订单数"
    assert listed["unit"].tolist() == ["数量", "分"]
    assert listed["why_not"].tolist() == ["", "没有提供数据表 surveys"]
    assert listed["description"].iloc[0] == "销售订单的数量，不含退货。"


def test_a_kpi_that_is_a_pandas_function_is_marked():
    @kpi(table="orders", at="ordered_at", unit="money", better="higher", title={"en": "Median", "zh": "中位数"})
    def median(orders):
        return Frame(lambda rows: rows["amount"].median(), [orders.amount])

    book = books.book(TABLES, as_of="2024-03-31", plugins=[books.plugin("ours", cpm_kpis=[median])], locale="zh")
    listed = book.kpi_list().set_index("id")
    book.close()
    assert listed.loc["median", "computed"] == "由 pandas 计算"
    assert listed.loc["revenue", "computed"] == "由引擎计算"
