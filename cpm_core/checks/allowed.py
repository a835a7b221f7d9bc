"""What the data of a workbook allow: tables and columns that are there, KPIs that become measurable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cpm_core.model.errors import CpmError
from cpm_core.model.text import Text

if TYPE_CHECKING:
    from cpm_core.measure.compile import Compiled
    from cpm_core.workbook import Workbook

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


@dataclass(frozen=True)
class Allowed:
    """All that `cpm check` tells of one workbook."""

    tables: tuple[TableSeen, ...]
    absent: tuple[tuple[str, Text], ...]
    """Base tables that nobody delivers."""
    kpis: tuple[KpiSeen, ...]
    errors: list[CpmError]
    """What stands in the way of a run."""


def allowed(book: Workbook) -> Allowed:
    """Look at the headers of a workbook's data, and at what they allow."""
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
    return Allowed(tuple(tables), absent, tuple(kpis), errors)


def _why_not(one: Compiled) -> Text | None:
    return _FAILS.format(why=one.failure) if one.failure else one.missing
