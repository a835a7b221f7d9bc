"""What a report is made of: the workbook fills it, the sections only read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cpm_core.customers.stage_moves import SUMMARY
from cpm_core.model.kpi import Kpi
from cpm_core.model.periods import Period
from cpm_core.model.profile import Told
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.report.plan_view import Plan
    from cpm_core.report.tier_moves import TierMoves


@dataclass(frozen=True, eq=False)
class ReportData:
    """Everything that a reader is shown, as plain frames. Words in frames are in ``locale`` already."""

    workbook: str
    title: Text
    locale: Locale
    currency: str
    """ISO 4217 code of all money; empty: none is shown."""
    settings: Settings
    period: Period
    """The period that the as-of day lies in."""
    kpis: tuple[Kpi, ...]
    """The shown ones, in order."""
    facts: pd.DataFrame
    """`cpm_core.model.facts.FACT_COLUMNS`; the total has an empty slice and member."""
    scorecard: pd.DataFrame
    """`SCORECARD_COLUMNS`, one row a shown KPI."""
    quality: pd.DataFrame
    """`QUALITY_COLUMNS`, one row a base table."""
    rejects: pd.DataFrame
    """`table, source, reason, title, rows`: counts, one row a table and reason."""
    targets: pd.DataFrame | None = None
    """`TARGET_COLUMNS`: one row a figure that has a target, of any period and member."""
    tiers: pd.DataFrame | None = None
    """`TIER_COLUMNS`, one row a tier, highest first."""
    tier_amount: Told | None = None
    """What is shared out among tiers, in words; None: revenue of the trailing year."""
    tiers_lack: str = ""
    """The table or column for want of which customers are not sorted."""
    tier_moves: TierMoves | None = None
    """Who came up and who fell."""
    stages: pd.DataFrame | None = None
    """`STAGE_COLUMNS`, one row a stage."""
    customers: pd.DataFrame | None = None
    """`customer_id, tier, value, reason` and what else is known of each."""
    plan: Plan | None = None
    """Who gets which action; None: the params plan nothing."""
    beside: tuple[Kpi, ...] = ()
    """KPIs that are told beside the shown ones, with facts of their own."""
    slices: tuple[str, ...] = ()
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The members by column that the report is restricted to; empty: it is of all."""
    events: tuple[tuple[date, Text], ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences for the footer, in ``locale``."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Nested plain data: parameters, plugins, sources, versions, timings."""

    @cached_property
    def providers(self) -> Mapping[str, tuple[str, str]]:
        """Who defines each KPI that has facts: provider and version."""
        rows = self.facts[["kpi", "provider", "version"]].drop_duplicates("kpi").itertuples(index=False, name=None)
        return {str(kpi): (str(provider), str(version)) for kpi, provider, version in rows}

    @cached_property
    def goals(self) -> Mapping[str, Mapping[str, tuple[float, float]]]:
        """Lower and upper end of the targets of totals, by KPI and period; NaN: no such end."""
        found: dict[str, dict[str, tuple[float, float]]] = {}
        if self.targets is not None:
            mine = self.targets.loc[self.targets["slice"] == "", ["kpi", "period", "target_low", "target_high"]]
            for kpi, period, low, high in mine.itertuples(index=False, name=None):
                found.setdefault(str(kpi), {})[str(period)] = (low, high)
        return found


SCORECARD_COLUMNS: tuple[str, ...] = (
    *("kpi", "title", "unit", "better", "period", "value", "low", "high", "n", "numerator", "denominator"),
    *("state", "reason", "complete", "complete_reason", "target_low", "target_high", "status"),
    *("previous_period", "previous", "change", "change_low", "change_high", "change_reason"),
    *("year_period", "year_ago", "year_change", "year_reason", "change_significant"),
    *("year_significant", "signal", "signal_basis", "signal_reason", "provider", "version"),
)
"""``change`` is value - previous, NaN if the two cannot be compared; ``status`` is `met`, `missed`, `close`
(the interval straddles the target) or empty; ``signal`` is `above`, `below`, `run above`, `run below` or empty,
``signal_basis`` what it was seen in: `level`, or `year` for the change on the year before."""

TARGET_COLUMNS: tuple[str, ...] = ("kpi", "period", "slice", "member", "target_low", "target_high", "status")
"""``status`` is as in the scorecard; the total's slice and member are empty."""

TIER_COLUMNS: tuple[str, ...] = (
    *("tier", "customers", "customers_share", "value", "value_share", "kept", "start", "cut", "reason"),
)
"""Shares are fractions; ``kept`` are customers who stay by the margin; ``start`` is where the tier starts by the cut
alone; ``cut`` and ``reason`` (an example) are words."""

STAGE_COLUMNS: tuple[str, ...] = SUMMARY
"""Shares are fractions; ``before`` is the number at the end of the period before; ``reason`` (an example) is words."""

QUALITY_COLUMNS: tuple[str, ...] = (
    *("table", "source", "delivered", "kept", "rejected", "duplicates", "not_yet", "before_since"),
    *("first_day", "last_day", "loaded_until"),
)
