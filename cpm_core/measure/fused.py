"""One query for all KPIs over the same table and dating column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from cpm_core.measure import concentration, parts, slices
from cpm_core.measure.compile import Compiled
from cpm_core.measure.slices import Resolved
from cpm_core.model.measures import Concentration, Distinct, Measure, Quantile
from cpm_core.model.periods import Period
from cpm_core.model.settings import PeriodName, Settings
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import pandas as pd

MOST_GROUPS = 1_000_000
"""Above this many groups at the finest grain, each slice is a query of its own."""
WHERE = ["period_start", "slice", "member"]
NOT_ADDITIVE = (Distinct, Quantile, Concentration)
"""Measures whose parts do not roll up from a finer grain."""


@dataclass(frozen=True)
class Group:
    """KPIs over one table and dating column, with the slices that they can reach."""

    table: str
    at: str
    kpis: Mapping[str, Measure]
    slices: tuple[Resolved, ...]
    clusters: Mapping[str, str] = field(default_factory=dict)


def groups(compiled: Mapping[str, Compiled], names: Sequence[str], catalog: Catalog) -> list[Group]:
    """Put KPIs that can be measured together."""
    found: dict[tuple[str, str], dict[str, Measure]] = {}
    for one in compiled.values():
        if one.measure is not None and one.kpi.table is not None and one.missing is None:
            found.setdefault((one.kpi.table, str(one.kpi.at)), {})[one.kpi.id] = one.measure
    made = []
    for (table, at), kpis in found.items():
        reached = tuple(r for r in (slices.resolve(name, table, catalog) for name in names) if r is not None)
        clusters = {name: c for name, m in kpis.items() if (c := getattr(m, "cluster", None))}
        made.append(Group(table, at, kpis, reached, clusters))
    return made


class Query:
    """Runs one group on its engine.

    Args:
        group: What is measured.
        catalog: The tables.
        periods: The measured periods, oldest first.
        settings: Period name and where years start.
    """

    def __init__(self, group: Group, catalog: Catalog, periods: Sequence[Period], settings: Settings) -> None:
        self.group = group
        self.catalog = catalog
        self.periods = periods
        self.settings = settings

    def base(self, kpis: Mapping[str, Measure]) -> ir.Table:
        """The rows of the measured periods with `period_start`, slices and each measure's row values."""
        table = self.catalog.unbound(self.group.table)
        at = table[self.group.at]
        values: dict[str, ir.Value] = {"period_start": start_of(at, self.settings.period, self.settings.year_starts)}
        for i, measure in enumerate(kpis.values()):
            values |= _row_columns(f"k{i}", measure)
        inside = (at >= self.periods[0].start) & (at < self.periods[-1].end)
        keep = {one.column for one in self.group.slices if not one.key} | {one.key for one in self.group.slices}
        keep |= set(self.group.clusters.values())
        carried = {name: table[name] for name in keep - {""} if name not in values}
        rows = table.filter(inside).select(**carried, **values)
        return slices.joined(rows, self.group.slices, self.catalog)

    def run(self, kpis: Mapping[str, Measure] | None = None) -> dict[str, pd.DataFrame]:
        """One frame a KPI: WHERE and the parts (num, den, n …), or `value` of a Distinct, or times of a Quantile."""
        kpis = self.group.kpis if kpis is None else kpis
        base = self.base(kpis)
        additive = {f"k{i}": m for i, m in enumerate(kpis.values()) if not isinstance(m, NOT_ADDITIVE)}
        distinct = [f"k{i}" for i, m in enumerate(kpis.values()) if isinstance(m, Distinct)]
        found: dict[str, pd.DataFrame] = {}
        if additive:
            frame = self._additive(base, additive)
            clustered = self._clustered(base, kpis)
            for prefix in additive:
                found[prefix] = (
                    _of(frame, prefix).merge(clustered[prefix], on=WHERE, how="left")
                    if prefix in clustered
                    else _of(frame, prefix)
                )
        if distinct:
            aggregates = {
                p: {f"{p}_num": base[f"{p}_value"].nunique(), f"{p}_n": base[f"{p}_value"].count()} for p in distinct
            }
            frame = self._by_slice(base, {k: v for one in aggregates.values() for k, v in one.items()})
            found |= {prefix: _of(frame, prefix) for prefix in distinct}
        for i, measure in enumerate(kpis.values()):
            if isinstance(measure, Quantile):
                found[f"k{i}"] = self._times(base, f"k{i}")
            elif isinstance(measure, Concentration):
                found[f"k{i}"] = self._ranked(base, f"k{i}", measure)
        return {name: found[f"k{i}"] for i, name in enumerate(kpis)}

    def _additive(self, base: ir.Table, measures: Mapping[str, Measure]) -> pd.DataFrame:
        columns = [f"slice_{i}" for i in range(len(self.group.slices))]
        sums: dict[str, ir.Value] = {}
        for prefix, measure in measures.items():
            row = [base[f"{prefix}_{part}"] for part in ("num", "den", "counts")]
            sums |= parts.sums(prefix, row[0], row[1], row[2], parts.needs_squares(measure))
            sums |= {f"{prefix}_{name}": base[f"{prefix}_{name}"].sum() for name in parts.aside_values(measure)}
        if not columns or self._grain(base, columns) > MOST_GROUPS:
            return self._by_slice(base, sums)
        fine = base.group_by("period_start", *columns).aggregate(**sums)
        return self._by_slice(fine, {name: fine[name].sum() for name in sums})

    def _grain(self, base: ir.Table, columns: list[str]) -> int:
        """At most this many groups are there at the finest grain."""
        if len(columns) == 1:
            return 0  # the finest grain is the slice itself
        members = self.catalog.engine.frame(base.aggregate(**{name: base[name].nunique() for name in columns}))
        size = len(self.periods)
        for name in columns:
            size *= max(int(members[name].iloc[0]), 1)
        return size

    def _by_slice(self, rows: ir.Table, sums: Mapping[str, ir.Value]) -> pd.DataFrame:
        """Aggregate once for the total and once a slice, in one query."""
        pieces = []
        for index in range(-1, len(self.group.slices)):
            name = self.group.slices[index].name if index >= 0 else ""
            member = rows[f"slice_{index}"] if index >= 0 else ibis.literal("")
            marked = rows.mutate(slice=ibis.literal(name), member=member)
            pieces.append(marked.group_by(WHERE).aggregate(**sums))
        union = ibis.union(*pieces) if len(pieces) > 1 else pieces[0]
        # Facts turn to float64 last, when every sum is made.
        floats = {name: union[name].cast(dt.float64) for name in sums}
        return self.catalog.engine.frame(union.select(*WHERE, **floats))

    def _times(self, base: ir.Table, prefix: str) -> pd.DataFrame:
        rows = base.filter(base[f"{prefix}_counts"])
        pieces = []
        for index in range(-1, len(self.group.slices)):
            name = self.group.slices[index].name if index >= 0 else ""
            member = rows[f"slice_{index}"] if index >= 0 else ibis.literal("")
            marked = rows.mutate(slice=ibis.literal(name), member=member, time=rows[f"{prefix}_time"])
            event = marked[f"{prefix}_event"]
            pieces.append(marked.group_by([*WHERE, "time"]).aggregate(events=event.sum(), censored=(~event).sum()))
        union = ibis.union(*pieces) if len(pieces) > 1 else pieces[0]
        return self.catalog.engine.frame(union)

    def _ranked(self, base: ir.Table, prefix: str, measure: Concentration) -> pd.DataFrame:
        """The parts of a measure that ranks its rows within each period and member."""
        value, tie = base[f"{prefix}_value"], base[f"{prefix}_tie"]
        pieces = []
        for index in range(-1, len(self.group.slices)):
            name = self.group.slices[index].name if index >= 0 else ""
            member = base[f"slice_{index}"] if index >= 0 else ibis.literal("")
            marked = base.select("period_start", slice=ibis.literal(name), member=member, value=value, tie=tie)
            rows = concentration.weighed(marked, measure, "value", "tie", WHERE)
            pieces.append(rows.group_by(WHERE).aggregate(num=rows.num.sum(), den=rows.den.sum(), n=rows.counts.sum()))
        union = ibis.union(*pieces) if len(pieces) > 1 else pieces[0]
        floats = {name: union[name].cast(dt.float64) for name in ("num", "den", "n")}
        return self.catalog.engine.frame(union.select(*WHERE, **floats))

    def _clustered(self, base: ir.Table, kpis: Mapping[str, Measure]) -> dict[str, pd.DataFrame]:
        """Per clustered KPI: number of clusters and the sums of products of their sums."""
        found = {}
        for i, name in enumerate(kpis):
            column = self.group.clusters.get(name)
            if column is None:
                continue
            rows = base.filter(base[f"k{i}_counts"])
            pieces = []
            for index in range(-1, len(self.group.slices)):
                slice_name = self.group.slices[index].name if index >= 0 else ""
                member = rows[f"slice_{index}"] if index >= 0 else ibis.literal("")
                marked = rows.mutate(slice=ibis.literal(slice_name), member=member)
                inner = marked.group_by([*WHERE, column]).aggregate(
                    a=marked[f"k{i}_num"].sum().cast(dt.float64), b=marked[f"k{i}_den"].sum().cast(dt.float64)
                )
                pieces.append(
                    inner.group_by(WHERE).aggregate(
                        clusters=inner.count().cast(dt.float64),
                        cnn=(inner.a * inner.a).sum(),
                        cdd=(inner.b * inner.b).sum(),
                        cnd=(inner.a * inner.b).sum(),
                    )
                )
            union = ibis.union(*pieces) if len(pieces) > 1 else pieces[0]
            found[f"k{i}"] = self.catalog.engine.frame(union)
        return found


def _row_columns(prefix: str, measure: Measure) -> dict[str, ir.Value]:
    if isinstance(measure, Distinct):
        value = measure.value
        return {f"{prefix}_value": value if measure.where is None else measure.where.ifelse(value, None)}
    if isinstance(measure, Quantile):
        counts = measure.time.notnull()
        counts = counts if measure.where is None else counts & measure.where.fill_null(False)
        event = measure.event.fill_null(False)
        return {f"{prefix}_time": measure.time, f"{prefix}_event": event, f"{prefix}_counts": counts}
    if isinstance(measure, Concentration):
        value = concentration.counted(measure).ifelse(measure.value, None)
        return {f"{prefix}_value": value, f"{prefix}_tie": measure.tie}
    num, den, counts = parts.row_values(measure)
    aside = {f"{prefix}_{name}": value for name, value in parts.aside_values(measure).items()}
    return {f"{prefix}_num": num, f"{prefix}_den": den, f"{prefix}_counts": counts, **aside}


def _of(frame: pd.DataFrame, prefix: str) -> pd.DataFrame:
    mine = [name for name in frame.columns if name.startswith(f"{prefix}_")]
    return frame[[*WHERE, *mine]].rename(columns={name: name.removeprefix(f"{prefix}_") for name in mine})


def start_of(at: ir.Value, period: PeriodName, year_starts: int) -> ir.DateValue:
    """The first day of the period that a local time lies in."""
    units = {"day": "D", "week": "W", "month": "M", "quarter": "M", "year": "M"}
    start = at.cast(dt.timestamp).truncate(units[period]) if period != "day" else at.cast(dt.timestamp)
    if period in ("quarter", "year"):
        shift = (start.month() - year_starts + 12) % (3 if period == "quarter" else 12)
        start = ibis.cases(*((shift == back, start - ibis.interval(months=back)) for back in range(1, 12)), else_=start)
    day: ir.DateValue = start.date()
    return day
