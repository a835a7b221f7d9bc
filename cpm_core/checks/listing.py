"""The KPIs that there are, as tables for people and as JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table

from cpm_core.checks.plugins.seen import plugins_seen
from cpm_core.hooks.registry import Provided
from cpm_core.model.kpi import Kpi
from cpm_core.model.tables import RESERVED_ARGUMENTS
from cpm_core.model.text import Locale, Text
from cpm_core.params.strictness import strict_here
from cpm_core.runs.console import panel

NO_TERMINAL_WIDTH = 200
"""Columns of a table that is written to a file or another program, where nothing may be cut."""
_PARTS = Text(en="KPIs {parts}", zh="由 {parts} 计算")


def list_kpis(params: str | None, as_json: bool) -> int:
    """Print the KPIs that there are; with a params file, which of them its data allow. Returns 0.

    Raises:
        UsageError: The params file is wrong.
        DataError: The data cannot be read.
        PluginError: A plugin cannot be loaded.
    """
    if params is not None:
        from cpm_core.checks.kpis import list_measurable

        return list_measurable(params, as_json)
    registry = plugins_seen(None, strict=strict_here())
    provided = by_chapter(registry.kpis.values())
    if registry.quarantined:
        panel([problem for one in registry.quarantined for problem in one.problems], 3, title="Plugins left out")
    if as_json:
        return print_json([kpi_record(one) for one in provided])
    table = Table("KPI", "title", "unit", "better", "measured on", "provider")
    for title, kpis in chapters(provided, "en"):
        table.add_row(title, style="bold")
        for one in kpis:
            kpi = one.item
            table.add_row(kpi.id, kpi.title.en, kpi.unit, kpi.better, measured_on(kpi, "en"), one.provider)
        table.add_section()
    return print_table(table)


def by_chapter(provided: Iterable[Provided[Kpi]]) -> list[Provided[Kpi]]:
    """KPIs in the order of the KPI book's chapters."""
    return sorted(provided, key=lambda one: (one.item.place, one.item.group))


def chapters(provided: Sequence[Provided[Kpi]], locale: Locale) -> Iterator[tuple[str, list[Provided[Kpi]]]]:
    """The KPIs that are not hidden under the titles of their chapters."""
    shown = [one for one in provided if not one.item.hidden]
    for chapter, kpis in groupby(shown, key=lambda one: one.item.chapter):
        yield chapter.in_(locale), list(kpis)


def measured_on(kpi: Kpi, locale: Locale) -> str:
    """The table and dating column, or the KPIs that it derives from."""
    return f"{kpi.table}.{kpi.at}" if kpi.table else _PARTS.format(parts=", ".join(_parts(kpi))).in_(locale)


def _parts(kpi: Kpi) -> list[str]:
    """The KPIs that one is derived from."""
    return [name for name in kpi.arguments if name not in RESERVED_ARGUMENTS] if kpi.table is None else []


def kpi_record(provided: Provided[Kpi]) -> dict[str, Any]:
    """All that is known of a KPI's definition, as plain data."""
    kpi = provided.item
    return {
        "id": kpi.id,
        "title": asdict(kpi.title),
        "description": kpi.description,
        "described_zh": kpi.described_zh,
        "source": kpi.source,
        "unit": kpi.unit,
        "better": kpi.better,
        "group": kpi.group,
        "table": kpi.table,
        "at": kpi.at,
        "derived_from": _parts(kpi),
        "lookback": kpi.lookback,
        "stock": kpi.stock,
        "hidden": kpi.hidden,
        "columns": dict(kpi.columns),
        "needs": list(kpi.needs),
        "provider": provided.provider,
        "version": provided.version,
    }


def print_json(value: Any) -> int:
    """Write plain data to standard output; returns 0."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    return 0


def print_table(table: Table) -> int:
    """Print a table on standard output, whole even where there is no terminal; returns 0."""
    console = Console(markup=False, emoji=False)
    if not console.is_terminal:
        console.width = NO_TERMINAL_WIDTH
    console.print(table)
    return 0
