"""What a workbook knows of customers: who they are, how they are sorted, what they are worth, what to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.customers.tiers import Tiering
    from cpm_core.hooks.registry import Provided, Registry
    from cpm_core.model.periods import Period
    from cpm_core.model.profile import Told
    from cpm_core.model.rules import LifecycleRule
    from cpm_core.model.settings import Settings
    from cpm_core.model.text import Locale
    from cpm_core.params.schema import Params
    from cpm_core.tables.derive import Catalog


class People:
    """The part of a workbook that is about customers."""

    params: Params
    registry: Registry
    settings: Settings
    locale: Locale
    period: Period
    _stored: Callable[[str, Callable[[], pd.DataFrame]], pd.DataFrame]

    if TYPE_CHECKING:

        @property
        def periods(self) -> tuple[Period, ...]: ...  # noqa: D102  # the workbook's

        @property
        def _catalog(self) -> Catalog: ...

    def customers(self) -> pd.DataFrame:
        """One row a customer: profile, tier, and the reason for it.

        Raises:
            PluginError: The tier rule failed.
        """
        return self._stored("customers", self._customers).copy()

    def _customers(self) -> pd.DataFrame:
        from cpm_core.customers.lifecycle import with_stages
        from cpm_core.customers.tiers import assign

        sorted_ = assign(self._tiering, self._tier_value, self.locale)
        return with_stages(sorted_, self._catalog, *self._lifecycle(), self.settings, self.locale)

    def tiers(self) -> pd.DataFrame:
        """One row a tier, highest first: customers, their value, their shares of all, and where the tier starts.

        No rows where customers are not sorted, for want of a table that the rule reads.

        Raises:
            PluginError: The tier rule failed.
        """
        return self._stored("tiers", self._tiers).copy()

    def _tiers(self) -> pd.DataFrame:
        from cpm_core.customers.tier_summary import COLUMNS, summary

        customers = self.customers()
        if "tier" not in customers:
            return customers.head(0).reindex(columns=list(COLUMNS))
        return summary(customers, self._tiering.now, self._tier_value, self.settings, self.locale)

    @cached_property
    def _tiering(self) -> Tiering:
        """The rule of the params with its options, ready to sort."""
        from cpm_core.customers.tiers import Tiering
        from cpm_core.hooks.agreement import options_of

        rule = self.registry.tier_rules[self.params.tiers.rule]
        options = options_of(rule.item.options, self.params.tiers.options, self.params, ("tiers",), [])
        return Tiering(self._catalog, rule, options, self.settings)

    @property
    def _tier_value(self) -> Told:
        """What customers are sorted by, in words."""
        from cpm_core.customers.tiers import told_of

        return told_of(self._tiering.rule.item, self._tiering.options, self.registry.profile_columns)

    def _lifecycle(self) -> tuple[Provided[LifecycleRule], Any]:
        """The lifecycle rule and its options."""
        from cpm_core.hooks.agreement import options_of

        rule = self.registry.lifecycle_rules[self.params.lifecycle.rule]
        return rule, options_of(rule.item.options, self.params.lifecycle.options, self.params, ("lifecycle",), [])

    def customer(self, customer_id: str) -> Any:
        """Everything known of one customer.

        Raises:
            MeasureError: There is no such customer; the nearest ids are named.
        """
        from cpm_core.customers.one import one

        return one(self._catalog, str(customer_id), self.customers(), self.params.show_personal_data)
