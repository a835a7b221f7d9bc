"""Predicted against actual orders, to look at: a sentence, two charts and the errors beside the naive forecast."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.customers.backtest import MEASURES, Backtest
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.table import table

if TYPE_CHECKING:
    import pandas as pd

TITLE = Text(en="Backtest: predicted and actual orders", zh="回测：预测与实际订单")
LEAD = Text(
    en="The last {days} days, {first} to {last}, were held out. Of {customers} customers known before, the model "
    "expected {predicted} orders; there were {actual} ({error}). The naive forecast, as many orders as in the {days} "
    "days before, said {naive} ({naive_error}).",
    zh="留出最后{days}天（{first}至{last}）作检验。对此前已知的{customers}位客户，模型预测{predicted}个订单，实际{actual}个（{error}）。朴素预测（与此前{days}天相同）为{naive}个（{naive_error}）。",
)
WON = Text(en="The model is nearer than the naive forecast by every measure.", zh="各项指标上模型均优于朴素预测。")
LOST_SOME = Text(
    en="The model loses to the naive forecast by: {measures}. It is nearer by: {others}.",
    zh="模型在以下指标上不及朴素预测：{measures}；在以下指标上更优：{others}。",
)
LOST_ALL = Text(
    en="The model loses to the naive forecast by every measure: do not rely on its values.",
    zh="各项指标上模型均不及朴素预测：请勿依赖其数值。",
)
NAMES = {
    "total": Text(en="error of the total", zh="总量误差"),
    "mae": Text(en="mean absolute error of a customer", zh="客户平均绝对误差"),
    "rmse": Text(en="root mean squared error of a customer", zh="客户均方根误差"),
    "rank": Text(en="rank correlation", zh="秩相关系数"),
}
NONE = Text(en="No backtest: {reason}.", zh="未做回测：{reason}。")
CONTRACTS = Text(en="contracts are valued, and these tables of orders are not", zh="按合同估值，不涉及订单")
MEASURE, MODEL, NAIVE = Text(en="Measure", zh="指标"), Text(en="Model", zh="模型"), Text(en="Naive", zh="朴素预测")
KEY = Text(
    en="The rank correlation is Spearman's, over customers; higher is better, of the errors lower is. Orders are days "
    "with a purchase. The absolute error favours forecasts of nothing where most customers buy nothing; the squared one "
    "does not.",
    zh="秩相关系数为 Spearman，越高越好；误差越低越好。订单按购买日计。多数客户不购买时，绝对误差偏向预测为零的方法，均方根误差则不然。",
)
COURSE = Text(en="Orders so far", zh="累计订单数")
DECILES = Text(en="Mean orders by tenth of the prediction", zh="按预测十等分的平均订单数")
LEGEND = Text(en="blue: predicted · black: actual · grey: naive", zh="蓝：预测 · 黑：实际 · 灰：朴素预测")


@dataclass(frozen=True, eq=False, repr=False)
class BacktestView:
    """The backtest of the model of orders; shows itself as a section.

    Attributes:
        backtest: The figures; None where no orders are valued.
    """

    backtest: Backtest | None
    locale: Locale

    @property
    def errors(self) -> pd.DataFrame | None:
        """See `cpm_core.customers.backtest.Backtest`; None where there is none."""
        return None if self.backtest is None else self.backtest.errors

    @property
    def deciles(self) -> pd.DataFrame | None:
        """See `cpm_core.customers.backtest.Backtest`; None where there is none."""
        return None if self.backtest is None else self.backtest.deciles

    @property
    def course(self) -> pd.DataFrame | None:
        """See `cpm_core.customers.backtest.Backtest`; None where there is none."""
        return None if self.backtest is None else self.backtest.course

    @property
    def reason(self) -> str:
        """Why there is none; empty if there is."""
        if self.backtest is None:
            return CONTRACTS.in_(self.locale)
        return self.backtest.reason.in_(self.locale) if self.backtest.reason else ""

    @property
    def verdict(self) -> str:
        """Whether the model beats the naive forecast, in words; empty where there is no backtest."""
        if self.backtest is None or self.errors is None:
            return ""
        lost = self.backtest.lost
        if not lost:
            return WON.in_(self.locale)
        if len(lost) == len(MEASURES):
            return LOST_ALL.in_(self.locale)
        others = [name for name in MEASURES if name not in lost]
        return LOST_SOME.in_(self.locale).format(measures=self._named(lost), others=self._named(others))

    def _named(self, measures: Any) -> str:
        return fmt.words([NAMES[name].in_(self.locale) for name in measures], self.locale)

    @property
    def sentence(self) -> str:
        """What was held out, expected and seen; or why there is no backtest."""
        if self.backtest is None or self.errors is None:
            return NONE.in_(self.locale).format(reason=self.reason.rstrip(".。"))
        one, model, naive = self.backtest, self.errors.loc["model"], self.errors.loc["naive"]
        return LEAD.in_(self.locale).format(
            days=one.days,
            first=fmt.day(one.first, self.locale),
            last=fmt.day(one.until, self.locale),
            customers=fmt.count(one.customers),
            predicted=fmt.count(model["predicted"]),
            actual=fmt.count(model["actual"]),
            naive=fmt.count(naive["predicted"]),
            error=_signed(model["total"], self.locale),
            naive_error=_signed(naive["total"], self.locale),
        )

    def fragment(self) -> Fragment:
        """The section."""
        told = [self.sentence, *filter(None, [self.verdict])]
        body = "".join(f'<p class="intro">{escape(words)}</p>' for words in told)
        text = list(told)
        if self.backtest is not None and self.errors is not None:
            body += f'<div class="grid">{self._charts()}</div>{self._table()}'
            body += f'<p class="key">{escape(KEY.in_(self.locale))}</p>'
            text.append(self.errors.to_string())
        return section("backtest", TITLE.in_(self.locale), body, self.locale, "\n".join(text))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.fragment()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return self.fragment().text

    def _charts(self) -> str:
        from cpm_core.report import backtest_chart

        assert self.backtest is not None
        drawn = {
            COURSE: backtest_chart.course(self.backtest, self.locale, COURSE.in_(self.locale)),
            DECILES: backtest_chart.deciles(self.backtest, DECILES.in_(self.locale)),
        }
        legend = escape(LEGEND.in_(self.locale))
        return "".join(
            f'<figure><figcaption><span class="name">{escape(title.in_(self.locale))}</span>'
            f'<span class="unit">{legend}</span></figcaption>{image}</figure>'
            for title, image in drawn.items()
        )

    def _table(self) -> str:
        assert self.errors is not None
        heads = [("measure", MEASURE), ("model", MODEL), ("naive", NAIVE)]
        rows = []
        for name in MEASURES:
            cells = [
                _signed(self.errors.loc[who, name], self.locale)
                if name == "total"
                else fmt.value(self.errors.loc[who, name], "number", self.locale)
                for who in ("model", "naive")
            ]
            title = NAMES[name].in_(self.locale)
            rows.append([escape(title[:1].upper() + title[1:]), *map(escape, cells)])
        return table("backtest", [(name, words.in_(self.locale)) for name, words in heads], rows)


def _signed(share: Any, locale: Locale) -> str:
    if not fmt.is_number(share):
        return fmt.DASH
    return f"{'+' if share > 0 else ''}{fmt.value(share, 'percent', locale)}"
