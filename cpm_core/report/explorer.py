"""One KPI in depth: its usual range, why it moved, and the rows behind it, each as a section."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.model.errors import MeasureError
from cpm_core.model.kpi import Kpi
from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.table import table
from cpm_core.report.why_view import refusal

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS, MOST_COLUMNS = 8, 8
MOST_SIGNALS = 8

DEFINED = Text(en="What it is", zh="指标定义")
USUAL = Text(en="Its usual range", zh="正常范围")
NO_SIGNAL = Text(en="No signal in the periods shown.", zh="所示各期均无信号。")
NO_LIMITS = Text(en="No limits: {reason}.", zh="未确定正常范围：{reason}。")
PERIOD, VALUE = Text(en="Period", zh="期间"), Text(en="Value", zh="数值")
RANGE, SIGNAL = Text(en="Usual range", zh="正常范围"), Text(en="Signal", zh="信号")
MOVED = Text(en="Why it moved", zh="变动原因")
AGAINST = Text(en="Against {period}", zh="与{period}相比")
FACTORS = Text(en="Against {period}, by its factors", zh="与{period}相比，按各因素")
ROWS = Text(en="The rows behind it", zh="明细数据")
ROWS_TOLD = Text(
    en="{count} rows of {period}; the first {shown} of them. They are all in book.rows({kpi!r}).",
    zh="{period}共{count}行，以下为前{shown}行；全部见 book.rows({kpi!r})。",
)
NO_ROWS = Text(en="There are no rows to show: {reason}", zh="没有可显示的明细：{reason}")


class Explorer:
    """Sections on one KPI of a workbook; each shows itself.

    Args:
        book: An opened workbook.
        kpi: The KPI's id.

    Raises:
        MeasureError: There is no such KPI in the workbook; the nearest are named.
    """

    def __init__(self, book: Any, kpi: str) -> None:
        self._book = book
        self._kpi: Kpi = book.kpi(kpi).kpi
        self._locale, self._currency = book.locale, book.params.currency

    def __repr__(self) -> str:
        return f"<Explorer of {self._kpi.id}: definition(), limits(), why(), rows()>"

    def _say(self, words: Text, **values: object) -> str:
        return words.in_(self._locale).format(**values)

    def _section(self, name: str, title: Text, body: str, text: str) -> Fragment:
        return section(name, self._say(title), body, self._locale, text)

    def definition(self) -> Fragment:
        """What is measured, and by whose rule."""
        words = self._kpi.described(self._locale)
        source = f'<p class="key">{escape(self._kpi.source)}</p>' if self._kpi.source else ""
        body = "".join(f"<p>{escape(one)}</p>" for one in words.split("\n\n"))
        title = Text(en="{defined}: {kpi}", zh="{defined}：{kpi}").format(defined=DEFINED, kpi=self._kpi.title)
        return self._section("defined", title, body + source, words)

    def limits(self) -> Fragment:
        """Its history within the range in which it would be usual, and the signals that it raised."""
        from cpm_core.report.limits_chart import possible, svg

        signals = possible(self._book.signals(self._kpi.id).tail(self._book.params.history), self._kpi)
        raised = signals[signals["signal"] != ""].tail(MOST_SIGNALS).iloc[::-1]
        body = svg(signals, self._kpi, self._locale, self._currency)
        if signals["low"].isna().all():
            reason = next((one for one in reversed(signals["reason"].tolist()) if one), fmt.DASH)
            told = self._say(NO_LIMITS, reason=reason)
        else:
            told = "" if len(raised) else self._say(NO_SIGNAL)
        body += f'<p class="key">{escape(told)}</p>' if told else self._raised(raised)
        line = Text(en="{period}: {reason}", zh="{period}：{reason}")
        words = told or "\n".join(
            self._say(line, period=fmt.period(row["period"], self._locale), reason=row["reason"])
            for row in raised.to_dict("records")
        )
        return self._section("limits", USUAL, body, words)

    def _raised(self, raised: pd.DataFrame) -> str:
        def value(figure: Any) -> str:
            return fmt.value(figure, self._kpi.unit, self._locale, self._currency)

        heads = [(name, self._say(words)) for name, words in _HEADS.items()]
        lines = [
            [
                escape(fmt.period(row["period"], self._locale)),
                escape(value(row["value"])),
                escape(fmt.interval(row["low"], row["high"], self._kpi.unit, self._locale, self._currency)),
                f'<span class="sub">{escape(str(row["reason"]))}</span>',
            ]
            for row in raised.to_dict("records")
        ]
        return table("signals", heads, lines)

    def why(self) -> Fragment:
        """Why it moved, against the period before and the year before, and by its factors if it has any."""
        asked = [("previous", "members"), ("year", "members"), *([("year", "factors")] * bool(self._kpi.factors))]
        if self._kpi.overlaps(self._book.settings):
            asked = asked[1:]
        # Members and factors that fail for one reason say it once.
        parts = dict.fromkeys(self._why(against, by) for against, by in asked)
        text = "\n".join(part.text for part in parts)
        return self._section("why", MOVED, "".join(part.html for part in parts), text)

    def _why(self, against: str, by: str) -> Fragment:
        from cpm_core.model.periods import before, year_before

        settings = self._book.settings
        then = (year_before if against == "year" else before)(
            self._book.period, settings.period, year_starts=settings.year_starts
        )
        period = fmt.period(then.label, self._locale)
        try:
            why = self._book.why(self._kpi.id, against=against, by=by)
        except MeasureError as error:
            told = refusal(error, period, self._locale)
            return Fragment(f"<p>{escape(told)}</p>", told)
        title = self._say(FACTORS if by == "factors" else AGAINST, period=period)
        return Fragment(f'<div class="moved"><h3>{escape(title)}</h3>{why.body()}</div>', repr(why))

    def rows(self) -> Fragment:
        """Some of the rows that the figure is made of; personal columns masked as everywhere."""
        try:
            frame = self._book.rows(self._kpi.id)
        except MeasureError as error:
            told = self._say(NO_ROWS, reason=str(error))
            return self._section("rows", ROWS, f"<p>{escape(told)}</p>", told)
        some = frame.head(MOST_ROWS)
        ends = [name for name in ("numerator", "denominator") if some[name].notna().any()]
        columns = [name for name in some.columns if some[name].notna().any() and name not in ends]
        columns = [name for name in columns if not name.endswith("_utc")][: MOST_COLUMNS - len(ends)] + ends
        told = self._say(
            ROWS_TOLD,
            count=fmt.count(len(frame)),
            shown=len(some),
            period=fmt.period(self._book.period.label, self._locale),
            kpi=self._kpi.id,
        )
        shown = some[columns].to_html(index=False, border=0, na_rep=fmt.DASH)
        return self._section("rows", ROWS, f'<p>{escape(told)}</p><div class="scroll">{shown}</div>', told)


_HEADS = {"period": PERIOD, "value": VALUE, "range": RANGE, "signal": SIGNAL}
