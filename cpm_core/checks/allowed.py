"""What the data of a workbook allow: tables and columns that are there, KPIs that become measurable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cpm_core.model.errors import CpmError
from cpm_core.model.text import Text

if TYPE_CHECKING:
    from cpm_core.measure.compile import Compiled
    from cpm_core.tables.derive import Catalog
    from cpm_core.workbook import Workbook

_NOT_WANTED = Text(
    en="The target of {kpi} is held against nothing: the report does not show this KPI.",
    zh="{kpi}的目标没有对应数据：报告未包含该指标。",
)
_FAILS = Text(en="its function failed: {why}", zh="计算函数出错：{why}")


@dataclass(frozen=True)
class TableSeen:
    """A base table as its headers show it."""

    name: str
    title: Text
    sources: tuple[str, ...]
    """Empty: the table is made of what other tables name."""
    given: tuple[str, ...]
    """Columns of the spec that are delivered."""
    lacking: tuple[str, ...]
    """Optional columns of the spec that are not."""
    further: tuple[str, ...]
    """Delivered columns beyond the spec, kept as attributes."""


@dataclass(frozen=True)
class KpiSeen:
    """A KPI, and why it cannot be measured (None: it can)."""

    name: str
    title: Text
    why_not: Text | None
    unreached: tuple[str, ...] = ()
    """Slices of the params that it cannot be split by."""
    in_pandas: bool = False
    """Whether it is computed in pandas, and not by the engine."""


@dataclass(frozen=True)
class Allowed:
    """All that `cpm check` tells of one workbook."""

    tables: tuple[TableSeen, ...]
    absent: tuple[tuple[str, Text], ...]
    """Base tables that nobody delivers."""
    kpis: tuple[KpiSeen, ...]
    errors: list[CpmError]
    """What stands in the way of a run."""
    warnings: tuple[Text, ...] = ()
    """What would be without effect."""


def allowed(book: Workbook) -> Allowed:
    """Look at the headers of a workbook's data, and at what they allow."""
    from cpm_core.customers.playbook import check
    from cpm_core.measure.compile import compile_kpis
    from cpm_core.measure.slices import check_all, reached

    found, catalog = book.outline()
    errors = list(found.errors)
    names: Sequence[str] = book.params.slices
    if not errors:  # else a slice may be missing only because its table could not be read
        try:
            check_all(book.params, catalog)
        except CpmError as error:
            errors.append(error)
            names = ()
        try:
            check(book.params, book.registry, catalog)
        except CpmError as error:
            errors.append(error)
    compiled = compile_kpis(book.registry, catalog, book.settings, book.wanted)
    shown = [compiled[name] for name in book.wanted]
    kpis = []
    for one in shown:
        why = _why_not(one)
        there = () if why else reached(one, compiled, names, catalog)
        left = () if why else tuple(name for name in names if name not in there)
        kpis.append(KpiSeen(one.kpi.id, one.kpi.title, why, left))
    specs = {name: provided.item for name, provided in book.registry.tables.items()}
    seen = {name: found.prepared.tables[name] for name in specs if name in found.prepared.tables}
    tables = []
    for name, stats in seen.items():
        spec = specs[name]
        own = [column.name for column in spec.columns if column.name != "updated_at"]
        tables.append(
            TableSeen(
                name,
                spec.title,
                stats.sources,
                tuple(column for column in own if column in stats.columns),
                tuple(column for column in own if column not in stats.columns),
                tuple(column for column in stats.columns if spec.column(column) is None),
            )
        )
    absent = tuple((name, spec.title) for name, spec in specs.items() if name not in seen)
    idle = () if errors else tuple(_idle_targets(book, catalog, compiled))
    return Allowed(tuple(tables), absent, tuple(kpis), errors, idle)


def of_all(book: Workbook) -> tuple[dict[str, KpiSeen], list[CpmError]]:
    """Every KPI that there is, wanted or not, by the headers of a workbook's data; and what stands in the way."""
    from cpm_core.measure.compile import compile_kpis

    found, catalog = book.outline()
    compiled = compile_kpis(book.registry, catalog, book.settings, book.registry.kpis)
    kpis = {}
    for name in book.registry.kpis:
        one = compiled[name]
        kpis[name] = KpiSeen(name, one.kpi.title, _why_not(one), in_pandas=one.in_pandas)
    return kpis, list(found.errors)


def _idle_targets(book: Workbook, catalog: Catalog, compiled: Mapping[str, Compiled]) -> Iterator[Text]:
    """Targets that no figure will be held against, as far as headers and specs tell."""
    from cpm_core.measure.labels import MEMBERS
    from cpm_core.measure.slices import reached, resolve
    from cpm_core.model.facts import NO_MEMBER
    from cpm_core.scorecard.targets import no_member, not_split

    for name, target in book.params.targets.items():
        one = compiled.get(name)
        if one is None:
            yield _NOT_WANTED.format(kpi=book.registry.kpis[name].item.title)
        elif _why_not(one) is None:
            for slice_name, members in target.by.items():
                if slice_name not in reached(one, compiled, [slice_name], catalog):
                    yield not_split(one.kpi, slice_name)
                    continue
                place = resolve(slice_name, one.kpi.table, catalog) if one.kpi.table else None
                spec = book.registry.tables.get(place.table) if place else None
                column = spec.item.column(place.column) if spec and place else None
                known = {*column.choices, NO_MEMBER} if column and column.choices else None
                known = {*MEMBERS[place.column]} if place and place.is_label else known
                yield from (
                    no_member(one.kpi, slice_name, member, known) for member in members if known and member not in known
                )


def _why_not(one: Compiled) -> Text | None:
    return one.lacks or (_FAILS.format(why=one.failure) if one.failure else one.missing)
