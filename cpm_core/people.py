"""What a workbook knows of customers: who they are, how they are sorted, what they are worth, what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from cpm_core.model.errors import MeasureError

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
    from cpm_core.report.cohort_view import Cohorts
    from cpm_core.report.concentration_view import ConcentrationView
    from cpm_core.report.customer_view import Customer
    from cpm_core.report.plan_view import Plan
    from cpm_core.report.stage_moves import StageMovesView
    from cpm_core.report.tier_moves import TierMoves
    from cpm_core.report.tier_spread import TierSpreadView
    from cpm_core.report.value_view import ValueView
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

        def _insist(self) -> None: ...

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
        whole = with_stages(sorted_, self._catalog, *self._lifecycle(), self.settings, self.locale)
        self._insist()
        return whole

    def tiers(self, **other: Any) -> pd.DataFrame:
        """One row a tier, highest first: customers, their value, their shares of all, and where the tier starts.

        No rows where customers are not sorted, for want of a table that the rule reads.

        Args:
            **other: What if: keys of `tiers` that differ from the params, such as ``cut={"VIP": 0.1, "key": 0.3}``,
                ``margin=0`` or ``rule="rfm"``. Values that were asked for once are not asked for again.

        Raises:
            PluginError: The tier rule failed.
            ParamsError: A key or value of ``other`` is wrong.
        """
        if not other:
            return self._stored("tiers", lambda: self._summed_up(self.customers(), self._tiering)).copy()
        return self._summed_up(*self._sorted_by(other))

    def tier_spread(self, **other: Any) -> TierSpreadView:
        """How the value behind tiers is spread, and where they are cut; with ``other`` as in :meth:`tiers`.

        Raises:
            MeasureError: Customers are not sorted, for want of a table that the rule reads.
            PluginError: The tier rule failed.
            ParamsError: A key or value of ``other`` is wrong.
        """
        from cpm_core.customers.tier_spread import spread
        from cpm_core.report.tier_spread import TierSpreadView

        customers, tiering = self._sorted_by(other) if other else (self.customers(), self._tiering)
        tiering.required()
        summary, told = self._summed_up(customers, tiering), self._told(tiering)
        margin, currency = tiering.settings.tier_margin, self.params.currency
        return TierSpreadView(spread(customers), summary, told, margin, self.locale, currency, other)

    def _sorted_by(self, other: Mapping[str, Any]) -> tuple[pd.DataFrame, Tiering]:
        """Customers as other keys of `tiers` would sort them."""
        from cpm_core.customers.tiers import assign
        from cpm_core.hooks.agreement import other_tiers

        tiering = self._tiered(other_tiers(self.params, other))
        return assign(tiering, self._told(tiering), self.locale), tiering

    def _summed_up(self, customers: pd.DataFrame, tiering: Tiering) -> pd.DataFrame:
        from cpm_core.customers.tier_summary import COLUMNS, summary

        if "tier" not in customers:
            return customers.head(0).reindex(columns=list(COLUMNS))
        return summary(customers, tiering.now, self._told(tiering), tiering.settings, self.locale)

    def tier_moves(self) -> TierMoves:
        """Who came up and who fell, and why: today's tiers against those on the last day of the period before.

        Raises:
            MeasureError: Customers are not sorted, for want of a table that the rule reads.
            PluginError: The tier rule failed.
        """
        from cpm_core.customers.tier_moves import Moves, known_by
        from cpm_core.report.tier_moves import TierMoves

        tiering, told = self._tiering, self._tier_value
        tiering.required()
        specs = {name: one.item for name, one in self.registry.tables.items()}

        @cache
        def moves() -> Moves:
            return tiering.moves(known_by(self._catalog, specs, tiering.day_before), told, self.locale)

        def counted() -> pd.DataFrame:
            return moves().matrix.reset_index()

        matrix = self._stored("tier_matrix", counted).set_index("tier_before")
        moved = self._stored("tier_moves", lambda: moves().customers).copy()
        found = Moves(tiering.day_before, self.settings.as_of, matrix, moved)
        return TierMoves(found, told, self.locale)

    @property
    def tiers_lack(self) -> str:
        """The table, or column of the profile, for want of which customers are not sorted; empty if they are."""
        return self._tiering.missing or ""

    @cached_property
    def _tiering(self) -> Tiering:
        """The rule of the params with its options, ready to sort."""
        return self._tiered(self.params)

    def _tiered(self, params: Params) -> Tiering:
        from cpm_core.customers.tiers import Tiering
        from cpm_core.hooks.agreement import tier_options

        rule, options = tier_options(params, self.registry)
        return Tiering(self._catalog, rule, options, params.settings_for())

    @property
    def _tier_value(self) -> Told:
        """What customers are sorted by, in words."""
        return self._told(self._tiering)

    def _told(self, tiering: Tiering) -> Told:
        from cpm_core.customers.tiers import told_of

        return told_of(tiering.rule.item, tiering.options, self.registry.profile_columns)

    def stages(self) -> pd.DataFrame:
        """One row a stage: customers now and on the last day of the period before, and their revenue of the year.

        No rows where customers have no stage, for want of a table that the rule reads.

        Raises:
            PluginError: The lifecycle rule failed.
        """
        return self._stored("stages", self._stages).copy()

    def _stages(self) -> pd.DataFrame:
        from cpm_core.customers.stage_moves import SUMMARY, summary

        customers = self.customers()
        if "stage" not in customers:
            return customers.head(0).reindex(columns=list(SUMMARY))
        return summary(customers, self._stages_before())

    def stage_moves(self) -> StageMovesView:
        """Who moved from which stage to which between the last day of the period before and the as-of day.

        Raises:
            MeasureError: Customers have no stage, for want of a table that the rule reads.
            PluginError: The lifecycle rule failed.
        """
        from cpm_core.customers.stage_moves import moves
        from cpm_core.report.stage_moves import StageMovesView

        customers, rule = self.customers(), self._lifecycle()[0].item
        if "stage" not in customers:
            missing = ", ".join(sorted(set(rule.reads) - self._catalog.delivered))
            raise MeasureError(
                f"nobody has a stage: lifecycle rule {rule.id!r} reads {missing}, which is not delivered"
            )
        found = moves(customers, self._stages_before(), self._day_before, self.settings.as_of)
        return StageMovesView(found, self.locale, self.params.currency)

    def _stages_before(self) -> pd.DataFrame:
        """The stage on the last day of the period before of everyone who was known by then."""
        from cpm_core.customers.stage_moves import held_before

        specs = {name: one.item for name, one in self.registry.tables.items()}
        rule, options = self._lifecycle()
        return self._stored(
            "stages_before",
            lambda: held_before(self._catalog, specs, rule, options, self.settings, self._day_before),
        )

    @property
    def _day_before(self) -> date:
        return self.period.start - timedelta(days=1)

    def cohorts(self, of: str = "customers") -> Cohorts:
        """What became of customers, or of their `revenue`, by the month of their first order.

        Args:
            of: `customers` (who bought in a month) or `revenue`.

        Raises:
            MeasureError: There are no orders.
            UsageError: There are no cohorts of that.
        """
        from cpm_core.report.cohort_view import cohorts_of

        return cohorts_of(self, self._catalog, of)

    def concentration(self, days: int | None = 365, of: str = "revenue") -> ConcentrationView:
        """How unequally customers bring revenue: Lorenz curve, Gini, top shares, whose loss would hurt most.

        Args:
            days: The days that end with the as-of day; None: all that there are, since the params' `since`.
            of: `revenue` (returns included) or `gross_sales`.

        Raises:
            MeasureError: There are no orders.
            UsageError: The number of days is not above zero, or there is no such measure.
        """
        from cpm_core.report.concentration_view import concentration_of

        return concentration_of(self, self._catalog, days, of)

    def _lifecycle(self) -> tuple[Provided[LifecycleRule], Any]:
        """The lifecycle rule and its options."""
        from cpm_core.hooks.agreement import options_of

        rule = self.registry.lifecycle_rules[self.params.lifecycle.rule]
        return rule, options_of(rule.item.options, self.params.lifecycle.options, self.params, ("lifecycle",), [])

    def plan(self) -> Plan:
        """Who gets which action of the params' `plan:`, chosen under its budget and hours, and why.

        Raises:
            UsageError: The params hold no plan.
            ParamsError: A condition is on a column that the profile does not have.
            PluginError: An action failed.
            MeasureError: There is nothing to weigh customers by.
        """
        from cpm_core.report.plan_view import no_plan, plan_of

        if self.params.plan is None:
            raise no_plan()
        return plan_of(self, self.customers(), self._stored("plan", self._planned).copy())

    def _planned(self) -> pd.DataFrame:
        from cpm_core.customers.plan import planned

        return planned(self.params, self.registry, self._catalog, self.customers(), self.locale)

    def value(self) -> ValueView:
        """What customers are worth: sums with intervals, the models' parameters, and their backtest.

        Raises:
            MeasureError: Neither orders nor contracts are delivered.
        """
        from cpm_core.report.value_view import value_of

        return value_of(self, self._catalog)

    def customer(self, customer_id: str) -> Customer:
        """Everything known of one customer: who, beside their tier, on a timeline, and the last rows.

        Raises:
            MeasureError: There is no such customer; the nearest ids are named.
        """
        from cpm_core.customers.one import one
        from cpm_core.report.customer_view import view_of

        known = one(self._catalog, str(customer_id), self.customers(), self.params.show_personal_data)
        return view_of(self, known)
