"""One customer, to look at: who, how they stand, what happened, the last rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cpm_core.customers.one import Known
from cpm_core.model.text import Locale
from cpm_core.report.fragment import Fragment

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Customer:
    """All that is known of one customer. Shows itself in a notebook.

    Attributes:
        known: The data.
        as_of: The last day that counts.
        currency: ISO 4217 code of money; empty: none is shown.
        locale: Language of what is shown.
        planned: The customer's row of the plan, empty if no action is for them; None where nothing is planned.
    """

    known: Known
    as_of: date
    currency: str
    locale: Locale
    planned: Mapping[str, Any] | None = None

    @property
    def customer_id(self) -> str:
        """Who it is."""
        return self.known.customer_id

    @property
    def profile(self) -> pd.Series:
        """The row of ``book.customers()``: profile, tier, stage and the reasons for them."""
        return self.known.profile

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The customer's rows of each base table, oldest first; personal columns are masked unless the params say so."""
        return self.known.tables

    @property
    def standing(self) -> pd.DataFrame:
        """Key figures beside the median of the tier; columns are `cpm_core.customers.one.PEER_COLUMNS`."""
        return self.known.standing

    @cached_property
    def timeline(self) -> pd.DataFrame:
        """What happened, oldest first; columns are `cpm_core.customers.timeline.COLUMNS`."""
        from cpm_core.customers.timeline import timeline

        return timeline(self.tables)

    def plot(self) -> alt.LayerChart:
        """The timeline as an Altair chart."""
        from cpm_core.report.customer_chart import WIDE, chart

        return chart(self, WIDE)

    def __repr__(self) -> str:
        return self.fragment().text

    def _repr_html_(self) -> str:
        from cpm_core.report.report import css

        return f'<style class="cpm-styles">{css()}</style>{self.fragment().html}'

    def fragment(self) -> Fragment:
        """The page of the customer, without the styles."""
        from cpm_core.report.customer import render

        return render(self)


def view_of(book: Any, known: Known) -> Customer:
    """A customer of a workbook, which is handed in, as this room does not know its class."""
    planned = None
    if book.params.plan is not None:
        rows = book.plan().frame
        mine = rows[rows["customer_id"] == known.customer_id].to_dict("records")
        planned = mine[0] if mine else {}
    return Customer(known, book.settings.as_of, book.params.currency, book.locale, planned)
