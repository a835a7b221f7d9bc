"""The two periods of a change, what is known of their difference, and what it is explained from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cpm_core.measure.compile import Compiled
from cpm_core.measure.facts import Measured, measure
from cpm_core.model.errors import MeasureError, UsageError
from cpm_core.model.names import nearest
from cpm_core.model.periods import Period, before, parse_label, year_before
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text
from cpm_core.scorecard import build
from cpm_core.scorecard.changes import Change
from cpm_core.scorecard.sides import with_rows
from cpm_core.scorecard.unexplained import unexplained
from cpm_core.tables.derive import Catalog


@dataclass(frozen=True)
class Ground:
    """What a change is explained from.

    Attributes:
        compiled: The KPI, its parts and its factors.
        catalog: The tables.
        periods: The measured periods, oldest first.
        slices: What the workbook is sliced by.
        events: What happened on which day.
    """

    compiled: Mapping[str, Compiled]
    catalog: Catalog
    periods: Sequence[Period]
    slices: Sequence[str]
    events: Sequence[tuple[date, Text]]
    settings: Settings
    locale: Locale


@dataclass(frozen=True)
class Compared:
    """The two figures, and what is known of their difference.

    Attributes:
        change: The difference; its p-value where it can be tested.
        noise: Whether the change is no more than chance; None where nothing can be said.
        basis: What says so: `test` (two samples), or the XmR chart of its `level` or of its change on the `year`
            before; `season` where that chart judges another change than the one asked for.
    """

    then: Period
    now: Period
    change: Change
    noise: bool | None
    basis: str


def year_ago(ground: Ground, period: Period) -> Period:
    """The same period of the year before."""
    return year_before(period, ground.settings.period, ground.settings.year_starts)


def other_period(ground: Ground, name: str, period: Period, against: str | None) -> Period:
    """The period that is compared with."""
    settings = ground.settings
    yearly = ground.compiled[name].kpi.overlaps(settings)
    if against is None:
        against = "year" if yearly else "previous"
    if against == "year":
        return year_ago(ground, period)
    if against == "previous":
        other = before(period, settings.period, 1, settings.year_starts)
    else:
        other = _named(against, settings)
    if other >= period:
        raise UsageError(f"{other.label} does not lie before {period.label}", fix="Compare with an earlier period.")
    if yearly and other > year_ago(ground, period):
        raise MeasureError(
            f"{name!r} covers a year, so that {other.label} and {period.label} overlap", fix='Say against="year".'
        )
    return other


def _named(against: str, settings: Settings) -> Period:
    try:
        return parse_label(against, settings.period, settings.year_starts)
    except UsageError as error:
        wrong = error.problems[0]
        near = nearest(against, ("previous", "year"))
        raise UsageError(wrong.what, nearest=near, fix=f"{wrong.fix} Or say previous, or year.") from None


def compare(ground: Ground, name: str, now: Period, then: Period) -> Compared:
    """The change, tested as the scorecard does.

    Raises:
        MeasureError: One of the two figures is incomplete or is not there, with the reason.
    """
    first = ground.periods[0] if ground.periods else now
    found = measured(ground, {name, *ground.compiled[name].parts}, [min(first, then), now], ())
    series = build.series_of(found, ground.compiled[name])
    change, reason = build.compared(series, now, then, ground.settings, ground.locale, "")
    if reason:
        told = Text(en=reason, zh=reason)  # in the workbook's language already
        raise unexplained(f"a change of {name!r} cannot be explained: {{reason}}", told)
    if math.isfinite(change.p):
        return Compared(then, now, change, change.p >= 1 - ground.settings.confidence, "test")
    verdict = build.verdict_of(series, now, ground.settings, ground.locale)
    noise = None if math.isnan(verdict.low) else not verdict.signal
    # The chart of yearly changes says nothing of a change since last month, but that the season may explain it.
    basis = "season" if verdict.basis == "year" and then != year_ago(ground, now) else verdict.basis
    return Compared(then, now, change, noise, basis)


def measured(ground: Ground, names: set[str], span: Sequence[Period], by: Sequence[str]) -> Measured:
    """Figures of all periods from the first to the last of a span.

    Raises:
        MeasureError: The engine failed, with its words.
    """
    first, last = min(span), max(span)
    periods = [one for one in ground.periods if first <= one <= last]
    wanted = with_rows(sorted(names), ground.compiled)
    found = measure(wanted, ground.catalog, periods, by, ground.settings, ground.locale)
    if found.failures:
        raise MeasureError([one.problem for one in found.failures])
    return found


def events_between(ground: Ground, compared: Compared) -> tuple[tuple[date, Text], ...]:
    """What happened from the first day of the earlier period to the last of the later."""
    days = [one for one in ground.events if compared.then.start <= one[0] < compared.now.end]
    return tuple(sorted(days, key=lambda one: one[0]))
