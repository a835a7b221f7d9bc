"""workbook.xlsx: the report's figures as numbers, for who wants to reckon with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model.profile import PROFILE_COLUMNS
from cpm_core.model.rules import STAGE_TITLES
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.beside import BETWEEN, Beside, conventions
from cpm_core.report.inputs import ReportData
from cpm_core.report.xlsx_cells import cell_of
from cpm_core.report.xlsx_columns import WORDS, column_title, sheet_title, width
from cpm_core.report.xlsx_formats import Formats
from cpm_core.report.xlsx_sheet import Sheet
from cpm_core.report.xlsx_trends import write_trends

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 1_048_575
"""Rows below the heads that a sheet of Excel holds."""

CUT = Text(
    en="{sheet}: {shown} of {all} rows, as many as a sheet holds. All are in facts.parquet and customers.parquet.",
    zh="{sheet}：共{all}行，受工作表上限所限仅列出{shown}行；完整数据见 facts.parquet 与 customers.parquet。",
)
ITEM, CONTENT = Text(en="Item", zh="项目"), Text(en="Content", zh="内容")
ABOUT = {
    "title": Text(en="Report", zh="报告"),
    "period": Text(en="Period", zh="期间"),
    "as_of": Text(en="As of", zh="截止日"),
    "currency": Text(en="Currency", zh="货币"),
    "note": Text(en="Note", zh="说明"),
}
SCORECARD_HEAD = (
    *("title", "value", "low", "high", "n", "target_low", "target_high", "status", "previous_period", "previous"),
    *(
        "change",
        "change_reason",
        "year_period",
        "year_ago",
        "year_change",
        "year_reason",
        "change_significant",
        "year_significant",
    ),
    *(
        "signal",
        "signal_reason",
        "state",
        "reason",
        "complete",
        "complete_reason",
        "numerator",
        "denominator",
        "unit",
        "better",
    ),
    *("kpi", "period", "provider", "version"),
)
UNIT_COLUMNS = frozenset(
    "value low high target_low target_high previous change change_low change_high year_ago year_change".split()
)
LEFT_OUT = ("workbook", "run", "as_of", "period_end", "definition")
"""Columns of the facts that a sheet does without."""


def write_workbook(data: ReportData, path: str | Path) -> None:
    """Write the Excel file: scorecard, trends, facts, customers, moves between tiers, plan, rejects, about.

    Figures keep their full precision and show in their unit's format; what looks like a formula
    stays text. Tables longer than a sheet are cut, and `about` says so.
    """
    import xlsxwriter

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": data.title.in_(data.locale), "comments": data.workbook})
        writer = _Writer(book, data)
        units = {kpi.id: kpi.unit for kpi in (*data.kpis, *data.beside)}
        writer.sheet("scorecard", _worded(data), units)
        write_trends(book, data, writer.formats)
        writer.sheet("facts", _with_targets(data), units)
        _write_customers(writer, data)
        if data.plan is not None:
            money = ("cost", "at_risk", "expected_saved", "service_cost", "action_cost")
            writer.sheet("plan", _labelled(data.plan.frame.drop(columns="state"), data.locale), {}, money)
            writer.sheet("resources", data.plan.resources, {}, money)
        writer.sheet("rejects", data.rejects, {})
        writer.about(_about(data))


_MONEY = tuple(name for name, told in PROFILE_COLUMNS.items() if told.unit == "money")
"""Columns of the profile that are amounts."""


def _write_customers(writer: _Writer, data: ReportData) -> None:
    moves, customers = data.tier_moves, data.customers
    worth = ("value", "to_next", "value_before", "change") if moves is None or moves.told.unit == "money" else ()
    if customers is not None:
        # Reasons say it in words.
        told = _labelled(customers.drop(columns="why", errors="ignore"), data.locale)
        writer.sheet("customers", told, {}, money=(*worth, *_MONEY))
    if moves is not None:
        writer.sheet("tier_moves", moves.sheet(), {}, money=worth)


class _Writer:
    def __init__(self, book: Any, data: ReportData) -> None:
        self._book, self._locale = book, data.locale
        self.formats = Formats(book, data.currency, data.locale)
        self._notes: list[str] = []

    def sheet(self, name: str, frame: pd.DataFrame, units: Mapping[str, str], money: Sequence[str] = ()) -> None:
        """One table with a frozen head and filters; ``units`` by KPI decide how its figures show."""
        title = sheet_title(name, self._locale)
        page = self._book.add_worksheet(title, Sheet)
        columns = [str(column) for column in frame.columns]
        shown = min(len(frame), MOST_ROWS)
        if shown < len(frame):
            words = CUT.in_(self._locale)
            self._notes.append(words.format(sheet=title, shown=fmt.count(shown), all=fmt.count(len(frame))))
        named = frame["kpi"].head(shown).tolist() if "kpi" in columns and units else None
        kpis = "" if named is None else [units.get(kpi, "number") for kpi in named]
        by = ["money" if column in money else kpis if column in UNIT_COLUMNS else "" for column in columns]
        heads = [column_title(column, self._locale) for column in columns]
        page.fill(heads, frame.head(shown), by, self.formats)
        page.freeze_panes(1, 1)
        sample = frame.head(200)
        for place, head in enumerate(heads):
            page.set_column(place, place, width(head, sample.iloc[:, place].tolist()))
        page.autofilter(0, 0, max(shown, 1), max(len(columns) - 1, 0))

    def about(self, rows: Iterable[tuple[str, Any]]) -> None:
        """Names and values, and what was cut."""
        page = self._book.add_worksheet(sheet_title("about", self._locale))
        page.set_column(0, 0, 34)
        page.set_column(1, 1, 90)
        page.freeze_panes(1, 0)
        for place, head in enumerate((ITEM, CONTENT)):
            page.write_string(0, place, head.in_(self._locale), self.formats.head)
        note = ABOUT["note"].in_(self._locale)
        for number, (key, value) in enumerate([*rows, *((note, words) for words in self._notes)], start=1):
            page.write_string(number, 0, key, self.formats.text)
            if cell := cell_of(value, "", self.formats):
                page.write(number, 1, *cell)


def _worded(data: ReportData) -> pd.DataFrame:
    """The scorecard with its marks in words; the facts keep the codes that programs read."""
    frame = data.scorecard[[name for name in SCORECARD_HEAD if name in data.scorecard]].copy()
    for column, words in WORDS.items():
        if column in frame:
            said = {mark: text.in_(data.locale) for mark, text in words.items()}
            frame[column] = [said.get(mark, mark) for mark in frame[column]]
    told, kpis = Beside(data.beside, data.facts, data.locale, data.currency), {kpi.id: kpi for kpi in data.kpis}
    frame["beside"] = [
        BETWEEN.in_(data.locale).join(
            filter(None, (conventions(kpi, data.settings, data.locale), told.sentence(kpi, data.period.label)))
        )
        for kpi in map(kpis.__getitem__, frame["kpi"])
    ]
    return frame


def _labelled(customers: pd.DataFrame, locale: Locale) -> pd.DataFrame:
    """Rows of customers with their stages in words."""
    if "stage" not in customers:
        return customers
    titles = {stage: text.in_(locale) for stage, text in STAGE_TITLES.items()}
    return customers.assign(stage=customers["stage"].map(titles))


def _with_targets(data: ReportData) -> pd.DataFrame:
    """The facts, with the target and its status in words beside each figure that has one.

    What is the same in every row stands on the sheet about the report; the rest is in facts.parquet.
    """
    facts = data.facts.drop(columns=[*LEFT_OUT])
    if data.targets is None or data.targets.empty:
        return facts
    said = {mark: text.in_(data.locale) for mark, text in WORDS["status"].items()}
    targets = data.targets.assign(status=data.targets["status"].map(said).fillna(""))
    frame = facts.merge(targets, on=["kpi", "period", "slice", "member"], how="left")
    return frame.assign(status=frame["status"].fillna(""))


def _about(data: ReportData) -> list[tuple[str, Any]]:
    locale = data.locale
    rows: list[tuple[str, Any]] = [
        (ABOUT["title"].in_(locale), data.title.in_(locale)),
        (ABOUT["period"].in_(locale), fmt.period(data.period.label, locale)),
        (ABOUT["as_of"].in_(locale), data.settings.as_of),
        (ABOUT["currency"].in_(locale), data.currency or None),
    ]
    rows += [(ABOUT["note"].in_(locale), note) for note in data.notes]
    return rows + list(_flat(data.provenance, "", locale))


def _flat(value: Any, path: str, locale: Locale) -> Iterable[tuple[str, Any]]:
    """Nested data as dotted names and single values."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _flat(one, f"{path}.{key}" if path else str(key), locale)
    elif isinstance(value, (list, tuple)) and any(isinstance(one, (Mapping, list, tuple)) for one in value):
        for number, one in enumerate(value, start=1):
            yield from _flat(one, f"{path}.{number}", locale)
    elif isinstance(value, (list, tuple)):
        yield path, ", ".join(map(str, value)) or None
    else:
        yield path, value
