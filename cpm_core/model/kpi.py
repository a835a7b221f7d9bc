"""A KPI's definition, and the decorator that makes one of a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text

Unit = Literal["money", "count", "percent", "number", "points", "hours", "days", "score"]
Better = Literal["higher", "lower", "neither"]
CHAPTERS: Mapping[str, Text] = {
    "sales": Text(en="Sales", zh="销售"),
    "customers": Text(en="Customers", zh="客户"),
    "satisfaction": Text(en="Satisfaction", zh="满意度"),
    "service": Text(en="Service", zh="服务"),
    "value": Text(en="Value of the effort", zh="投入产出"),
    "contracts": Text(en="Contracts", zh="合同"),
    "loyalty": Text(en="Loyalty programme", zh="会员积分"),
    "other": Text(en="Other", zh="其他"),
}
"""Chapters of the KPI book, in its order."""
Lookback = Literal["none", "activity", "trailing_year", "year", "contracts", "labels"]
"""How much history before a period a KPI needs: `activity_days`, the 365 days that end with the
period, 365 days (or `activity_days`, if more) before it starts, or the start of `nrr_window`.
`labels`: that customers were labelled with tier and stage on the day before."""


@dataclass(frozen=True)
class Kpi:
    """A key performance indicator: what it is called, how it is measured, what it needs."""

    id: str
    title: Text
    unit: Unit
    better: Better
    compute: Callable[..., Any]
    description: str = ""
    table: str | None = None
    """The base or derived table; None for a KPI derived from others."""
    at: str | None = None
    """The column that dates each row."""
    reads: tuple[str, ...] = ()
    """Base tables that it needs beside those that its columns come from (optional parts of ``table``)."""
    lookback: Lookback = "none"
    stock: bool = False
    """A figure of the period's end (or a trailing year): never added over periods."""
    hidden: bool = False
    """Measured for others that derive from it, not shown."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Attributes beyond the table's spec that a source must map, and their types."""
    group: str = "other"
    """The chapter of the KPI book."""
    optional: tuple[str, ...] = ()
    """Base columns (`tickets.closed_at`) that refine it, and that it can do without; tables (`costs`) that count
    as nothing where they are not delivered, which its figures then say."""
    needs: tuple[str, ...] = ()
    """Conventions without a default (`point_value`, `sla.response`) that the params must set; else it is `no data`."""
    beside: tuple[str, ...] = ()
    """KPIs that are told beside it wherever it is shown, such as the response rate of a survey score."""
    described_zh: str = ""
    """The description in Chinese; the docstring is the English one."""
    source: str = ""
    """The paper or standard that the definition follows."""
    factors: tuple[str, ...] = ()
    """KPIs whose product it is; `1 - return_rate` stands for what a share leaves."""
    says: Callable[[Settings], Text | None] | None = None
    """Tells the conventions that its figures rest on (`active: a sale within 90 days`), for under its title."""
    replaces: str = ""
    """The plugin whose contribution of the same id this one takes the place of; empty: it is a new one."""

    def overlaps(self, settings: Settings) -> bool:
        """Whether its figure of a period shares a year's days with that of the period before."""
        if settings.period == "year":
            return False
        yearly_contracts = self.lookback == "contracts" and settings.nrr_window == "year"
        return self.lookback == "trailing_year" or yearly_contracts

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names that the function asks for: tables (and `settings`), or KPI ids if derived."""
        return tuple(inspect.signature(self.compute).parameters)

    @property
    def place(self) -> int:
        """Where its chapter stands; that of a plugin's own comes last."""
        return list(CHAPTERS).index(self.group) if self.group in CHAPTERS else len(CHAPTERS)

    @property
    def chapter(self) -> Text:
        """The title of its chapter."""
        own = self.group[:1].upper() + self.group[1:]
        return CHAPTERS.get(self.group, Text(en=own, zh=own))

    def described(self, locale: Locale) -> str:
        """The definition in words; empty where the KPI's author has not written it in that language."""
        return self.described_zh if locale == "zh" else self.description


def kpi(
    *,
    title: Text | Mapping[str, str],
    unit: Unit,
    better: Better,
    table: str | None = None,
    at: str | None = None,
    reads: tuple[str, ...] = (),
    lookback: Lookback = "none",
    stock: bool = False,
    hidden: bool = False,
    columns: Mapping[str, str] | None = None,
    group: str = "other",
    optional: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
    beside: tuple[str, ...] = (),
    described_zh: str = "",
    source: str = "",
    factors: tuple[str, ...] = (),
    says: Callable[[Settings], Text | None] | None = None,
    replaces: str = "",
) -> Callable[[Callable[..., Any]], Kpi]:
    """Make a KPI of a function that returns a measure; the function's name is the KPI's id.

    Args:
        title: In both languages, ``{"en": ..., "zh": ...}``.
        unit: What the value counts; `percent` values are fractions (0.9 is 90 %).
        better: The direction that is good.
        table: Base or derived table; left out, the arguments name the KPIs it derives from.
        at: The column of ``table`` that dates each row.
        reads: Base tables that it needs beside those that its columns come from.
        lookback: History that it needs before a period.
        stock: A figure of the period's end, never added over periods.
        hidden: A part of others, not shown by itself.
        columns: Attributes that a source must map, with their types.
        group: Chapter of the KPI book.
        optional: Base columns (`tickets.closed_at`) and tables (`costs`) that it can do without.
        needs: Conventions without a default that the params must set.
        beside: KPIs that are told beside it.
        described_zh: The docstring in Chinese.
        source: The paper or standard that it follows.
        factors: KPIs whose product it is.
        says: Tells the conventions that its figures rest on; None where there is nothing to tell.
        replaces: The plugin whose KPI of the same id this one takes the place of, as `builtin.kpis.sales`.

    Raises:
        ValueError: A language of the title is missing, or ``table`` comes without ``at``.
    """

    def mark(compute: Callable[..., Any]) -> Kpi:
        if (table is None) != (at is None):
            raise ValueError(f"KPI {compute.__name__!r}: 'table' and 'at' go together")
        return Kpi(
            id=compute.__name__,
            title=Text.of(title),
            unit=unit,
            better=better,
            compute=compute,
            description=inspect.cleandoc(compute.__doc__ or ""),
            table=table,
            at=at,
            reads=reads,
            lookback=lookback,
            stock=stock,
            hidden=hidden,
            columns=dict(columns or {}),
            group=group,
            optional=optional,
            needs=needs,
            beside=beside,
            described_zh=described_zh,
            source=source,
            factors=factors,
            says=says,
            replaces=replaces,
        )

    return mark
