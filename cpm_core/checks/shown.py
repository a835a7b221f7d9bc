"""What `cpm check` prints, in the language of the report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from cpm_core.model.text import Text
from cpm_core.params.paths import shown

if TYPE_CHECKING:
    from cpm_core.checks.allowed import Allowed, KpiSeen, TableSeen
    from cpm_core.model.text import Locale
    from cpm_core.params.schema import Params

WIDTH = 120
"""Columns where there is no terminal."""
_HEAD = Text(en="{name} ({file}), as of {day}", zh="{name}（{file}），截至 {day}")
_TABLES = (
    Text(en="table", zh="数据表"),
    Text(en="from", zh="来源"),
    Text(en="columns", zh="字段"),
    Text(en="optional columns that are missing", zh="缺少的可选字段"),
    Text(en="further columns, kept as attributes", zh="保留为属性的其他字段"),
)
_KPIS = (
    Text(en="KPI", zh="指标"),
    Text(en="title", zh="名称"),
    Text(en="measurable", zh="可计算"),
    Text(en="why not, or the slices that it cannot reach", zh="原因，或无法使用的切片"),
)
YES, NO = Text(en="✓ yes", zh="✓ 是"), Text(en="✗ no", zh="✗ 否")
_UNREACHED = Text(en="not by {slices}", zh="不能按 {slices} 切片")
_IDS = Text(en="ids that other tables name", zh="其他表中出现的客户编号")
_ABSENT = Text(en="Not delivered: {tables}.", zh="未提供的数据表：{tables}。")
_RUNS = Text(
    en="{able} of {all} KPIs are measurable. `cpm run {file}` would run.",
    zh="{all} 个指标中有 {able} 个可计算。可以执行 `cpm run {file}`。",
)
_STOPS = Text(en="It would not run: see the panel for why.", zh="暂时无法运行，原因见错误面板。")


def show(params: Params, found: Allowed) -> None:
    """Print tables, KPIs and the verdict of one workbook on standard output."""
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    locale = params.locale
    file = shown(params.path) if params.path else params.workbook
    console.print(Line(_HEAD.format(name=params.workbook, file=file, day=params.as_of).in_(locale), style="bold"))
    if found.tables:
        console.print(_table(_TABLES, (_table_row(one, locale) for one in found.tables), locale))
    if found.tables and found.absent:
        separator = "、" if locale == "zh" else ", "
        names = separator.join(name for name, _ in found.absent)
        console.print(_ABSENT.format(tables=names).in_(locale))
    if found.tables:
        console.print(_table(_KPIS, (_kpi_row(one, locale) for one in found.kpis), locale))
    for warning in found.warnings:
        console.print(Line(f"! {warning.in_(locale)}", style="yellow"))
    able = sum(one.why_not is None for one in found.kpis)
    verdict = _STOPS if found.errors else _RUNS.format(able=able, all=len(found.kpis), file=file)
    console.print(verdict.in_(locale))


def _table(heads: Iterable[Text], rows: Iterable[tuple[str, ...]], locale: Locale) -> Table:
    table = Table(*(head.in_(locale) for head in heads))
    for row in rows:
        table.add_row(*row)
    return table


def _table_row(one: TableSeen, locale: Locale) -> tuple[str, ...]:
    source = ", ".join(one.sources) or _IDS.in_(locale)
    return one.name, source, ", ".join(one.given), ", ".join(one.lacking), ", ".join(one.further)


def _kpi_row(one: KpiSeen, locale: Locale) -> tuple[str, ...]:
    note = one.why_not.in_(locale) if one.why_not else ""
    if one.unreached:
        note = _UNREACHED.format(slices=", ".join(one.unreached)).in_(locale)
    return one.name, one.title.in_(locale), (NO if one.why_not else YES).in_(locale), note
