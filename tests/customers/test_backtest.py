"""Predicted against actual orders: by hand, and worked out anew from the demo's rows."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from cpm_core.customers import backtest
from cpm_core.customers.models import History, expected_orders, fit_bgnbd
from cpm_core.report.backtest_view import BacktestView
from tests.books import book


def test_errors_by_hand():
    # Actual 0 1 2 5 (8); forecast 1 1 1 4 (7): total -1/8; gaps 1 0 -1 -1: mean 3/4, squares 3/4.
    # Ranks 2 2 2 4 against 1 2 3 4: covariance 3, sizes 3 and 5: 3 / sqrt(15).
    found = backtest.error_measures(np.array([1.0, 1, 1, 4]), np.array([0.0, 1, 2, 5]))
    assert found["total"] == pytest.approx(-1 / 8)
    assert found["mae"] == pytest.approx(0.75)
    assert found["rmse"] == pytest.approx(np.sqrt(0.75))
    assert found["rank"] == pytest.approx(3 / np.sqrt(15))


@pytest.mark.parametrize(
    ("days", "asked", "held"),
    [(1000, None, 250), (3000, None, 365), (27, None, 0), (28, None, 7), (50, 49, 49), (50, 50, 0)],
)
def test_a_quarter_is_held_out_and_at_most_a_year(days, asked, held):
    assert backtest.held_out(date(2020, 1, 1), date(2020, 1, 1) + timedelta(days=days), asked) == held


@pytest.fixture(scope="module")
def tested(online_retail):
    """The wholesaler's backtest: two years, 182 days held out."""
    return backtest.backtest(online_retail._catalog, date(2011, 11, 30))


@pytest.fixture(scope="module")
def anew(online_retail):
    """The same from the rows, by loops and pandas: reversals by a stack, histories by groups, the fit's forecast."""
    catalog, cut = online_retail._catalog, pd.Timestamp("2011-06-01")
    orders = catalog.engine.frame(catalog.unbound("orders"))
    orders["day"] = orders["ordered_at"].dt.normalize()

    def days(rows):
        stacks, undone = {}, {}
        for row in rows[rows["amount"] != 0].sort_values(["day", "kind"], ascending=[True, False]).itertuples():
            stack = stacks.setdefault((row.customer_id, abs(row.amount)), [])
            if row.kind == "sale":
                stack.append(row.day)
            elif stack:
                key = row.customer_id, stack.pop()
                undone[key] = undone.get(key, 0) + 1
        sales = rows[(rows["kind"] == "sale") & (rows["amount"] > 0)].groupby(["customer_id", "day"]).size()
        kept = [key for key, count in sales.items() if count > undone.get(key, 0)]
        return pd.DataFrame(kept, columns=["customer_id", "day"])

    before, whole = days(orders[orders["day"] <= cut]), days(orders)
    groups = before.groupby("customer_id")["day"]
    frame = pd.DataFrame({"x": groups.size() - 1, "first": groups.min(), "last": groups.max()})
    later = whole[(whole["day"] > cut) & whole["customer_id"].isin(frame.index)]
    past = before[before["day"] > cut - pd.Timedelta(days=182)]
    frame["actual"] = later.groupby("customer_id").size().reindex(frame.index, fill_value=0)
    frame["naive"] = past.groupby("customer_id").size().reindex(frame.index, fill_value=0)
    history = History.of(frame["x"], (frame["last"] - frame["first"]).dt.days, (cut - frame["first"]).dt.days)
    frame["predicted"] = expected_orders(fit_bgnbd(history), history, 182)
    return frame.sort_index(), later


def test_the_wholesaler_s_totals_and_errors(tested, anew):
    frame, _ = anew
    assert (tested.cut, tested.until, tested.days) == (date(2011, 6, 1), date(2011, 11, 30), 182)
    assert tested.customers == len(frame)
    for who, column in (("model", "predicted"), ("naive", "naive")):
        gap = frame[column] - frame["actual"]
        row = tested.errors.loc[who]
        assert (row["predicted"], row["actual"]) == (
            pytest.approx(frame[column].sum(), rel=1e-9),
            frame["actual"].sum(),
        )
        assert row["mae"] == pytest.approx(gap.abs().mean(), rel=1e-9)
        assert row["rmse"] == pytest.approx(np.sqrt((gap**2).mean()), rel=1e-9)
        assert row["rank"] == pytest.approx(frame[[column, "actual"]].rank().corr().iloc[0, 1], rel=1e-9)


def test_the_wholesaler_s_deciles(tested, anew):
    frame = anew[0].reset_index().sort_values(["predicted", "customer_id"], ascending=[False, True])
    tenth = np.arange(len(frame)) * 10 // len(frame) + 1
    means = frame.groupby(tenth)[["predicted", "actual", "naive"]].mean()
    assert tested.deciles[["predicted", "actual", "naive"]].to_numpy() == pytest.approx(means.to_numpy(), rel=1e-9)
    assert tested.deciles["customers"].sum() == len(frame)


def test_the_wholesaler_s_course_ends_at_the_totals(tested, anew):
    _, later = anew
    by_day = (later["day"] - pd.Timestamp("2011-06-01")).dt.days
    ends = [30, 60, 90, 120, 150, 180, 182]
    assert list(tested.course["actual"]) == [(by_day <= end).sum() for end in ends]
    assert tested.course["predicted"].iloc[-1] == pytest.approx(tested.errors.loc["model", "predicted"])
    assert tested.course["naive"].iloc[-1] == tested.errors.loc["naive", "predicted"]


def test_the_report_says_by_what_the_model_loses(tested):
    assert tested.lost == ("mae",)
    said = BacktestView(tested, "en").verdict
    assert said.startswith("The model loses to the naive forecast by: mean absolute error of a customer. It is nearer")
    assert BacktestView(tested, "zh").verdict.startswith("模型在以下指标上不及朴素预测：客户平均绝对误差")


def test_a_model_that_loses_by_every_measure_is_not_to_be_relied_on(tested):
    from dataclasses import replace

    turned = replace(
        tested, errors=tested.errors.assign(mae=[2.0, 1.0], rmse=[2.0, 1.0], rank=[0.1, 0.2], total=[-0.5, 0.1])
    )
    assert turned.lost == backtest.MEASURES
    assert "do not rely on its values" in BacktestView(turned, "en").verdict
    assert "请勿依赖" in BacktestView(turned, "zh").verdict


def test_a_short_history_or_too_long_a_hold_out_is_told():
    orders = "order_id customer_id ordered_at amount kind\n1 a 2024-01-05 10 sale\n2 a 2024-01-15 10 sale"
    for said, told in (
        ({}, "the history of 11 days is too short"),
        ({"hold_out_days": 60}, "hold_out_days, 60, leaves"),
    ):
        made = book({"orders": orders}, as_of="2024-01-16", value=said)
        assert backtest.backtest(made._catalog, date(2024, 1, 16)).reason.en.startswith(told)
        made.close()
