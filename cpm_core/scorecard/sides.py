"""The members of a slice before and after: their sums, rows and variances, read from measured facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cpm_core.measure.compile import Compiled
from cpm_core.measure.facts import Measured
from cpm_core.measure.parts import is_share
from cpm_core.model.errors import MeasureError
from cpm_core.model.measures import Mean, Total
from cpm_core.model.periods import Period, year_before
from cpm_core.model.settings import Settings
from cpm_core.scorecard import split
from cpm_core.scorecard.additive import Sums, Terms
from cpm_core.scorecard.chance import Chance, chance
from cpm_core.scorecard.split import Array, Split

TOLERANCE = 1e-9
_ROWS = "{} rows"


@dataclass(frozen=True)
class Sides:
    """The members of one slice; each array has a row before and a row after, and a column a member.

    Attributes:
        members: The members, in order.
        parts: How the change falls on them.
        rows: Rows of each.
        by_chance: What chance does to the parts.
    """

    members: tuple[str, ...]
    parts: Split
    rows: Array
    by_chance: Chance


def with_rows(names: Iterable[str], compiled: Mapping[str, Compiled]) -> dict[str, Compiled]:
    """The KPIs to measure: the named ones, and beside each Total the mean of its rows, for their variance."""
    found = {name: compiled[name] for name in names}
    for name, one in tuple(found.items()):
        if isinstance(one.measure, Total):
            item = replace(one.kpi, id=_ROWS.format(name))
            mean = Mean(one.measure.value, one.measure.where)
            found[item.id] = replace(one, measure=mean, provided=replace(one.provided, item=item))
    return found


class Reader:
    """Reads the sides of slices from what was measured for them.

    Args:
        measured: Facts of the KPI, its parts and their rows.
        kpi: The KPI.
        sums: What it is made of.
        then, now: The two periods.
        settings: Of the workbook.
    """

    def __init__(
        self, measured: Measured, kpi: Compiled, sums: Sums, then: Period, now: Period, settings: Settings
    ) -> None:
        self._measured, self._kpi, self._sums = measured, kpi, sums
        self._periods, self._settings = (then, now), settings

    def sides(self, slice_: str) -> Sides:
        """The members of a slice.

        Raises:
            MeasureError: The members do not add up to the whole.
        """
        sums, name = self._sums, self._kpi.kpi.id
        members = self._members(slice_)
        below = sums.below if sums.below is not None else {}
        above_sums, rows = self._added(sums.above, slice_, members, "numerator")
        if sums.below is None:
            parts = split.contributions(above_sums)
            variances = self._varied(sums.above, slice_, members)
        else:
            column = "denominator" if sums.own else "numerator"
            below_sums, rows = self._added(below, slice_, members, column)
            parts = split.mix_and_rate(above_sums, below_sums)
            variances = self._rate_variances(parts, rows, below_sums, slice_, members)
        self._check(parts, name, slice_)
        return Sides(members, parts, rows, chance(parts, variances, rows.sum(axis=1)))

    def _members(self, slice_: str) -> tuple[str, ...]:
        frame = self._measured.frame
        mine = frame[frame["kpi"].isin(self._sums.kpis) & (frame["slice"] == slice_)]
        return tuple(sorted(mine["member"].unique()))

    def _fact(self, kpi: str, slice_: str, period: Period, back: bool) -> pd.DataFrame:
        if back:
            period = year_before(period, self._settings.period, self._settings.year_starts)
        frame = self._measured.frame
        where = (frame["kpi"] == kpi) & (frame["slice"] == slice_)
        return frame[where & (frame["period_start"] == pd.Timestamp(period.start))].set_index("member")

    def _added(self, terms: Terms, slice_: str, members: tuple[str, ...], column: str) -> tuple[Array, Array]:
        """The weighted sum of a column of facts, and the number of rows behind it."""
        sums, rows = np.zeros((2, len(members))), np.zeros((2, len(members)))
        for ref, factor in terms.items():
            for side, period in enumerate(self._periods):
                facts = self._fact(ref.id, slice_, period, ref.year_back).reindex(list(members))
                sums[side] += factor * facts[column].fillna(0.0).to_numpy("float64")
                rows[side] += facts["n"].fillna(0.0).to_numpy("float64")
        return sums, rows

    def _varied(self, terms: Terms, slice_: str, members: tuple[str, ...]) -> Array:
        """Variance of each member's sum, as of rows that come independently (a compound Poisson process)."""
        found = np.zeros((2, len(members)))
        for ref, factor in terms.items():
            for side, period in enumerate(self._periods):
                rows = self._fact(ref.id, slice_, period, ref.year_back)["n"].reindex(list(members)).fillna(0.0)
                found[side] += factor**2 * self._square(ref.id, period, ref.year_back) * rows.to_numpy("float64")
        return found

    def _square(self, kpi: str, period: Period, back: bool) -> float:
        """Mean square of what a row adds; 1 where different values are counted."""
        name = _ROWS.format(kpi)
        facts = self._fact(name, "", period, back)
        if facts.empty:
            return 1.0
        fact, error = facts.iloc[0], self._pooled(name, period, back, "error")
        variance = 0.0 if np.isnan(error) else error**2 * float(fact["n"])
        return float(np.nan_to_num(fact["value"])) ** 2 + variance

    def _pooled(self, kpi: str, period: Period, back: bool, column: str) -> float:
        if back:
            period = year_before(period, self._settings.period, self._settings.year_starts)
        frame = self._measured.pooled[kpi]
        mine = frame[(frame["slice"] == "") & (pd.to_datetime(frame["period_start"]) == pd.Timestamp(period.start))]
        return float(mine[column].iloc[0])

    def _rate_variances(self, parts: Split, rows: Array, below: Array, slice_: str, members: tuple[str, ...]) -> Array:
        """Variance of each member's ratio if all members were alike: the whole's, by the member's rows."""
        with np.errstate(divide="ignore", invalid="ignore"):
            if self._sums.own:
                row = np.array([[self._row_variance(period)] for period in self._periods])
                found = np.where(rows > 0, row / rows, 0.0)
            else:
                assert self._sums.below is not None
                whole = np.array([[parts.before], [parts.after]])
                above = self._varied(self._sums.above, slice_, members)
                found = above + whole**2 * self._varied(self._sums.below, slice_, members)
                found = np.where(below != 0, found / below**2, 0.0)
        return found

    def _row_variance(self, period: Period) -> float:
        """Variance of one effective row's ratio, in the whole."""
        name, measure = self._kpi.kpi.id, self._kpi.measure
        fact = self._fact(name, "", period, False).iloc[0]
        if measure is not None and is_share(measure):
            return float(fact["value"] * (1 - fact["value"]) * self._pooled(name, period, False, "deff"))
        return float(self._pooled(name, period, False, "error") ** 2 * fact["n"])

    def _check(self, parts: Split, name: str, slice_: str) -> None:
        """See that the members are the whole."""
        for period, value in zip(self._periods, (parts.before, parts.after), strict=True):
            whole = float(self._fact(name, "", period, False)["value"].iloc[0])
            plus = float(getattr(self._kpi.measure, "plus", 0.0))
            size = max(float(np.abs(parts.figures[np.isfinite(parts.figures)]).sum()), abs(whole))
            if not abs(value + plus - whole) <= TOLERANCE * size:
                raise MeasureError(
                    f"a change of {name!r} does not split by {slice_!r}: in {period.label} the members make "
                    f"{value + plus:g}, the whole is {whole:g}",
                    fix="Split by a slice in which every row counts for one member.",
                )
