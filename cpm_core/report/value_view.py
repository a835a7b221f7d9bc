"""What customers are worth, to look at: sums with intervals, the models behind them, what speaks against them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.customers.models.fit import TITLES
from cpm_core.customers.valuation import STRONG, Valuation
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.backtest_view import BacktestView
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.table import table

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.model.settings import Settings
    from cpm_core.tables.derive import Catalog

TITLE = Text(en="What customers are worth", zh="客户价值")
LEAD = Text(
    en="{customers} customers are expected to bring {value} ({interval}) in the next 12 months, {basis}.",
    zh="{customers}位客户未来12个月预计带来{value}（{interval}），{basis}。",
)
BASES = {
    "margin": Text(en="as gross margin at the trailing year's rate of {rate}", zh="按近一年毛利率{rate}折算为毛利"),
    "revenue": Text(en="as revenue, for costs are not covered", zh="按销售额计（成本数据覆盖不足）"),
    "contracts": Text(en="from the monthly amounts of running contracts", zh="来自在约合同的月费"),
}
NONE = Text(en="No value is published: {reason}.", zh="未给出客户价值：{reason}。")
HORIZON, SUM = Text(en="Horizon", zh="期限"), Text(en="All customers", zh="客户合计")
INTERVAL, MEAN = Text(en="Interval", zh="置信区间"), Text(en="Mean of a customer", zh="客户平均")
MONTHS = Text(en="{months} months", zh="{months}个月")
MODELS, PARAMETER = Text(en="The models behind it", zh="所用模型"), Text(en="Parameter", zh="参数")
ESTIMATE, ERROR = Text(en="Estimate", zh="估计值"), Text(en="Standard error", zh="标准误")
CORRELATED = Text(
    en="Frequency and value: correlation {pearson} (Pearson), {spearman} (Spearman) over {n} customers who bought "
    "again. The model takes them as independent.",
    zh="购买频次与金额的相关系数：{pearson}（Pearson）、{spearman}（Spearman），基于{n}位复购客户。模型假定两者相互独立。",
)
WARNING = Text(
    en="Warning: that is more than {limit} either way. Who buys often also spends more (or less) an order, so the "
    "values of the most and the least frequent buyers are off.",
    zh="警告：相关系数绝对值超过{limit}。购买越频繁的客户单次金额越高（或越低），最频繁和最不频繁客户的价值会有偏差。",
)
KEY = Text(
    en="Each month's expected orders times their expected value, discounted at {rate} a year. Intervals ({confidence}) "
    "tell how sure the expectation is, from the parameters alone; what one customer does varies far more. Orders that "
    "were wholly returned are left out. Of customers who never bought nothing is expected.",
    zh="各月预期订单数乘以预期订单金额，按年折现率{rate}折现。置信区间（{confidence}）仅反映参数的不确定性，单个客户的实际表现差异要大得多。全额退货的订单不计；从未购买的客户不计预期。",
)
KEY_CONTRACTS = Text(
    en="Each month's amount times the probability that the contract is renewed until then, discounted at {rate} a year. "
    "Intervals ({confidence}) tell how sure the expectation is, from the parameters alone.",
    zh="各月月费乘以合同续约至当月的概率，按年折现率{rate}折现。置信区间（{confidence}）仅反映参数的不确定性。",
)


@dataclass(frozen=True, eq=False, repr=False)
class ValueView:
    """The value of a workbook's customers; shows itself as a section.

    Attributes:
        valuation: The numbers, one a customer, and the fits behind them.
        backtest: Predicted against actual orders on the held-out end of the history; shows itself.
    """

    valuation: Valuation
    backtest: BacktestView
    settings: Settings
    locale: Locale
    currency: str = ""

    @property
    def reason(self) -> str:
        """Why no value is published; empty if it is."""
        return self.valuation.reason.in_(self.locale) if self.valuation.reason else ""

    @property
    def note(self) -> str:
        """What has to be said of the fit; empty if nothing."""
        return self.valuation.note.in_(self.locale) if self.valuation.note else ""

    @property
    def parameters(self) -> pd.DataFrame:
        """One row a parameter: `model`, `parameter`, `value`, `error` (standard error), `low`, `high`, `state`."""
        import pandas as pd

        rows = []
        for fit in self.valuation.fits:
            ends = fit.limits(self.settings.confidence)
            for name, value, error, low, high in zip(fit.names, fit.values, fit.errors, *ends, strict=True):
                figures = {"value": value, "error": error, "low": low, "high": high}
                rows.append({"model": fit.model, "parameter": name, **figures, "state": fit.state})
        return pd.DataFrame(rows)

    @property
    def totals(self) -> pd.DataFrame:
        """One row a horizon: `months`, `value` of all customers with its interval `low` and `high`, `mean` of one."""
        import pandas as pd

        rows = [(one.months, one.value, one.low, one.high, one.value / len(self.valuation)) for one in self._totals]
        return pd.DataFrame(rows, columns=["months", "value", "low", "high", "mean"])

    @property
    def _totals(self) -> tuple[Any, ...]:
        return self.valuation.totals if self.valuation.reason is None and len(self.valuation) else ()

    @property
    def frame(self) -> pd.DataFrame:
        """One row a customer: `customer_id`, `probability_alive`, `expected_orders_12_months` and the values."""
        import pandas as pd

        found = self.valuation
        columns = {"customer_id": found.ids.to_pylist(), "probability_alive": found.alive}
        columns |= {"expected_orders_12_months": found.expected}
        columns |= {f"value_{months}_months": values for months, values in found.value.items()}
        return pd.DataFrame({**columns, "value_12_months_low": found.low, "value_12_months_high": found.high})

    @property
    def correlation(self) -> dict[str, float]:
        """`pearson`, `spearman` and `n` of frequency with value over repeat customers; empty if there is none."""
        found = self.valuation.correlation
        return {} if found is None else {"pearson": found.pearson, "spearman": found.spearman, "n": found.n}

    @property
    def warning(self) -> str:
        """That frequency and value are not independent, as the model takes them; empty if they may be."""
        found = self.valuation.correlation
        return WARNING.in_(self.locale).format(limit=STRONG) if found is not None and found.strong else ""

    @property
    def sentence(self) -> str:
        """What is expected, in one sentence; or why nothing is."""
        found, locale = self.valuation, self.locale
        if not self._totals:
            return NONE.in_(locale).format(reason=self.reason.rstrip(".。"))
        first = next(one for one in self._totals if one.months == 12)
        rate = fmt.value(found.margin.rate, "percent", locale)
        return LEAD.in_(locale).format(
            customers=fmt.count(len(found)),
            value=self._money(first.value),
            interval=fmt.interval(first.low, first.high, "money", locale, self.currency),
            basis=BASES[found.basis].in_(locale).format(rate=rate),
        )

    def fragment(self) -> Fragment:
        """The section."""
        told = [self.sentence, *filter(None, (self.note, self.warning))]
        head = "".join(f'<p class="intro">{escape(words)}</p>' for words in told)
        body = head + (self._sums() if self._totals else "") + self._models()
        keys = "".join(f'<p class="key">{escape(words)}</p>' for words in self._keys())
        return section("value", TITLE.in_(self.locale), body + keys, self.locale, self._text(told))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.fragment()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return self.fragment().text

    def _money(self, amount: Any) -> str:
        return fmt.value(amount, "money", self.locale, self.currency)

    def _sums(self) -> str:
        heads = [(name, words.in_(self.locale)) for name, words in _SUMS.items()]
        rows = [
            [
                f'<span class="name">{escape(MONTHS.in_(self.locale).format(months=one.months))}</span>',
                escape(self._money(one.value)),
                escape(fmt.interval(one.low, one.high, "money", self.locale, self.currency)),
                escape(self._money(one.mean)),
            ]
            for one in self.totals.itertuples()
        ]
        return table("value-sums", heads, rows)

    def _models(self) -> str:
        heads = [(name, words.in_(self.locale)) for name, words in _MODELS.items()]
        shown: list[dict[Any, Any]] = self.parameters.to_dict("records")
        rows = [
            [
                f'<span class="name">{escape(one["parameter"])}</span>',
                _figure(one["value"]),
                _figure(one["error"]),
                _ends(one["low"], one["high"]),
            ]
            for one in shown
        ]
        groups = [TITLES[one["model"]].in_(self.locale) for one in shown]
        return f"<h3>{escape(MODELS.in_(self.locale))}</h3>{table('value-models', heads, rows, groups)}"

    def _keys(self) -> list[str]:
        found, locale = self.valuation, self.locale
        told = []
        if found.correlation is not None:
            sizes = {"pearson": found.correlation.pearson, "spearman": found.correlation.spearman}
            words = {name: f"{size:.2f}".replace("-", fmt.MINUS) for name, size in sizes.items()}
            told.append(CORRELATED.in_(locale).format(**words, n=fmt.count(found.correlation.n)))
        rate = f"{self.settings.value.discount_rate * 100:g}%"
        key = KEY_CONTRACTS if found.basis == "contracts" else KEY
        return [*told, key.in_(locale).format(rate=rate, confidence=f"{self.settings.confidence:.0%}")]

    def _text(self, told: list[str]) -> str:
        shown = [frame.to_string(index=False) for frame in (self.totals, self.parameters) if len(frame)]
        return "\n".join([*told, *shown])


_SUMS = {"horizon": HORIZON, "sum": SUM, "interval": INTERVAL, "mean": MEAN}
_MODELS = {"parameter": PARAMETER, "estimate": ESTIMATE, "error": ERROR, "interval": INTERVAL}


def _figure(number: float) -> str:
    return f"{number:,.4g}" if fmt.is_number(number) else fmt.DASH


def _ends(low: float, high: float) -> str:
    return f"{_figure(low)}{fmt.DASH}{_figure(high)}" if fmt.is_number(low) else fmt.DASH


def value_of(book: Any, catalog: Catalog) -> ValueView:
    """The value of a workbook's customers.

    Raises:
        MeasureError: Neither orders nor contracts are delivered.
    """
    from cpm_core.customers.backtest import backtest
    from cpm_core.customers.customer_values import valuation, valued
    from cpm_core.model.errors import MeasureError

    settings, day = book.settings, book.settings.as_of
    name = valued(settings, catalog.delivered)
    if catalog.missing(name) is not None:
        raise MeasureError(
            f"customers have no value without {name}",
            fix="Deliver orders or subscriptions, and see value.of in params.",
        )
    tested = backtest(catalog, day) if name == "orders" else None
    shown = BacktestView(tested, book.locale)
    return ValueView(valuation(catalog, day), shown, settings, book.locale, book.params.currency)
