"""A figure in every period: where there are no rows a Total is 0 and a Ratio is undefined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cpm_core.measure import labels
from cpm_core.measure.cells import Codes, Column, Places, codes, located
from cpm_core.measure.figures import Figures
from cpm_core.model.measures import Distinct, Total
from cpm_core.model.periods import Period, year_before
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cpm_core.measure.fused import Group

MOST_FILLED = 100_000
"""Members without rows in a period get a figure of their own up to this many figures a KPI."""


@dataclass(frozen=True, eq=False)
class Grid:
    """The places of a KPI's figures, by period, slice and member.

    Attributes:
        where: Columns of `slice`, `member` and `period_start`.
        at: The row of what was summed up at each, 0 where there is none.
        known: Whether there is one.
    """

    where: Mapping[str, Any]
    at: Codes
    known: Column

    def filled(self, column: Column, missing: Any) -> Column:
        """A column of what was summed up, at every place."""
        if not len(column):
            return np.full(len(self.at), missing)
        return np.where(self.known, column[self.at], missing)


class Filling:
    """Fills the figures of a group's KPIs; those that were asked for together stand at the same places."""

    def __init__(self, group: Group, periods: Sequence[Period], catalog: Catalog) -> None:
        self._group = group
        starts = pd.to_datetime([period.start for period in periods])
        self._starts = starts.to_numpy().astype("datetime64[s]")
        held = [one.name for one in group.slices if one.is_label]
        self._kept = partial(labelled, held=held, catalog=catalog)
        self._grids: list[tuple[Places, Grid]] = []

    def frame(self, name: str, found: Figures) -> pd.DataFrame:
        """The figures of a KPI in every period: WHERE, FIGURE, and ASIDE where there is such."""
        grid = self._grid(found.places)
        counts = isinstance(self._group.kpis[name], (Total, Distinct))
        zeros = ["value", "numerator", "n"] if counts else ["numerator", "denominator", "n"]
        zeros = ["n"] if self._group.in_pandas else zeros
        columns = {one: grid.filled(column, 0.0 if one in zeros else np.nan) for one, column in found.numbers.items()}
        state = grid.filled(found.state, "ok" if counts else "undefined")
        return pd.DataFrame({**grid.where, **columns, "state": state}, copy=False)

    def _grid(self, places: Places) -> Grid:
        known = next((grid for one, grid in self._grids if one is places), None)
        if known is None:
            known = self._made(places)
            self._grids.append((places, known))
        return known

    def _made(self, places: Places) -> Grid:
        wanted = self._kept(self._every(places))
        both = places.over(wanted)
        (numbers,) = codes(both)
        whole, first = np.unique(numbers, return_index=True)
        mine = numbers[: len(places)]
        order = np.argsort(mine)
        at, known = located(whole, mine[order])
        found = both.take(first)
        words = {"slice": pd.array(found.slices, dtype="str"), "member": pd.array(found.members, dtype="str")}
        return Grid({**words, "period_start": found.starts}, order[at] if len(order) else at, known)

    def _every(self, places: Places) -> Places:
        """Each member that has rows at all, and the total, in each period."""
        blank = np.array([""], dtype=object)
        total = Places(self._starts[:1], blank, blank)
        ends = total.over(Places(np.repeat(self._starts[:1], len(places)), places.slices, places.members))
        (numbers,) = codes(ends)
        members = ends.take(np.unique(numbers, return_index=True)[1])
        if len(members) * len(self._starts) > MOST_FILLED:
            members = members.take(members.slices == "")
        count = len(self._starts)
        return Places(
            np.tile(self._starts, len(members)), *(np.repeat(one, count) for one in (members.slices, members.members))
        )


def labelled(places: Places, held: Sequence[str], catalog: Catalog, *, year_back: bool = False) -> Places:
    """Without the rows of labels (the slices ``held``) in periods, or whose year before, is not labelled."""
    return places.take(is_labelled(places.starts, places.slices, held, catalog, year_back)) if held else places


def is_labelled(starts: Column, slices: Column, held: Sequence[str], catalog: Catalog, year_back: bool) -> Column:
    """Which rows are not of labels, or of a period in which there are some (with ``year_back``: the year before too)."""
    settings, known = catalog.settings, labels.periods(catalog)
    found = {one for one in known if not year_back or year_before(one, settings.period, settings.year_starts) in known}
    within = np.array([one.start for one in found], dtype="datetime64[s]")
    kept: Column = ~np.isin(slices, held) | np.isin(starts, within)
    return kept
