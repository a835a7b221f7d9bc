"""Whether a period can be judged: over, delivered, and its look-back covered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cpm_core.model.kpi import Kpi, Lookback
from cpm_core.model.periods import Period, labelled
from cpm_core.model.settings import Settings
from cpm_core.model.text import Text
from cpm_core.tables.prepared import TableStats

TRAILING_DAYS = 365

_RUNNING = Text(en="the period is not over on {as_of}", zh="截至 {as_of} 周期尚未结束")
_UNDELIVERED = Text(en="{table} is delivered until {reaches} only", zh="{table} 的数据只到 {reaches}")
_LOOKBACK = Text(
    en="its look-back is not covered: it needs {table} from {needs}, the data starts on {starts}",
    zh="回溯期数据不足：需要自 {needs} 起的 {table} 数据，而数据始于 {starts}",
)
_UNLABELLED = Text(
    en="tiers and stages are looked up for the as-of period, the one before and the one a year before only "
    "(`tier_history: true` for all)",
    zh="客户等级与阶段只追溯至报告期、上一期和去年同期（如需全部周期，请设置 `tier_history: true`）",
)
_BEGINS = Text(en="{table} starts on {starts}, within the period", zh="{table} 数据始于 {starts}，在该周期之内")
_BEFORE = Text(en="{table} starts on {starts}", zh="{table} 数据始于 {starts}")


@dataclass(frozen=True)
class Completeness:
    """Of one KPI in one period.

    Attributes:
        reason: Why the period is not complete; None if it is.
        measurable: False where the figure would be wrong, not only preliminary.
    """

    reason: Text | None = None
    measurable: bool = True


def completeness(kpi: Kpi, period: Period, tables: Sequence[TableStats], settings: Settings) -> Completeness:
    """Judge one period for a KPI that reads ``tables``."""
    if kpi.lookback == "labels" and not labelled(settings, (period,)):
        return Completeness(_UNLABELLED, measurable=False)
    return _covered(kpi, period, tables, settings)


def _covered(kpi: Kpi, period: Period, tables: Sequence[TableStats], settings: Settings) -> Completeness:
    """Judge one period by what was delivered."""
    for table in tables:
        starts = _starts(table, settings)
        if starts is None:
            continue
        if period.end <= starts:
            return Completeness(_BEFORE.format(table=table.table, starts=starts), measurable=False)
        needs = _needs(kpi.lookback, period, settings)
        if needs is not None and needs < starts:
            reason = _LOOKBACK.format(table=table.table, needs=needs, starts=starts)
            return Completeness(reason, measurable=False)
    if period.last_day > settings.as_of:
        return Completeness(_RUNNING.format(as_of=settings.as_of))
    for table in tables:
        reaches, starts = table.reaches, _starts(table, settings)
        if reaches is not None and reaches < period.last_day:
            return Completeness(_UNDELIVERED.format(table=table.table, reaches=reaches))
        if starts is None or period.start >= starts:
            continue
        # `since` cuts rows off; a table's own first row may be late because nothing happened before it.
        cut = settings.since is not None and period.start < settings.since
        if cut or (starts - period.start).days > table.longest_gap:
            return Completeness(_BEGINS.format(table=table.table, starts=starts))
    return Completeness()


def _starts(table: TableStats, settings: Settings) -> date | None:
    """The first day of a table's history."""
    if table.first_day is None:
        return None
    return max(table.first_day, settings.since) if settings.since else table.first_day


def _needs(lookback: Lookback, period: Period, settings: Settings) -> date | None:
    """The first day that a look-back reads."""
    if lookback == "activity":
        return period.start - timedelta(days=settings.activity_days)
    if lookback == "trailing_year":
        return min(period.last_day, settings.as_of) - timedelta(days=TRAILING_DAYS - 1)
    if lookback == "contracts":
        from_end = min(period.last_day, settings.as_of) - timedelta(days=TRAILING_DAYS)
        return from_end if settings.nrr_window == "year" else period.start - timedelta(days=1)
    if lookback == "year":
        # Who bought within `activity_days` is told of these too: none is back who may never have been away.
        return period.start - timedelta(days=max(TRAILING_DAYS, settings.activity_days))
    return None
