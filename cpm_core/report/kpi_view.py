"""One KPI to look at: over time, by slice, as a chart and as a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.model.errors import MeasureError, UsageError
from cpm_core.model.facts import NO_MEMBER
from cpm_core.model.kpi import Kpi
from cpm_core.model.names import nearest
from cpm_core.model.text import Locale
from cpm_core.report.beside import besides
from cpm_core.report.fragment import LANG, Fragment

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

COLUMNS = ("period", "member", "value", "low", "high", "n", "state", "complete", "reason", "provider", "version")
"""Of `KpiView.frame`."""


@dataclass(frozen=True, eq=False, repr=False)
class KpiView:
    """A KPI's figures; each method but the last four gives a narrower view, so that they can be chained.

    Shows itself in a notebook: chart and table.

    Attributes:
        facts: The facts of the workbook.
        kpi: Whose figures are looked at.
        currency: ISO 4217 code of money; empty: none is shown.
        locale: Language of titles and units.
        slice: What it is split by; empty: the total.
        chosen: Members that were asked for; empty: all.
        count: The number of periods, the latest ones; None: all.
        beside: KPIs whose figures stand beside its own in tables.
    """

    facts: pd.DataFrame
    kpi: Kpi
    currency: str
    locale: Locale
    slice: str = ""
    chosen: tuple[str, ...] = ()
    count: int | None = None
    beside: tuple[Kpi, ...] = ()

    def __post_init__(self) -> None:
        if not (self.facts["kpi"] == self.kpi.id).any():
            fix = "`book.kpi_list()` tells why."
            raise MeasureError(f"KPI {self.kpi.id!r} was not measured in this workbook", fix=fix)

    def by(self, slice: str) -> KpiView:  # noqa: A002  # the word of the field
        """This KPI split by a slice of the workbook.

        Raises:
            MeasureError: The workbook is not measured by it, or this KPI is not; the nearest are named.
        """
        own = self.slices
        if slice in own:
            return replace(self, slice=slice, chosen=())
        measured, near = [name for name in self.facts["slice"].unique() if name], nearest(slice, own)
        if slice not in measured:
            fix = f"To measure by it too, write `slices: [{', '.join([*measured, slice])}]` into the params file."
            raise MeasureError(f"this workbook is not measured by {slice!r}", nearest=near, fix=fix)
        total = self._total()
        if not own and total["value"].isna().all():
            raise MeasureError(f"KPI {self.kpi.id!r} is not split by {slice!r}: {total['reason'].iloc[-1]}")
        fix = f"It is split by {', '.join(own)}." if own else "Its rows do not lead to it."
        raise MeasureError(f"KPI {self.kpi.id!r} is not split by {slice!r}", nearest=near, fix=fix)

    def members(self, *names: str) -> KpiView:
        """Some members of the slice, in the order given.

        Raises:
            MeasureError: There is no slice yet, or no such member; the nearest are named.
        """
        if not self.slice:
            fix = f"Split it first: `.by({self.slices[0]!r})`." if self.slices else ""
            raise MeasureError("a total has no members", fix=fix)
        there = self.ranked
        for name in names:
            if name not in there:
                near = nearest(name, there)
                fix = "" if near else f"The biggest are {', '.join(there[:5])}."
                raise MeasureError(f"{self.slice} has no member {name!r}", nearest=near, fix=fix)
        return replace(self, chosen=tuple(dict.fromkeys(names)))

    def last(self, n: int) -> KpiView:
        """The latest ``n`` periods.

        Raises:
            UsageError: ``n`` is below 1.
        """
        if n < 1:
            raise UsageError(f"there are no last {n} periods", fix="Ask for one or more.")
        return replace(self, count=n)

    @property
    def slices(self) -> tuple[str, ...]:
        """What this KPI can be split by."""
        mine = self.facts.loc[self.facts["kpi"] == self.kpi.id, "slice"]
        return tuple(name for name in mine.unique() if name)

    @property
    def periods(self) -> tuple[str, ...]:
        """Labels of the periods looked at, oldest first."""
        mine = self._total().sort_values("period_start")["period"]
        return tuple(mine if self.count is None else mine.tail(self.count))

    @property
    def ranked(self) -> tuple[str, ...]:
        """The members: as chosen, else the biggest of the last period first.

        Big is the value of money and counts, the number of rows of all others. The total is one member
        without a name.
        """
        if self.chosen:
            return self.chosen
        facts = self._facts()
        size = "value" if self.kpi.unit in ("money", "count") else "n"
        last = facts[facts["period"] == self.periods[-1]].set_index("member")[size].fillna(float("-inf"))

        def place(member: str) -> tuple[float, bool, str]:
            return -last.get(member, float("-inf")), member == NO_MEMBER, member

        return tuple(sorted(facts["member"].unique(), key=place))

    @property
    def total(self) -> KpiView:
        """The same periods, not split."""
        return replace(self, slice="", chosen=())

    def frame(self) -> pd.DataFrame:
        """One row a period and member (empty for the total); columns are `COLUMNS`.

        `value`, `low` and `high` are in the KPI's unit (`percent` as fractions), NaN where `reason` says why.
        """
        facts, order = self._facts(), {name: place for place, name in enumerate(self.ranked)}
        facts = facts[facts["period"].isin(self.periods) & facts["member"].isin(list(order))]
        facts = facts.assign(_order=facts["member"].map(order)).sort_values(["period_start", "_order"])
        return facts[list(COLUMNS)].reset_index(drop=True)

    def table(self) -> pd.DataFrame:
        """The values, one row a period and one column a member, the biggest first."""
        table = self.frame().pivot_table(index="period", columns="member", values="value", dropna=False)
        table = table.reindex(index=list(self.periods), columns=list(self.ranked))
        title = self.kpi.title.in_(self.locale)
        return table.rename_axis(columns=self.slice or None).rename(columns={"": title})

    def plot(self) -> alt.TopLevelMixin:
        """An Altair chart: a line with its interval; of a slice one for each of its biggest members."""
        from cpm_core.report.kpi_chart import chart

        return chart(self)

    def at(self, period: str) -> Fragment:
        """The chart with one period marked, and the figures of that period: what the panel shows.

        Raises:
            UsageError: The period was not measured.
        """
        from cpm_core.report import kpi_table

        if period not in self.periods:
            fix = f"Choose one from {self.periods[0]} to {self.periods[-1]}."
            raise UsageError(f"{period} was not measured", nearest=nearest(period, self.periods), fix=fix)
        return self._page(period, kpi_table.at_period(self, period))

    def __repr__(self) -> str:
        from cpm_core.report.kpi_table import text

        return text(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from cpm_core.report import kpi_table

        return self._page("", kpi_table.by_period(self))._repr_mimebundle_(include, exclude)

    def _page(self, period: str, table: str) -> Fragment:
        from cpm_core.report.kpi_chart import svg
        from cpm_core.report.report import css

        words = self.kpi.described(self.locale).split("\n\n")[0]
        said = f'<p class="intro">{escape(words)}</p>' if words else ""
        html = (
            f'<style class="cpm-styles">{css()}</style>'
            f'<div class="cpm cpm-kpi" lang="{LANG[self.locale]}">{svg(self, period)}{said}{table}</div>'
        )
        return Fragment(html, repr(self))

    def _facts(self) -> pd.DataFrame:
        return self.facts[(self.facts["kpi"] == self.kpi.id) & (self.facts["slice"] == self.slice)]

    def _total(self) -> pd.DataFrame:
        return self.facts[(self.facts["kpi"] == self.kpi.id) & (self.facts["slice"] == "")]


def view_of(book: Any, kpi: Kpi) -> KpiView:
    """A workbook's figures of one KPI, and what is told beside it."""
    return KpiView(book.facts(), kpi, book.params.currency, book.locale, beside=besides([kpi], book.compiled))
