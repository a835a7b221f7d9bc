"""Why a figure moved, to look at: a sentence, a table and a chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from cpm_core.model.errors import MeasureError, UsageError
from cpm_core.model.kpi import Kpi
from cpm_core.model.names import nearest
from cpm_core.model.periods import Period
from cpm_core.model.text import Locale, Text
from cpm_core.report.fragment import LANG, Fragment
from cpm_core.scorecard.compared import Ground
from cpm_core.scorecard.explained import Explained
from cpm_core.scorecard.factors import factor_of
from cpm_core.scorecard.unexplained import UnexplainedError
from cpm_core.scorecard.why import explain

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    from cpm_core.tables.derive import Catalog

By = Literal["members", "factors"]

_UNKNOWN = Text(en="Against {period}: not explained, as {reason}.", zh="与{period}相比：无法解释，因为{reason}。")


@dataclass(frozen=True, eq=False, repr=False)
class Why:
    """A change and the parts that add up to it. Shows itself in a notebook: sentence, chart and table.

    Attributes:
        explained: The change and its parts, as measured.
        factors: The KPIs that a product is made of, by id.
        currency: ISO 4217 code of money; empty: none is shown.
        locale: Language of what is shown.
    """

    explained: Explained
    factors: Mapping[str, Kpi]
    currency: str
    locale: Locale

    @property
    def frame(self) -> pd.DataFrame:
        """One row a member, or a factor, the largest part first.

        Columns are `member`, its figure `before` and `after`, its share of the whole's denominator, rows or
        amount `weight_before` and `weight_after`, `mix` and `rate` (of a ratio or mean), `part` (what it
        brought, in the KPI's unit; the parts add up to `change`), `share` of the change, `p` and
        `significant` (whether it stands out from its share by more than chance).
        """
        return self.explained.frame.copy()

    @property
    def tried(self) -> pd.DataFrame:
        """One row a slice that was tried, the best first; columns are `cpm_core.scorecard.explained.TRIED_COLUMNS`."""
        return self.explained.tried.copy()

    @property
    def slice(self) -> str:
        """What the change is split by; empty for factors."""
        return self.explained.slice

    @property
    def before(self) -> float:
        """The figure that is compared with."""
        return self.explained.before

    @property
    def after(self) -> float:
        """The figure."""
        return self.explained.after

    @property
    def change(self) -> float:
        """The whole change, in the KPI's unit."""
        return self.explained.change

    @property
    def text(self) -> Text:
        """What moved, what moved it and how sure that is, in both languages."""
        from cpm_core.report.why_words import told

        return told(self.explained, self.factors, self.currency)

    @property
    def sentence(self) -> str:
        """The same in the workbook's language."""
        return self.text.in_(self.locale)

    def plot(self) -> alt.TopLevelMixin:
        """An Altair waterfall: from the figure before, part by part, to the figure after."""
        from cpm_core.report.why_chart import chart

        return chart(self)

    def __repr__(self) -> str:
        from cpm_core.report.why_table import text

        return f"{self.sentence}\n{text(self)}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.page()._repr_mimebundle_(include, exclude)

    def body(self) -> str:
        """Sentence, chart and table as HTML without the styles."""
        from cpm_core.report.why_chart import svg
        from cpm_core.report.why_table import html

        return f'<p class="why">{escape(self.sentence)}</p>{svg(self)}{html(self)}'

    def page(self) -> Fragment:
        """The same with the styles."""
        from cpm_core.report.report import css

        page = (
            f'<style class="cpm-styles">{css()}</style>'
            f'<div class="cpm cpm-kpi" lang="{LANG[self.locale]}">{self.body()}</div>'
        )
        return Fragment(page, repr(self))


def refusal(error: MeasureError, period: str, locale: Locale) -> str:
    """Why there is no answer, as one sentence; ``period`` is the one compared with, in words."""
    reason = error.reason.in_(locale) if isinstance(error, UnexplainedError) else str(error)
    return _UNKNOWN.in_(locale).format(period=period, reason=reason.rstrip(".。"))


def why_of(
    book: Any, catalog: Catalog, kpi: str, slice_: str | None, period: Period, against: str | None, by: By
) -> Why:
    """Why a workbook's figure moved; the workbook is handed in, as this room does not know its class.

    Raises:
        UsageError: ``by`` is neither `members` nor `factors`, or it is `factors` and a slice is given.
        MeasureError: As `cpm_core.scorecard.why.explain` says.
    """
    from cpm_core.measure.compile import compile_kpis

    if by not in ("members", "factors"):
        raise UsageError(f"a change is not split by {by!r}", nearest=nearest(by, ("members", "factors")))
    if by == "factors" and slice_ is not None:
        raise UsageError("factors are those of the total", fix='Leave out the slice, or by="factors".')
    settings, params = book.settings, book.params
    compiled = dict(book.compiled)
    factors = [factor_of(one)[0] for one in compiled[kpi].kpi.factors] if by == "factors" else []
    compiled |= compile_kpis(book.registry, catalog, settings, [one for one in factors if one not in compiled])
    events = tuple((event.date, event.text) for event in params.events)
    ground = Ground(compiled, catalog, book.periods, params.slices, events, settings, book.locale)
    explained = explain(ground, kpi, slice_, period, against, factors=by == "factors")
    return Why(explained, {one: compiled[one].kpi for one in factors}, params.currency, book.locale)
