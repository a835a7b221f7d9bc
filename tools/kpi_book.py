"""Write docs/kpi_book.md: what each built-in KPI means, from its definition itself (`make kpi-book`)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import ibis

from cpm_core.api import Delivery, Source, Text, hookimpl
from cpm_core.hooks.discovery import Plugin, find_plugins
from cpm_core.hooks.registry import Registry
from cpm_core.measure.compile import Compiled, columns_behind, compile_kpis
from cpm_core.measure.parts import is_share
from cpm_core.model.kpi import CHAPTERS, Kpi
from cpm_core.model.measures import Aside, Mean, Measure, Quantile, Ratio
from cpm_core.model.settings import Settings
from cpm_core.params.schema import Params
from cpm_core.tables.derive import Catalog
from cpm_core.workbook import Workbook
from tools.kpi_conventions import Conventions
from tools.kpi_formula import Formulas

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "docs" / "kpi_book.md"
AS_OF = date(2024, 12, 31)

HEAD = """\
# KPI book

What each built-in KPI means. Written by `make kpi-book` from the definitions in `cpm_core/builtin/`; do not edit.

- A formula counts the rows of the KPI's table whose dating column lies in the period. Σ is a sum; a row whose numerator \
is empty counts in neither side of a quotient; a time is compared by its instant, a day by the workbook's local calendar.
- Columns of derived tables are told under [Derived tables](#derived-tables).
- *Stock*: a figure of the period's end (or of the year that ends with it), never added over periods.
- *Look-back*: history before the period that the figure needs; where it is not covered the figure is `no data`.
- Intervals hold the truth in 95 % of cases (`settings: {confidence}`). A measure with a cluster divides its rows by the \
design effect of clustering. A Ratio, Mean or Quantile on fewer than `min_n` rows is `few`: shown in grey, never judged.
- *Reads*: the base columns that the figure is made of (not those by which rows are only chosen or joined); in brackets \
those that it can do without.
- *Conventions* are keys of `settings:` in the params (`calendar`, `sla` and `value` are keys of their own), with their defaults.
"""
LOOKBACKS: Mapping[str, str] = {
    "none": "none",
    "activity": "`activity_days` before the period",
    "trailing_year": "the 365 days that end with the period",
    "year": "365 days before the period starts, or `activity_days` if that is more",
    "contracts": "to the day that the retention starts from",
    "labels": "customers labelled with tier and stage on the day before the period (the as-of period, the one before "
    "and the one a year before; with `tier_history: true` all)",
}


def written() -> str:
    """The text of the book."""
    workbook = _workbook()
    try:
        _, catalog = workbook.outline()
        compiled = compile_kpis(workbook.registry, catalog, workbook.settings, workbook.registry.kpis)
        broken = {
            name: one.failure or one.missing
            for name, one in compiled.items()
            if one.failure or (one.missing and not one.kpi.columns)
        }
        assert not broken, broken
        book = _Book(catalog, compiled, workbook)
        return "\n".join([HEAD, *book.contents(), *book.chapters(), *book.tables()]).rstrip() + "\n"
    finally:
        workbook.close()


def _workbook() -> Workbook:
    """A workbook to which every table and column is delivered, and no row."""
    builtins = list(find_plugins(None))
    specs = Registry(builtins).tables

    def fetch(_: Any) -> dict[str, Delivery]:
        return {
            name: Delivery(ibis.memtable([], schema=dict.fromkeys([one.name for one in spec.item.columns], "string")))
            for name, spec in specs.items()
        }

    module = ModuleType("everything")

    def cpm_sources() -> list[Source]:
        return [Source(id="everything", title=Text(en="Everything", zh="全部"), fetch=fetch)]

    module.cpm_sources = hookimpl(cpm_sources)  # type: ignore[attr-defined]  # a plugin made here
    said = {
        "workbook": "kpi_book",
        "as_of": AS_OF,
        "sources": [{"use": "everything"}],
        "engine": {"threads": 1},
        "settings": {"point_value": 0.01},
        "sla": {"response": {"default": 8}, "resolution": {"default": 40}},
    }
    plugins = [*builtins, Plugin("everything", "1", "folder", "everything.py", module)]
    return Workbook(Params.model_validate(said), Registry(plugins))


class _Book:
    """The parts of the book, from the compiled KPIs."""

    def __init__(self, catalog: Catalog, compiled: Mapping[str, Compiled], workbook: Workbook) -> None:
        self._catalog, self._compiled, self._registry = catalog, compiled, workbook.registry
        self._settings, self._defaults = workbook.settings, Settings(as_of=AS_OF)
        self._formulas, self._used = Formulas(AS_OF), Conventions(catalog, workbook.settings)

    def _in_order(self, *, hidden: bool) -> list[Kpi]:
        kpis = [one.kpi for one in self._compiled.values() if one.kpi.hidden is hidden]
        provided = list(self._registry.kpis)
        return sorted(kpis, key=lambda kpi: (kpi.place, self._registry.kpis[kpi.id].provider, provided.index(kpi.id)))

    def contents(self) -> Iterator[str]:
        """All KPIs in one table."""
        yield "| KPI | title | 名称 | unit | better |\n|---|---|---|---|---|"
        for kpi in self._in_order(hidden=False):
            yield f"| [`{kpi.id}`](#{kpi.id}) | {kpi.title.en} | {kpi.title.zh} | {kpi.unit} | {kpi.better} |"

    def chapters(self) -> Iterator[str]:
        """The KPIs under their chapters, and then those that only others use."""
        chapter = ""
        for kpi in self._in_order(hidden=False):
            if kpi.group != chapter:
                chapter = kpi.group
                yield f"\n## {CHAPTERS[chapter].en} · {CHAPTERS[chapter].zh}"
            yield from self._entry(kpi)
        yield "\n## Parts · 组成部分\n\nMeasured for the KPIs that derive from them or are told with them; not shown alone."
        for kpi in self._in_order(hidden=True):
            yield from self._entry(kpi)

    def _entry(self, kpi: Kpi) -> Iterator[str]:
        one = self._compiled[kpi.id]
        yield f"\n### {kpi.id}\n\n**{kpi.title.en}** · **{kpi.title.zh}**\n"
        yield f"{_paragraph(kpi.description)}\n"
        if kpi.described_zh:
            yield f"{kpi.described_zh}\n"
        if one.measure is None:
            needed = ", ".join(f"`{kpi.table}.{name}`" for name in kpi.columns)
            yield f"- Unit: {kpi.unit}; {kpi.better} is better"
            yield f"- Measured on: `{kpi.table}`, dated by `{kpi.at}`"
            yield f"- Waits for: {needed}, which nothing built in provides yet; without them it is `no data`"
            yield f"- Source: {kpi.source}" if kpi.source else ""
            return
        yield f"    {self._formulas.of(one.measure)}\n"
        for name, value in self._facts(one, one.measure):
            if value:
                yield f"- {name}: {value}"

    def _facts(self, one: Compiled, measure: Measure) -> Iterator[tuple[str, str]]:
        kpi = one.kpi
        unit = "percent (a fraction)" if kpi.unit == "percent" else kpi.unit
        yield "Unit", f"{unit}; {'no direction' if kpi.better == 'neither' else f'{kpi.better} is better'}"
        yield "Measured on", f"`{kpi.table}`, dated by `{kpi.at}`" if kpi.table else ""
        yield "Derived from", ", ".join(f"[`{part}`](#{part})" for part in one.parts)
        yield "Reads", ", ".join(f"`{name}`" for name in self._columns(kpi, measure)) if kpi.table else ""
        yield "Look-back", "" if kpi.lookback == "none" else LOOKBACKS[kpi.lookback]
        yield "Stock", "yes" if kpi.stock else ""
        yield "Interval", interval(measure)
        yield "Conventions", self._conventions(kpi)
        aside = getattr(measure, "aside", None)
        yield "Told with it", _aside(aside) if aside else ""
        yield "Shown beside it", ", ".join(f"[`{name}`](#{name})" for name in kpi.beside)
        yield "Source", kpi.source

    def _columns(self, kpi: Kpi, measure: Measure) -> list[str]:
        """The base columns behind it; those that it can do without in brackets."""
        found = columns_behind(kpi, measure, self._catalog, self._settings)
        names = sorted({f"{table}.{column.removesuffix('_utc')}" for table, column in found})
        return [f"({name})" if name in kpi.optional or name.split(".")[0] in kpi.optional else name for name in names]

    def _conventions(self, kpi: Kpi) -> str:
        """The conventions without which it would be another figure, with their defaults."""
        names = self._used.of(kpi) if kpi.table else []
        return ", ".join(f"`{name}`{self._default(name)}" for name in names)

    def _default(self, name: str) -> str:
        value = getattr(self._defaults, name)
        if name in ("calendar", "sla", "value"):
            return ""
        if name == "point_value":
            return " (no default; 0.01 in the formula)"
        return f" ({'all' if value is None else f'{value:g}' if isinstance(value, float) else value})"

    def tables(self) -> Iterator[str]:
        """What the derived tables hold that KPIs are measured on."""
        yield "\n## Derived tables\n\nThe tables that KPIs are measured on beside the base tables, by their own words."
        used = {one.kpi.table for one in self._compiled.values()}
        for name, provided in sorted(self._registry.derived.items()):
            if name in used:
                item = provided.item
                yield f"\n### {name}\n\n**{item.title.en}** · **{item.title.zh}**, one row a {_words(item.key)}.\n"
                yield inspect.cleandoc(item.build.__doc__ or "")


def interval(measure: Measure) -> str:
    """How the interval of a measure is made."""
    cluster = getattr(measure, "cluster", None)
    rest = f", rows clustered by `{cluster}`" if cluster else ""
    if isinstance(measure, Ratio):
        return ("Wilson" if is_share(measure) else "delta method over rows") + rest
    if isinstance(measure, Mean):
        return ("adjusted Wald" if measure.interval == "nps" else "Student's t") + rest
    if isinstance(measure, Quantile):
        return "order statistics; with censored rows Brookmeyer–Crowley on the log-log scale"
    return "none"


def _aside(aside: Aside) -> str:
    least = f"; below {aside.at_least:.0%} it is `no data`" if aside.at_least is not None else ""
    said = aside.words.en.replace("{value}", "…").replace("{share}", "…")
    return f"“{said}”{least}"


def _paragraph(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _words(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def main() -> None:
    """Write docs/kpi_book.md."""
    BOOK.write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    main()
