"""How long it takes: the whole spread behind a median, by Kaplan and Meier (1958)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cpm_core.measure import labels, slices, survival
from cpm_core.measure.compile import Compiled
from cpm_core.measure.fused import Group, Query
from cpm_core.measure.intervals import as_array
from cpm_core.model.errors import MeasureError
from cpm_core.model.measures import Quantile
from cpm_core.model.periods import Period
from cpm_core.model.settings import Settings
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    from cpm_core.measure.slices import Resolved

QUANTILES = (0.5, 0.9)


def waits(
    name: str,
    compiled: Mapping[str, Compiled],
    catalog: Catalog,
    period: Period,
    slice_name: str,
    within: Sequence[float],
    settings: Settings,
) -> pd.DataFrame:
    """One row a member of a slice, and the total (an empty member) first.

    Columns are `member`, `n` (rows), `events` (those that came to it), `within_<hours>` (the share that came to
    it in that time, nan past the longest time observed) and `half`, `nine_tenths` (the times by which so many did).

    Raises:
        MeasureError: The KPI is no median of times, or the slice cannot be reached.
    """
    one = compiled[name]
    if not isinstance(one.measure, Quantile):
        why = one.missing.in_("en") if one.missing else one.failure
        have = ", ".join(other for other, found in compiled.items() if isinstance(found.measure, Quantile))
        raise MeasureError(
            f"{name!r} has no times to tell the spread of" + (f": {why}" if why else ""),
            fix="" if why or not have else f"There are times behind {have}.",
        )
    group = Group(str(one.kpi.table), str(one.kpi.at), {name: one.measure}, _reached(slice_name, one, catalog, period))
    times = Query(group, catalog, [period], settings).run()[name].frame()
    rows = [_row(member, part, within) for (_, member), part in times.groupby(["slice", "member"], sort=True)]
    return pd.DataFrame(rows, columns=columns(within))


def columns(within: Sequence[float]) -> list[str]:
    """Of :func:`waits`."""
    return ["member", "n", "events", *(f"within_{hours:g}" for hours in within), "half", "nine_tenths"]


def _reached(name: str, one: Compiled, catalog: Catalog, period: Period) -> tuple[Resolved, ...]:
    if not name:
        return ()
    slices.check(name, catalog)
    found = slices.resolve(name, str(one.kpi.table), catalog)
    if found is None:
        raise MeasureError(f"the rows of {one.kpi.id!r} do not lead to {name!r}")
    if found.is_label:
        labels.check(name, (period,), catalog)
    return (found,)


def _row(member: object, part: pd.DataFrame, within: Sequence[float]) -> list[object]:
    curve = survival.kaplan_meier(*(as_array(part[name]) for name in ("time", "events", "censored")))
    shares = [_share(curve, hours) for hours in within]
    return [member, curve.n, curve.events, *shares, *(survival.quantile(curve, q) for q in QUANTILES)]


def _share(curve: survival.Curve, hours: float) -> float:
    """The share that came to it by then; past the longest time it is known only if nobody waits any more."""
    past = np.flatnonzero(curve.times <= hours)
    left = float(curve.survival[past[-1]]) if len(past) else 1.0
    return 1 - left if hours <= curve.longest or left == 0 else float("nan")
