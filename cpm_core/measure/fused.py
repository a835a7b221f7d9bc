"""One query for all KPIs over the same table and dating column."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from cpm_core.measure import concentration, parts, plans, slices
from cpm_core.measure.calling import Call
from cpm_core.measure.cells import WHERE, Parts, of_arrow, of_frame
from cpm_core.measure.compile import Compiled
from cpm_core.measure.folding import Fold
from cpm_core.measure.plans import Once
from cpm_core.measure.slices import Resolved
from cpm_core.model.measures import Concentration, Distinct, Frame, Measure, Quantile
from cpm_core.model.periods import Period, start_of
from cpm_core.model.settings import Settings
from cpm_core.tables.derive import Catalog

MOST_GROUPS = 1_000_000
"""Above this many groups at the finest grain, slices are aggregated apart."""
SAMPLE = 100_000
"""Rows that are looked at to guess how many groups there will be."""
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
    calls: Mapping[str, Call] = field(default_factory=dict)
    """Of KPIs that are pandas functions, by KPI; none in a group of others."""
    definitions: Mapping[str, str] = field(default_factory=dict)
    """A hash of each KPI's definition."""

    @property
    def in_pandas(self) -> bool:
        """Whether its KPIs are pandas functions."""
        return bool(self.calls)


def groups(compiled: Mapping[str, Compiled], names: Sequence[str], catalog: Catalog) -> list[Group]:
    """Put KPIs that can be measured together; those in pandas are groups of their own."""
    found: dict[tuple[str, str, bool], dict[str, Measure]] = {}
    for one in compiled.values():
        if one.measure is not None and one.kpi.table is not None and one.missing is None:
            apart = isinstance(one.measure, Frame)
            found.setdefault((one.kpi.table, str(one.kpi.at), apart), {})[one.kpi.id] = one.measure
    made = []
    for (table, at, in_pandas), kpis in found.items():
        reached = tuple(r for r in (slices.resolve(name, table, catalog) for name in names) if r is not None)
        clusters = {name: c for name, m in kpis.items() if (c := getattr(m, "cluster", None))}
        calls = {name: call for name in kpis if in_pandas and (call := compiled[name].call) is not None}
        definitions = {name: compiled[name].definition for name in kpis}
        made.append(Group(table, at, kpis, reached, clusters, calls, definitions))
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
        self._asking: tuple[Hashable, ...] = ()

    def _asked(self, what: Hashable, build: Callable[[], ir.Table]) -> Parts:
        """The rows of a query, which is put together once for all workbooks of this process that ask the same."""
        engine, rows = self.catalog.engine, plans.known((*self._asking, what), build)
        # The drivers of servers give decimals for some floats, which ibis mends in frames alone.
        return of_arrow(engine.arrow(rows)) if engine is engine.files else of_frame(engine.frame(rows))

    def base(self, kpis: Mapping[str, Measure]) -> ir.Table:
        """The rows of the measured periods with `period_start`, slices and each measure's row values."""
        values: dict[str, ir.Value] = {}
        for i, measure in enumerate(kpis.values()):
            values |= _row_columns(f"k{i}", measure)
        return self._rows(values, self.group.slices)

    def _rows(self, values: Mapping[str, ir.Value], reached: Sequence[Resolved]) -> ir.Table:
        """The rows of the measured periods with `period_start`, values, and `slice_<i>` for the i-th reached slice."""
        table = self.catalog.unbound(self.group.table)
        at = table[self.group.at]
        start = start_of(at, self.settings.period, self.settings.year_starts)
        inside = (at >= self.periods[0].start) & (at < self.periods[-1].end)
        keep = {one.column for one in reached if not one.key} | {one.key for one in reached}
        keep |= set(self.group.clusters.values())
        carried = {name: table[name] for name in sorted(keep - {"", *values})}
        rows = table.filter(inside).select(**{**carried, "period_start": start, **values})
        return slices.joined(rows, reached, self.catalog)

    def run(self, kpis: Mapping[str, Measure] | None = None) -> dict[str, Parts]:
        """The parts of each KPI (num, den, n …), or `value` of a Distinct, or times of a Quantile."""
        kpis = self.group.kpis if kpis is None else kpis
        self._asking = plans.asked(self.group, list(kpis), self.catalog, self.periods, self.settings)
        base = Once(partial(self.base, kpis))
        additive = {f"k{i}": m for i, m in enumerate(kpis.values()) if not isinstance(m, NOT_ADDITIVE)}
        distinct = [f"k{i}" for i, m in enumerate(kpis.values()) if isinstance(m, Distinct)]
        found: dict[str, Parts] = {}
        if additive:
            whole = self._additive(additive)
            columns = {f"k{i}": self.group.clusters.get(name) for i, name in enumerate(kpis)}
            found |= {prefix: whole.of(prefix) for prefix in additive}
            for prefix, one in columns.items():
                if one is not None:
                    clusters = self._asked(("clusters", prefix), partial(self._clusters, base, prefix, one))
                    found[prefix] = found[prefix].beside(clusters)
        if distinct:
            whole = self._asked("distinct", partial(self._distinct, base, distinct))
            found |= {prefix: whole.of(prefix) for prefix in distinct}
        for i, measure in enumerate(kpis.values()):
            if isinstance(measure, Quantile):
                found[f"k{i}"] = self._asked(("times", i), partial(self._times, base, f"k{i}"))
            elif isinstance(measure, Concentration):
                ranked = partial(self._ranked, base, f"k{i}", measure)
                found[f"k{i}"] = self._asked(("ranked", i), ranked)
        return {name: found[f"k{i}"] for i, name in enumerate(kpis)}

    def _additive(self, measures: Mapping[str, Measure]) -> Parts:
        """Sums at the finest grain of as many slices as go together, rolled up by slice."""
        fold = Once(lambda: Fold(_summed(measures)))
        batches = self._batches(fold)
        key = ("additive", tuple(map(tuple, batches)))
        return self._asked(key, partial(self._sums, fold, batches))

    def _sums(self, once: Once[Fold], batches: Sequence[Sequence[int]]) -> ir.Table:
        fold, pieces = once(), list[ir.Table]()
        for batch in batches:
            rows = self._rows(fold.columns(), [self.group.slices[i] for i in batch])
            fine = rows.group_by("period_start", *(f"slice_{k}" for k in range(len(batch))), *fold.keys)
            pieces += self._rolled(fine.aggregate(**fold.sums(rows)), batch, total=not pieces)
        groups = _union(pieces)
        sums = groups.group_by(WHERE).aggregate(**fold.folded(groups))
        return _floats(sums, fold.names)

    def _rolled(self, fine: ir.Table, batch: Sequence[int], *, total: bool) -> list[ir.Table]:
        """The groups of a batch under each of its slices, and under the total."""
        rest = [name for name in fine.columns if name != "period_start" and not name.startswith("slice_")]
        chosen = [self.group.slices[i] for i in batch]
        split = _split(fine, chosen) if total else list(_split(fine, chosen))[1:]
        return [one.select(*WHERE, *rest) for one in split]

    def _batches(self, once: Once[Fold]) -> list[list[int]]:
        """Slices that are aggregated together, so that no finest grain has too many groups; those with few members first."""
        everything = list(range(len(self.group.slices)))
        stats = self.catalog.prepared.tables.get(self.group.table)
        if len(everything) < 2 or (stats is not None and stats.kept <= MOST_GROUPS):
            return [everything]
        # Of the first rows alone: what is measured is the same either way, only the time differs.
        query = plans.known((*self._asking, "members"), partial(self._members, once, everything))
        counts = self.catalog.engine.frame(query).iloc[0].clip(lower=1)
        found = {str(name): int(count) for name, count in counts.items()}
        least = len(self.periods) * math.prod(count for name, count in found.items() if not name.startswith("slice_"))
        batches: list[list[int]] = [[]]
        size = least
        for i in sorted(everything, key=lambda i: found[f"slice_{i}"]):
            size *= found[f"slice_{i}"]
            if size > MOST_GROUPS and batches[-1]:
                batches.append([])
                size = least * found[f"slice_{i}"]
            batches[-1].append(i)
        return batches

    def _members(self, once: Once[Fold], everything: Sequence[int]) -> ir.Table:
        fold = once()
        some = self._rows(fold.columns(), self.group.slices).limit(SAMPLE)
        counted = {f"slice_{i}": some[f"slice_{i}"].nunique() for i in everything}
        return some.aggregate(**counted, **{key: some[key].nunique() for key in fold.keys})

    def _distinct(self, once: Once[ir.Table], prefixes: Sequence[str]) -> ir.Table:
        base = once()
        counted: dict[str, ir.Value] = {}
        for prefix in prefixes:
            value = base[f"{prefix}_value"]
            counted |= {f"{prefix}_num": value.nunique(), f"{prefix}_n": value.count()}
        return self._by_slice(base, counted)

    def _by_slice(self, rows: ir.Table, sums: Mapping[str, ir.Value]) -> ir.Table:
        """Aggregate once for the total and once a slice, in one query."""
        pieces = [marked.group_by(WHERE).aggregate(**sums) for marked in _split(rows, self.group.slices)]
        union = _union(pieces)
        return _floats(union, list(sums))

    def _times(self, once: Once[ir.Table], prefix: str) -> ir.Table:
        base = once()
        rows = base.filter(base[f"{prefix}_counts"])
        pieces = []
        for marked in _split(rows.mutate(time=rows[f"{prefix}_time"]), self.group.slices):
            event = marked[f"{prefix}_event"]
            pieces.append(marked.group_by([*WHERE, "time"]).aggregate(events=event.sum(), censored=(~event).sum()))
        return _union(pieces)

    def _ranked(self, once: Once[ir.Table], prefix: str, measure: Concentration) -> ir.Table:
        """The parts of a measure that ranks its rows within each period and member."""
        base = once()
        value, tie = base[f"{prefix}_value"], base[f"{prefix}_tie"]
        pieces = []
        for marked in _split(base.mutate(value=value, tie=tie), self.group.slices):
            rows = concentration.weighed(marked.select(*WHERE, "value", "tie"), measure, "value", "tie", WHERE)
            pieces.append(rows.group_by(WHERE).aggregate(num=rows.num.sum(), den=rows.den.sum(), n=rows.counts.sum()))
        union = _union(pieces)
        return union.select(*WHERE, **{name: union[name].cast(dt.float64) for name in ("num", "den", "n")})

    def _clusters(self, once: Once[ir.Table], prefix: str, column: str) -> ir.Table:
        """Number of clusters, and the sums of products of their sums."""
        base = once()
        pieces = []
        for marked in _split(base.filter(base[f"{prefix}_counts"]), self.group.slices):
            inner = marked.group_by([*WHERE, column]).aggregate(
                a=marked[f"{prefix}_num"].sum().cast(dt.float64), b=marked[f"{prefix}_den"].sum().cast(dt.float64)
            )
            pieces.append(
                inner.group_by(WHERE).aggregate(
                    clusters=inner.count().cast(dt.float64),
                    cnn=(inner.a * inner.a).sum(),
                    cdd=(inner.b * inner.b).sum(),
                    cnd=(inner.a * inner.b).sum(),
                )
            )
        return _union(pieces)


def _union(pieces: Sequence[ir.Table]) -> ir.Table:
    return ibis.union(*pieces) if len(pieces) > 1 else pieces[0]


def _summed(measures: Mapping[str, Measure]) -> dict[str, ir.Value]:
    return {name: row for prefix, one in measures.items() for name, row in parts.summed(prefix, one).items()}


def _split(rows: ir.Table, slices_: Sequence[Resolved]) -> Iterator[ir.Table]:
    """Rows in total and then by each slice, in columns `slice` and `member`.

    Rows of a period without labels have no member of a label, and are left out of it.
    """
    yield rows.mutate(slice=ibis.literal(""), member=ibis.literal(""))
    for i, one in enumerate(slices_):
        marked = rows.mutate(slice=ibis.literal(one.name), member=rows[f"slice_{i}"])
        yield marked.filter(marked["member"].notnull()) if one.is_label else marked


def _floats(sums: ir.Table, names: Sequence[str]) -> ir.Table:
    """Facts turn to float64 last, when every sum is made."""
    return sums.select(*WHERE, **{name: sums[name].cast(dt.float64) for name in names})


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
