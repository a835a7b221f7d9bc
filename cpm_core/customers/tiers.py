"""Sort customers into tiers by the rule that the params choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cpm_core.customers.asking import Asked, ask, without
from cpm_core.customers.cuts import LOWEST, Numbers, ranks
from cpm_core.customers.hysteresis import Standing, replayed
from cpm_core.customers.profile import PROFILE
from cpm_core.customers.reasons import Words
from cpm_core.customers.rule_values import RuleValues
from cpm_core.customers.tier_moves import Compared, Moves
from cpm_core.hooks.registry import Provided
from cpm_core.model.errors import MeasureError, PluginError
from cpm_core.model.periods import Period, before, period_of
from cpm_core.model.profile import PROFILE_COLUMNS, Told
from cpm_core.model.rules import TIERS, AtLeast, Cut, ProfileColumn, ShareOfValue, TierRule, TopShare
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import pandas as pd

REPLAYED = 12
"""Periods before the day through which tiers are followed, whatever is shown."""
WHY = ("nothing", "cut", "kept", "full")
"""`why` by its code: no positive value; the cut; held the tier, and is within the margin; a higher tier is full."""


@dataclass(frozen=True, eq=False)
class Tiering:
    """A workbook's tables, sorted by one rule with its options."""

    catalog: Catalog
    rule: Provided[TierRule]
    options: Any
    settings: Settings

    @property
    def missing(self) -> str | None:
        """The table, or column of the profile, for want of which nobody is sorted; None: nothing is missing.

        Raises:
            PluginError: A column that the rule needs failed.
        """
        reads = [table for table in self.rule.item.reads if table not in self.catalog.delivered]
        named = self.rule.item.columns(self.options).values() if self.rule.item.columns else ()
        profile = self.catalog.schema(PROFILE)
        failed = [self.catalog.failures.column(name) for name in named if name not in profile]
        for broken in filter(None, failed):
            raise without(f"tier rule {self.rule.item.id!r} of {self.rule.provider!r}", self.rule.where, broken)
        return next(iter([*reads, *(f"{PROFILE}.{name}" for name in named if name not in profile)]), None)

    def required(self) -> None:
        """See that customers can be sorted.

        Raises:
            MeasureError: A table or column is missing.
        """
        if self.missing is not None:
            raise MeasureError(f"customers are not sorted into tiers: {self.missing} is not delivered")

    @cached_property
    def cut(self) -> Cut:
        """Where the rule cuts.

        Raises:
            PluginError: It does not say so for every tier but the lowest, from the highest down.
        """
        rule = self.rule
        name = f"tier rule {rule.item.id!r} of {rule.provider!r}"
        cut = ask(Asked(rule, name, rule.item.cut, lambda: rule.item.cut(self.options)), self.catalog)
        if not isinstance(cut, TopShare | ShareOfValue | AtLeast):
            what = f"{name} gave a {type(cut).__name__} for a cut"
            raise PluginError(what, where=rule.where, fix="Return a TopShare, ShareOfValue or AtLeast of cpm_core.api.")
        limits = cut.limits if isinstance(cut, AtLeast) else cut.shares
        if set(limits) != set(TIERS[:-1]):
            what = f"{name} cuts {', '.join(map(str, limits)) or 'nothing'}"
            raise PluginError(
                what, where=rule.where, fix=f"Cut {' and '.join(TIERS[:-1])}; all others are {TIERS[-1]}."
            )
        downwards = [limits[tier] for tier in TIERS[:-1]]
        in_order = sorted(downwards, reverse=isinstance(cut, AtLeast))
        if downwards != in_order or min(downwards) <= 0 or (not isinstance(cut, AtLeast) and max(downwards) > 1):
            what = f"{name} cuts {', '.join(f'{tier} at {limits[tier]}' for tier in TIERS[:-1])}"
            fix = "A higher tier has the larger limit, or the smaller share; shares are above 0 and at most 1."
            raise PluginError(what, where=rule.where, fix=fix)
        return cut

    @cached_property
    def worth(self) -> RuleValues:
        """The rule's values on any day."""
        return RuleValues(self.catalog, self.rule, self.options, self.settings)

    def standing(self, day: date) -> Standing:
        """Every customer's tier at the end of a day, followed through the periods before it."""
        days = self._followed(day)
        self.worth.work_out(days)
        values = (self.worth.on(one) for one in days)
        return replayed(values, self.cut, self.settings.tier_margin, self.settings.tier_capacity)

    def work_out(self, days: Iterable[date]) -> None:
        """Have the values for :meth:`standing` on some days worked out together."""
        if self.missing is None:
            self.worth.work_out(one for day in days for one in self._followed(day))

    def _followed(self, day: date) -> tuple[date, ...]:
        """The days through which tiers are followed to a day, oldest first."""
        settings, period = self.settings, self._period(day)
        back = range(REPLAYED, 0, -1) if settings.tier_margin else ()
        ends = (before(period, settings.period, count, settings.year_starts).last_day for count in back)
        return (*ends, day)

    def _period(self, day: date) -> Period:
        return period_of(day, self.settings.period, self.settings.year_starts)

    @property
    def day_before(self) -> date:
        """The last day of the period before the workbook's."""
        settings = self.settings
        return before(self._period(settings.as_of), settings.period, 1, settings.year_starts).last_day

    @cached_property
    def now(self) -> Standing:
        """The standing of the workbook's own day."""
        return self.standing(self.settings.as_of)

    def frame(self, day: date) -> pd.DataFrame:
        """Every customer's tier at the end of a day, in the order of customer_id.

        Columns: `customer_id`, `tier`, `value` (NaN: none), `rank` (missing without a positive value), `why` (see
        `WHY`), `next_tier` and `to_next` (what is lacking to it, in the value's unit; NaN in the highest). No rows
        where a table that the rule reads is not delivered (:attr:`missing`).

        Raises:
            PluginError: The rule failed.
        """
        import pandas as pd

        if self.missing is not None:
            return pd.DataFrame(columns=["customer_id", "tier", "value", "rank", "why", "next_tier", "to_next"])
        standing = self.standing(day)
        return self._framed(standing, ranks(standing.worth), gaps(standing))

    def _framed(self, standing: Standing, rank: Numbers, gap: Numbers) -> pd.DataFrame:
        import pandas as pd

        above = np.array([None, *TIERS], dtype=object)
        places = pd.array(rank, dtype="Int64")
        places[rank == 0] = pd.NA
        return pd.DataFrame(
            {
                "customer_id": self.worth.ids.to_pandas(),
                "tier": np.array(TIERS, dtype=object)[standing.tier],
                "value": standing.worth.plain(),
                "rank": places,
                "why": np.array(WHY, dtype=object)[standing.why],
                "next_tier": above[standing.tier],
                "to_next": gap,
            }
        )

    def moves(self, known: Numbers, told: Told, locale: Locale) -> Moves:
        """Who came up and who fell between the last day of the period before and the workbook's own.

        Args:
            known: Who of :attr:`RuleValues.ids` was known on the earlier day.
            told: What the rule sorts by, in words.
            locale: The language of the reasons.
        """
        compared = Compared(self.standing(self.day_before), self.now, self.worth.ids, known)
        moved = compared.moved(told, self.settings, locale)
        return Moves(self.day_before, self.settings.as_of, compared.matrix(), moved)

    def worded(self, told: Told, locale: Locale) -> pd.DataFrame:
        """The tiers of the workbook's own day, with `reason` and `next_step` in words."""
        standing = self.now
        rank, gap = ranks(standing.worth), gaps(standing)
        words = Words(standing, self.cut, told, self.settings, locale).of_all(rank, gap)
        found = self._framed(standing, rank, gap)
        found["reason"], found["next_step"] = (words[name].to_pandas() for name in ("reason", "next_step"))
        return found


def gaps(standing: Standing) -> Numbers:
    """What each customer lacks to the tier above, in the value's unit; NaN where there is none, or no value."""
    found = np.full(len(standing.tier), np.nan)
    for index in range(1, LOWEST + 1):
        entry = standing.entries[index - 1]
        if entry is not None:
            mine = (standing.tier == index) & standing.worth.known
            found[mine] = (entry - standing.worth.numbers[mine]) / 10**standing.worth.scale
    return found


def told_of(rule: TierRule, options: Any, columns: Mapping[str, Provided[ProfileColumn]]) -> Told:
    """What a rule sorts by, in words, and its unit: its own, or those of the one column that its options name."""
    named = [*rule.columns(options).values()] if rule.columns else []
    told = Told(rule.title, "number")
    if len(named) == 1:
        plugin = columns.get(named[0])
        told = Told(plugin.item.title, plugin.item.unit) if plugin else PROFILE_COLUMNS[named[0]]
    return Told(rule.value_title or told.title, rule.unit or told.unit)


def assign(tiering: Tiering, told: Told, locale: Locale) -> pd.DataFrame:
    """The profile of every customer with tier, value, rank, the reason in words, and what would lift them.

    In the order of tiers and ranks. Without a table that the rule reads, the profile alone: there is nothing to sort by.

    Raises:
        PluginError: The rule failed.
    """
    import pandas as pd

    profile = tiering.catalog.unbound(PROFILE)
    money = {name: profile[name].cast("float64") for name, kind in profile.schema().items() if kind.is_decimal()}
    plain = profile.mutate(**money).drop("as_of").order_by("customer_id")
    customers = tiering.catalog.engine.frame(plain)
    if tiering.missing is not None:
        return customers
    labels = tiering.worded(told, locale)
    order = np.lexsort((labels["rank"].fillna(len(labels) + 1), labels["tier"].map(TIERS.index)))
    both = pd.concat([customers, labels.drop(columns="customer_id")], axis=1)
    return both.iloc[order].reset_index(drop=True)
