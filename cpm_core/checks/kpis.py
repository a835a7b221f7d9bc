"""`cpm kpis --params`: every KPI, whether the data of a workbook allow it, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

from cpm_core.checks.check import together
from cpm_core.checks.listing import by_chapter, chapters, kpi_record, measured_on, print_json, print_table
from cpm_core.checks.shown import NO, YES
from cpm_core.model.text import Text

if TYPE_CHECKING:
    from cpm_core.checks.allowed import KpiSeen
    from cpm_core.hooks.registry import Provided
    from cpm_core.model.kpi import Kpi
    from cpm_core.workbook import Workbook

IN_PANDAS = Text(en="computed in pandas: slower", zh="由 pandas 计算，较慢")
_HEADS = (
    Text(en="KPI", zh="指标"),
    Text(en="shown", zh="选用"),
    Text(en="title", zh="名称"),
    Text(en="measured on", zh="计算依据"),
    Text(en="measurable", zh="可计算"),
    Text(en="what is missing, or to know", zh="缺少的内容或说明"),
    Text(en="provider", zh="提供者"),
)
_COUNT = Text(
    en="{able} of {all} KPIs are measurable on the data of {name}.",
    zh="{all} 个指标中有 {able} 个可在 {name} 的数据上计算。",
)


def list_measurable(params: str, as_json: bool) -> int:
    """Print all KPIs with what the headers of a workbook's data allow; returns 0.

    KPIs that the params leave out are listed too, and told apart.

    Raises:
        UsageError: The params file is wrong.
        DataError: The data cannot be read; what could be told is printed before.
        PluginError: A plugin cannot be loaded.
    """
    from cpm_core import workbook
    from cpm_core.checks.allowed import of_all

    book = workbook.open(params)
    try:
        seen, errors = of_all(book)
    finally:
        book.close()
    provided = by_chapter(book.registry.kpis.values())
    if as_json:
        print_json([{**kpi_record(one), **_told(book, seen[one.item.id])} for one in provided])
    else:
        _print(book, provided, seen)
    if errors:
        raise together(errors)
    return 0


def _told(book: Workbook, seen: KpiSeen) -> dict[str, object]:
    return {
        "shown": _shown(book, seen),
        "measurable": seen.why_not is None,
        "missing": asdict(seen.why_not) if seen.why_not else None,
        "computed_in": "pandas" if seen.in_pandas else "engine",
    }


def _shown(book: Workbook, seen: KpiSeen) -> bool:
    """Whether the report shows it: what the params name always, else all that can be measured."""
    return seen.name in book.wanted and (book.params.kpis is not None or seen.why_not is None)


def _print(book: Workbook, provided: Sequence[Provided[Kpi]], seen: Mapping[str, KpiSeen]) -> None:
    locale = book.locale
    table = Table(*(head.in_(locale) for head in _HEADS))
    for title, kpis in chapters(provided, locale):
        table.add_row(title, style="bold")
        for one in kpis:
            kpi, missing = one.item, seen[one.item.id].why_not
            able = (NO if missing else YES).in_(locale)
            note = missing or (IN_PANDAS if seen[kpi.id].in_pandas else Text(en="", zh=""))
            named = ("✓" if _shown(book, seen[kpi.id]) else "–", kpi.title.in_(locale))
            table.add_row(kpi.id, *named, measured_on(kpi, locale), able, note.in_(locale), one.provider)
        table.add_section()
    shown = [one.item.id for one in provided if not one.item.hidden]
    count = sum(seen[name].why_not is None for name in shown)
    table.caption = _COUNT.format(able=count, all=len(shown), name=book.name).in_(locale)
    print_table(table)
