"""Why a figure moved: the change between two periods, split so that its parts add up to it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from cpm_core.measure import slices
from cpm_core.measure.compile import Compiled
from cpm_core.measure.facts import Measured, measure
from cpm_core.model.errors import MeasureError, UsageError
from cpm_core.model.kpi import Kpi
from cpm_core.model.names import nearest
from cpm_core.model.periods import Period, before, parse_label, year_before
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text
from cpm_core.scorecard import build, chance, split
from cpm_core.scorecard.additive import Sums, check_members, sums_of
from cpm_core.scorecard.candidates import AtHand, at_hand
from cpm_core.scorecard.changes import Change, benjamini_hochberg
from cpm_core.scorecard.sides import TOLERANCE, Reader, Sides, with_rows
from cpm_core.tables.derive import Catalog

Kind = Literal["sum", "ratio", "factors"]
COLUMNS = (
    *("member", "before", "after", "weight_before", "weight_after", "mix", "rate", "part", "share"),
    *("p", "significant"),
)
"""Of `Explained.frame`. ``share`` is the part over the whole change; ``p`` how likely chance alone brings a
part so far from the member's share of the change, ``significant`` whether that survives Benjamini-Hochberg."""
TRIED_COLUMNS = ("slice", "members", "explained", "by_chance", "beyond", "significant", "mix_significant")
"""Of `Explained.tried`: how much of the change the slice explains, in the figure's unit, how much of that chance
would bring, the difference, how many members stand out, and whether their mix does; see `chance`."""


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


@dataclass(frozen=True, eq=False)
class Explained:
    """A change and its parts.

    Attributes:
        kpi: Whose change.
        compared: The two periods.
        kind: `sum` (contributions), `ratio` (mix and rate) or `factors` (of a product).
        slice: What it is split by; empty for factors.
        before, after: The figure; the parts add up to their difference.
        frame: One row a member, or a factor, the largest part first; columns are `COLUMNS`.
        tried: One row a slice that was tried, the best first; columns are `TRIED_COLUMNS`.
        left_out: Slices at hand that were not tried.
        events: What happened from the first day of the one period to the last of the other.
    """

    kpi: Kpi
    compared: Compared
    kind: Kind
    slice: str
    before: float
    after: float
    frame: pd.DataFrame
    tried: pd.DataFrame
    left_out: int
    events: tuple[tuple[date, Text], ...]

    @property
    def change(self) -> float:
        """The whole change."""
        return self.after - self.before

    @property
    def stands_out(self) -> bool:
        """Whether a member, or the mix of all, brought more than chance would."""
        best = self.tried.head(1)
        return bool((best["significant"] > 0).any() or best["mix_significant"].any())


def explain(
    ground: Ground, name: str, slice_: str | None, period: Period, against: str | None, *, factors: bool = False
) -> Explained:
    """Split the change of a KPI, as `cpm_core.workbook.Workbook.why` says.

    Raises:
        MeasureError: The KPI's change does not split, not by this slice, or not between these periods.
        UsageError: There is no such period to compare with.
    """
    compared = _compare(ground, name, period, _other(ground, name, period, against))
    if factors:
        return _by_factors(ground, name, compared)
    sums = sums_of(name, ground.compiled)
    if slice_ is None:
        names = at_hand(name, sums, ground.compiled, ground.catalog, ground.slices)
        if not names.names:
            raise MeasureError(f"there is no slice at hand by which a change of {name!r} splits")
    else:
        _check_slice(ground, name, slice_, sums)
        names = AtHand((slice_,), 0)
    span = [compared.then, compared.now]
    if sums.year_back:
        span += [_year(ground, one) for one in span]
    measured = _measure(ground, {name, *sums.kpis}, span, names.names)
    reader = Reader(measured, ground.compiled[name], sums, compared.then, compared.now, ground.settings)
    return _best(ground, name, compared, {one: reader.sides(one) for one in names.names}, names.left_out)


# What is compared --------------------------------------------------------------------------------------


def _year(ground: Ground, period: Period) -> Period:
    return year_before(period, ground.settings.period, ground.settings.year_starts)


def _other(ground: Ground, name: str, period: Period, against: str | None) -> Period:
    """The period that is compared with."""
    settings = ground.settings
    yearly = ground.compiled[name].kpi.overlaps(settings)
    if against is None:
        against = "year" if yearly else "previous"
    if against == "year":
        return _year(ground, period)
    if against == "previous":
        other = before(period, settings.period, 1, settings.year_starts)
    else:
        other = parse_label(against, settings.period, settings.year_starts)
    if other >= period:
        raise UsageError(f"{other.label} does not lie before {period.label}", fix="Compare with an earlier period.")
    if yearly and other > _year(ground, period):
        raise MeasureError(
            f"{name!r} covers a year, so that {other.label} and {period.label} overlap", fix='Say against="year".'
        )
    return other


def _compare(ground: Ground, name: str, now: Period, then: Period) -> Compared:
    """The change, tested as the scorecard does.

    Raises:
        MeasureError: One of the two figures is incomplete or is not there, with the reason.
    """
    first = ground.periods[0] if ground.periods else now
    measured = _measure(ground, {name, *ground.compiled[name].parts}, [min(first, then), now], ())
    series = build.series_of(measured, ground.compiled[name])
    change, reason = build.compared(series, now, then, ground.settings, ground.locale, "")
    if reason:
        raise MeasureError(f"a change of {name!r} cannot be explained: {reason}")
    if math.isfinite(change.p):
        return Compared(then, now, change, change.p >= 1 - ground.settings.confidence, "test")
    verdict = build.verdict_of(series, now, ground.settings, ground.locale)
    noise = None if math.isnan(verdict.low) else not verdict.signal
    # The chart of yearly changes says nothing of a change since last month, but that the season may explain it.
    basis = "season" if verdict.basis == "year" and then != _year(ground, now) else verdict.basis
    return Compared(then, now, change, noise, basis)


def _measure(ground: Ground, names: set[str], span: Sequence[Period], by: Sequence[str]) -> Measured:
    """Figures of all periods from the first to the last of a span.

    Raises:
        MeasureError: The engine failed, with its words.
    """
    first, last = min(span), max(span)
    periods = [one for one in ground.periods if first <= one <= last]
    wanted = with_rows(sorted(names), ground.compiled)
    found = measure(wanted, ground.catalog, periods, by, ground.settings, ground.locale)
    if found.failures:
        raise MeasureError(found.failures)
    return found


def _check_slice(ground: Ground, name: str, slice_: str, sums: Sums) -> None:
    slices.check(slice_, ground.catalog)
    one = ground.compiled[name]
    if slice_ not in slices.reached(one, ground.compiled, [slice_], ground.catalog):
        near = nearest(slice_, at_hand(name, sums, ground.compiled, ground.catalog, ground.slices).names)
        raise MeasureError(
            f"KPI {name!r} cannot reach the slice {slice_!r}",
            nearest=near,
            fix=f"Leave the slice out: `book.why({name!r})` tries those at hand.",
        )
    check_members(sums, slice_, ground.compiled, ground.catalog)


# Members -----------------------------------------------------------------------------------------------


def _best(ground: Ground, name: str, compared: Compared, found: Mapping[str, Sides], left_out: int) -> Explained:
    """The slice that explains most: see `docs/architecture.md`, "Why a figure moved"."""
    found = _divided(found)
    p_values = {one: chance.p_values(sides.parts, sides.by_chance) for one, sides in found.items()}
    p_mixes = [chance.p_mix(sides.parts, sides.by_chance) for sides in found.values()]
    flags = benjamini_hochberg([*p_mixes, *(float(p) for mine in p_values.values() for p in mine)])
    mixed, each = dict(zip(found, flags, strict=False)), iter(flags[len(p_mixes) :])
    standing = {one: np.array([next(each) for _ in mine], dtype=bool) for one, mine in p_values.items()}
    rows = []
    for one, sides in found.items():
        much, by_chance = chance.explained(sides.parts), chance.expected(sides.by_chance)
        stand_out = int(standing[one].sum())
        rows.append([one, len(sides.members), much, by_chance, much - by_chance, stand_out, mixed[one]])
    tried = pd.DataFrame(rows, columns=list(TRIED_COLUMNS))
    tried["_none"] = (tried["significant"] == 0) & ~tried["mix_significant"]
    tried = tried.sort_values(["_none", "beyond"], ascending=[True, False], kind="stable", ignore_index=True)
    best = str(tried["slice"].iloc[0])
    parts = found[best].parts
    plus = float(getattr(ground.compiled[name].measure, "plus", 0.0))
    frame = _frame(found[best].members, parts).assign(p=p_values[best], significant=standing[best])
    return Explained(
        kpi=ground.compiled[name].kpi,
        compared=compared,
        kind="sum" if parts.mix is None else "ratio",
        slice=best,
        before=parts.before + plus,
        after=parts.after + plus,
        frame=_ranked(frame),
        tried=tried.drop(columns="_none"),
        left_out=left_out,
        events=_events(ground, compared),
    )


def _divided(found: Mapping[str, Sides]) -> Mapping[str, Sides]:
    """The slices that divide anything: with all rows in one member there is nothing to tell apart."""
    divided = {one: sides for one, sides in found.items() if ((sides.rows > 0).any(axis=0)).sum() > 1}
    return divided or found


def _frame(members: Sequence[str], parts: split.Split) -> pd.DataFrame:
    nothing = np.full(len(members), np.nan)
    return pd.DataFrame(
        {
            "member": list(members),
            "before": parts.figures[0],
            "after": parts.figures[1],
            "weight_before": parts.weights[0],
            "weight_after": parts.weights[1],
            "mix": nothing if parts.mix is None else parts.mix,
            "rate": nothing if parts.rate is None else parts.rate,
            "part": parts.parts,
            "share": parts.parts / parts.change if parts.change else nothing,
        }
    )


def _ranked(frame: pd.DataFrame) -> pd.DataFrame:
    order = frame.assign(_size=-frame["part"].abs()).sort_values(["_size", "member"], kind="stable").index
    return frame.loc[order, list(COLUMNS)].reset_index(drop=True)


def _events(ground: Ground, compared: Compared) -> tuple[tuple[date, Text], ...]:
    days = [one for one in ground.events if compared.then.start <= one[0] < compared.now.end]
    return tuple(sorted(days, key=lambda one: one[0]))


# Factors -----------------------------------------------------------------------------------------------


def factor_of(written: str) -> tuple[str, bool]:
    """The KPI that a factor names, and whether what its share leaves is meant (`1 - return_rate`)."""
    rest = written.replace(" ", "")
    return (rest[2:], True) if rest.startswith("1-") else (rest, False)


def _by_factors(ground: Ground, name: str, compared: Compared) -> Explained:
    """The change of a product, by the Shapley values of its factors.

    Raises:
        MeasureError: The KPI is no product, or a factor is not known in both periods.
    """
    kpi = ground.compiled[name].kpi
    if not kpi.factors:
        raise MeasureError(f"{name!r} is no product of other KPIs", fix=f"Split it by a slice: `book.why({name!r})`.")
    ids = [factor_of(one)[0] for one in kpi.factors]
    needed = {name, *ids, *(part for one in ids for part in ground.compiled[one].parts)}
    measured = _measure(ground, needed, [compared.then, compared.now], ())
    values = np.array(
        [[_factor(ground, measured, one, period) for one in kpi.factors] for period in (compared.then, compared.now)]
    )
    whole = build.series_of(measured, ground.compiled[name])
    for side, period in enumerate((compared.then, compared.now)):
        figure, product = float(whole.facts[period.start]["value"]), float(np.prod(values[side]))
        if abs(product - figure) > TOLERANCE * abs(figure):
            raise MeasureError(f"{name!r} is {figure:g} in {period.label}, and the product of its factors {product:g}")
    parts = split.shapley(values[0], values[1])
    change = float(np.prod(values[1]) - np.prod(values[0]))
    nothing = np.full(len(parts), np.nan)
    frame = pd.DataFrame({"member": list(kpi.factors), "before": values[0], "after": values[1], "part": parts})
    frame = frame.assign(share=parts / change if change else nothing, significant=False)
    frame[["weight_before", "weight_after", "mix", "rate", "p"]] = np.nan
    return Explained(
        kpi=kpi,
        compared=compared,
        kind="factors",
        slice="",
        before=float(np.prod(values[0])),
        after=float(np.prod(values[1])),
        frame=_ranked(frame),
        tried=pd.DataFrame(columns=list(TRIED_COLUMNS)),
        left_out=0,
        events=_events(ground, compared),
    )


def _factor(ground: Ground, measured: Measured, written: str, period: Period) -> float:
    name, rest = factor_of(written)
    fact = build.series_of(measured, ground.compiled[name]).facts[period.start]
    if not (fact["complete"] and math.isfinite(fact["value"])):
        raise MeasureError(f"the factor {name!r} has no complete figure in {period.label}: {fact['reason']}")
    return 1 - float(fact["value"]) if rest else float(fact["value"])
