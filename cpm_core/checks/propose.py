"""`cpm new`: a params file proposed from one's own files, and what it is unsure of."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text as Line

from cpm_core.model.errors import CpmError, DataError, Problem, UsageError
from cpm_core.model.text import Text
from cpm_core.params.paths import shown
from cpm_core.params.values import to_slug

if TYPE_CHECKING:
    from cpm_core.checks.proposing.choices import Choices
    from cpm_core.checks.proposing.matching import Match
    from cpm_core.checks.proposing.page import Page
    from cpm_core.checks.proposing.proposal import Proposal
    from cpm_core.checks.proposing.sheets import Sheet
    from cpm_core.model.tables import TableSpec

_WRITTEN = Text(en="{file} is written.", zh="已生成 {file}。")
_READ = Text(en="{table}: {sheet}, {rows:,} rows", zh="{table}：{sheet}，{rows:,} 行")
_UNUSED = Text(
    en="{sheet} is not used: it is not clear which table it is. Its columns: {columns}.",
    zh="未使用 {sheet}：看不出是哪一张数据表。其列为：{columns}。",
)
_FURTHER = Text(
    en="a further file of {table}: the rows of all are put together", zh="{table} 的另一个文件：各文件的行合并使用"
)
_UNSURE = Text(en="Unsure of, each with the line to edit:", zh="以下各处不确定，请核对对应的行：")
_SURE = Text(en="Nothing in it is unsure.", zh="没有不确定之处。")
_ALLOWS = Text(en="{able} of {all} KPIs become measurable.", zh="{all} 个指标中有 {able} 个可计算。")
_NEXT = Text(
    en="Next: `cpm check {name}`, then `cpm run {name}`.", zh="下一步：`cpm check {name}`，然后 `cpm run {name}`。"
)


def new_params(name: str, files: Sequence[str], folder: Path) -> int:
    """Propose a params file from files of one's own, write it and say what is unsure.

    Args:
        name: The workbook's name; the file is `<folder>/<name>.yaml`.
        files: CSV, Parquet and Excel files.
        folder: Where the params file goes.

    Returns:
        0: it is written.

    Raises:
        UsageError: The name cannot be one, the params file is there already, or a file is not.
        DataError: A file cannot be read, or none of them looks like a base table.
    """
    target = _target(name, folder)
    from cpm_core.engine.duck import DuckEngine

    with tempfile.TemporaryDirectory(prefix="cpm-new-") as scratch:
        engine = DuckEngine(Path(scratch))
        try:
            proposals, choices, over = _proposed(engine, files)
            from cpm_core.checks.proposing.page import written

            page = written(name, proposals, choices, folder)
        finally:
            engine.close()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as stream:
            stream.write(page.text)
    except OSError as error:
        raise UsageError(f"{shown(target)} cannot be written: {error.strerror or error}") from error
    _tell(name, target, page, proposals, over)
    return 0


def _target(name: str, folder: Path) -> Path:
    try:
        to_slug(name)
    except ValueError as error:
        raise UsageError(str(error), fix="As `cpm new my_shop orders.csv`.") from None
    target = folder / f"{name}.yaml"
    if target.exists():
        raise UsageError(
            f"{shown(target)} is there already", fix="Choose another name, or remove it first: nothing is overwritten."
        )
    return target


def _specs() -> Mapping[str, TableSpec]:
    from cpm_core.hooks.registry import Registry

    return {name: provided.item for name, provided in Registry.load(None).tables.items()}


def _proposed(engine: object, files: Sequence[str]) -> tuple[list[Proposal], Choices, list[Sheet]]:
    """The tables, the other keys, and sheets that nothing is made of."""
    from cpm_core.checks.proposing.choices import chosen
    from cpm_core.checks.proposing.matching import matched
    from cpm_core.checks.proposing.sheets import look
    from cpm_core.engine.duck import DuckEngine

    assert isinstance(engine, DuckEngine)
    specs = _specs()
    sheets = look(engine, files)
    matches, over = matched(sheets, specs)
    proposals = _tables([_as_orders(match, matches, specs) for match in matches])
    choices = chosen(proposals) if proposals else None
    if choices is None:
        raise _nothing(sheets, files)
    return proposals, choices, over


def _as_orders(match: Match, matches: Sequence[Match], specs: Mapping[str, TableSpec]) -> Match:
    """Lines of orders without orders beside them are read as orders, to be added up."""
    from cpm_core.checks.proposing.matching import reading

    alone = match.table == "order_lines" and all(one.table != "orders" for one in matches)
    return (reading(match.sheet, specs["orders"]) or match) if alone else match


def _tables(matches: Sequence[Match]) -> list[Proposal]:
    from cpm_core.checks.proposing import lines
    from cpm_core.checks.proposing.fill import filled

    found: list[Proposal] = []
    for match in matches:
        if match.table == "orders":
            found.append(lines.added_up(match) if lines.has_lines(match) else filled(match))
            alone = {one.table for one in matches} & {"customers", "orders"} == {"orders"}
            # Of several files of orders each would tell other things of the same customer.
            once = sum(one.table == "orders" for one in matches) == 1
            made = lines.customers_of(match) if alone and once else None
            found[:0] = [made] if made else []
        else:
            found.append(filled(match))
        if any(one.table == found[-1].table for one in found[:-1]):
            found[-1].doubts.append(_FURTHER.format(table=found[-1].table))
    return found


def _nothing(sheets: Sequence[Sheet], files: Sequence[str]) -> CpmError:
    problems = []
    for sheet in sheets:
        fix = "Orders need a date, an amount and a customer: name the columns so, or write the mapping by hand."
        if sheet.untitled >= len(sheet.columns):
            fix = "Its headings seem not to be in the first row: take out what stands above them."
        where = f"its columns: {', '.join(column.name for column in sheet.columns[:12])}"
        problems.append(
            Problem(f"{sheet.label} looks like none of the tables that a workbook is made of", where, fix=fix)
        )
    return DataError(problems or [Problem("the files have no rows", where=", ".join(files))])


def _tell(name: str, target: Path, page: Page, proposals: Sequence[Proposal], over: Sequence[Sheet]) -> None:
    """What was understood, what is unsure, and what it allows."""
    locale = page.locale
    console = Console(markup=False, emoji=False, highlight=False, soft_wrap=True)
    file = shown(target)
    console.print(Line(_WRITTEN.format(file=file).in_(locale), style="bold"))
    for proposal in proposals:
        sheet = proposal.match.sheet
        console.print("  " + _READ.format(table=proposal.table, sheet=sheet.label, rows=sheet.rows).in_(locale))
    for sheet in over:
        columns = ", ".join(column.name for column in sheet.columns[:8])
        console.print("  " + _UNUSED.format(sheet=sheet.label, columns=columns).in_(locale))
    errors, able = _allowed(target)
    if able is not None:
        console.print(able.in_(locale))
    doubts = [f"{file}:{line}  {doubt}" for line, doubt in page.doubts]
    doubts += [str(problem) for error in errors for problem in error.problems]
    console.print((_UNSURE if doubts else _SURE).in_(locale))
    for doubt in doubts:
        console.print(f"  {doubt}")
    console.print(_NEXT.format(name=name).in_(locale))


def _allowed(target: Path) -> tuple[list[CpmError], Text | None]:
    """What `cpm check` will say of the file."""
    from cpm_core import workbook
    from cpm_core.checks.allowed import allowed

    try:
        book = workbook.open(target.resolve())
    except CpmError as error:
        return [error], None
    try:
        found = allowed(book)
    finally:
        book.close()
    able = sum(kpi.why_not is None for kpi in found.kpis)
    return found.errors, _ALLOWS.format(able=able, all=len(found.kpis))
