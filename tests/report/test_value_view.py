"""What customers are worth, as it is shown: sums, parameters, warnings and reasons, in both languages."""

from dataclasses import replace

import numpy as np
import pytest
from bs4 import BeautifulSoup

from cpm_core.customers.valuation import Correlation
from cpm_core.model.errors import MeasureError
from cpm_core.model.text import Text
from tests.books import book


@pytest.fixture(scope="module")
def value(online_retail):
    return online_retail.value()


def page(view):
    return BeautifulSoup(view.fragment().html, "html.parser")


def test_the_sums_stand_with_their_intervals(value):
    shown = page(value)
    cells = [cell.text for cell in shown.select(".t-value-sums td .cell")]
    first = value.totals.iloc[0]
    assert cells[0] == "12 months"
    assert cells[1] == f"£{first.value:,.0f}"
    assert cells[2] == f"£{first.low:,.0f}–£{first.high:,.0f}"
    assert list(value.totals["months"]) == [12, 36]
    assert "as revenue, for costs are not covered" in value.sentence


def test_parameters_have_standard_errors_and_intervals(value):
    frame, shown = value.parameters, page(value)
    assert list(frame["parameter"]) == ["r", "alpha", "a", "b", "p", "q", "v"]
    # The interval is symmetric on the log scale, 1.96 relative standard errors either way.
    value, error, low, high = (frame[name].to_numpy() for name in ("value", "error", "low", "high"))
    reach = np.exp(1.959964 * error / value)
    assert high == pytest.approx(value * reach, rel=1e-6)
    assert low == pytest.approx(value / reach, rel=1e-6)
    assert "BG/NBD" in shown.select_one(".t-value-models").text


def test_a_strong_correlation_is_warned_of(value):
    assert value.warning == ""
    strong = replace(value, valuation=replace(value.valuation, correlation=Correlation(0.1, 0.42, 99)))
    assert strong.warning.startswith("Warning: that is more than 0.3")
    assert strong.warning in page(strong).text
    assert replace(strong, locale="zh").warning.startswith("警告：相关系数绝对值超过0.3")


def test_no_value_is_told_with_its_reason(value):
    why = Text(en="no customer has ordered a second time", zh="没有客户再次下单")
    none = replace(value, valuation=replace(value.valuation, reason=why))
    assert none.sentence == "No value is published: no customer has ordered a second time."
    assert none.totals.empty
    assert page(none).select_one(".t-value-sums") is None
    assert replace(none, locale="zh").sentence == "未给出客户价值：没有客户再次下单。"


def test_the_backtest_has_two_charts_and_its_errors(value):
    shown = page(value.backtest)
    assert len(shown.select("figure svg")) == 2
    cells = [cell.text for cell in shown.select(".t-backtest td .cell")]
    assert cells[:3] == ["Error of the total", "−0.04%", "−12.3%"]
    assert "182 days" in value.backtest.sentence
    chinese = page(replace(value.backtest, locale="zh"))
    assert "累计订单数" in chinese.text
    assert "秩相关系数" in chinese.text


def test_who_delivers_neither_orders_nor_contracts_is_told():
    made = book({"customers": "customer_id\na"}, as_of="2024-02-29")
    with pytest.raises(MeasureError, match="no value without orders"):
        made.value()
    made.close()
