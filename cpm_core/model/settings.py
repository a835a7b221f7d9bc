"""The conventions of the KPI book that a workbook may choose, with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from cpm_core.model.calendar import Calendar, Sla
from cpm_core.model.value import Value

PeriodName = Literal["day", "week", "month", "quarter", "year"]


@dataclass(frozen=True)
class Settings:
    """What KPI and table functions may read. Days are whole local days."""

    as_of: date
    """The last day that counts; nothing after it exists."""
    since: date | None = None
    """The first day that exists; None: all."""
    period: PeriodName = "month"
    history: int = 24
    """Periods shown; the year before them is measured too."""
    year_starts: int = 1
    """Month in which quarters and years start."""
    timezone: str = "UTC"
    currency: str = ""
    activity_days: int = 90
    """A customer is active on day d with a sale in (d - activity_days, d]."""
    survey_window_days: int = 14
    """Days within which an answer to a survey counts as a response."""
    survey_unit: Literal["answer", "customer"] = "answer"
    """Whether each answer counts, or each customer's last one of the period."""
    conversion_days: int = 90
    """Days within which a first sale makes a new contact a converted one."""
    resolution_window_days: int = 7
    """Days within which a ticket's resolution counts for the resolution rate."""
    min_cost_coverage: float = 0.9
    """Below this share of revenue with a cost there is no margin."""
    nrr_window: Literal["year", "period"] = "year"
    """Revenue retention looks back 365 days, or to the day before the period."""
    cost_centers: tuple[str, ...] | None = None
    """Cost centres of customer care; None: all that the costs table names."""
    coverage_tiers: tuple[str, ...] = ("VIP", "key")
    """The tiers whose customers somebody should be in touch with in every period."""
    point_value: float | None = None
    """Money that one loyalty point is worth when redeemed."""
    breakage: float = 0.0
    """Share of points expected never to be redeemed."""
    min_n: int = 5
    """Below this number of rows a Ratio, Mean or Quantile is `few`."""
    confidence: float = 0.95
    """Of the intervals of figures: the share of intervals that hold the true value."""
    calendar: Calendar = field(default_factory=Calendar)
    """The hours that count for response and resolution times."""
    sla: Sla = field(default_factory=Sla)
    """The times within which tickets should be answered and resolved."""
    value: Value = field(default_factory=Value)
    """How the value of customers is worked out."""
    tier_history: bool = False
    """Whether customers are labelled with tier and stage before every period, not the compared ones alone."""
    tier_margin: float = 0.10
    """A customer keeps a higher tier down to this share below its limit."""
    tier_capacity: Mapping[str, int] = field(default_factory=dict)
    """The most customers that a tier takes."""

    def __hash__(self) -> int:
        """Of what mostly differs: mappings have no hash."""
        return hash((self.as_of, self.since, self.period, self.history, self.timezone))
