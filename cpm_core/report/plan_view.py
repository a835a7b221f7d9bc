"""The plan of action, to look at: what is spent, on whom, and what each tier takes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cpm_core.customers.plan import Basis
from cpm_core.model.errors import UsageError
from cpm_core.model.text import Locale
from cpm_core.params.plan import PlanKeys
from cpm_core.report.fragment import Fragment

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """Who gets which action. Shows itself in a notebook.

    Attributes:
        frame: One row an eligible customer; columns are `cpm_core.customers.plan.COLUMNS`.
        resources: One row a tier and one for the whole; columns are `cpm_core.customers.resources.COLUMNS`.
        keys: What the params say: budget, hours, share held back, seed, service.
        basis: `value`: customers are weighed by expected value at risk; `revenue`: by that of the trailing year.
        currency: ISO 4217 code of money; empty: none is shown.
        locale: Language of what is shown.
    """

    frame: pd.DataFrame
    resources: pd.DataFrame
    keys: PlanKeys
    basis: Basis
    currency: str
    locale: Locale

    @property
    def actions(self) -> pd.DataFrame:
        """One row an action; columns are `cpm_core.customers.resources.ACTION_COLUMNS`."""
        from cpm_core.customers.resources import by_action

        return by_action(self.frame)

    @property
    def chosen(self) -> pd.DataFrame:
        """The rows of those who get their action."""
        return self.frame[self.frame["chosen"].astype(bool)].reset_index(drop=True)

    @property
    def cost(self) -> Decimal:
        """What the chosen actions cost, exactly."""
        return sum(self.chosen["cost"], Decimal(0))

    @property
    def hours(self) -> Decimal:
        """The hours that the chosen actions take, exactly."""
        return sum(self.chosen["hours"], Decimal(0))

    def __repr__(self) -> str:
        return self.fragment().text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from cpm_core.report.report import css

        made = self.fragment()
        styled = f'<style class="cpm-styles">{css()}</style>{made.html}'
        return Fragment(styled, made.text)._repr_mimebundle_(include, exclude)

    def fragment(self) -> Fragment:
        """The section of the page."""
        from cpm_core.report.plan import render

        return render(self)


def plan_of(book: Any, customers: pd.DataFrame, frame: pd.DataFrame) -> Plan:
    """The plan of a workbook, which is handed in, as this room does not know its class."""
    from cpm_core.customers.plan import basis_of
    from cpm_core.customers.resources import resources

    keys = book.params.plan
    basis: Basis = basis_of(customers) if keys.use or keys.actions else "value"
    return Plan(frame, resources(customers, frame, keys), keys, basis, book.params.currency, book.locale)


def no_plan() -> UsageError:
    """The error of a workbook whose params plan nothing."""
    example = "{budget: 5000, hours: 80, control_share: 0.1, seed: 7, use: [win_back]}"
    return UsageError("the params hold no plan", fix=f"Write `plan: {example}` into the file.")
