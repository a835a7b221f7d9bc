"""The sheet of trends: periods by KPIs, and Excel's own line chart of each."""

from __future__ import annotations

from typing import Any

from cpm_core.report import format as fmt
from cpm_core.report import palette
from cpm_core.report.history import histories, shown_periods
from cpm_core.report.inputs import ReportData
from cpm_core.report.xlsx_columns import TITLES, sheet_title
from cpm_core.report.xlsx_formats import FONT, Formats

SIZE = {"width": 460, "height": 230}
ROWS_A_CHART = 12
"""Rows of the sheet that a chart covers."""


def write_trends(book: Any, data: ReportData, formats: Formats) -> None:
    """One column a KPI, one row a period; charts to the right, two a line."""
    locale, periods, points = data.locale, shown_periods(data), histories(data)
    title = sheet_title("trends", locale)
    page = book.add_worksheet(title)
    page.freeze_panes(1, 1)
    page.set_column(0, len(data.kpis), 16)
    heads = [TITLES["period"].in_(locale), *(kpi.title.in_(locale) for kpi in data.kpis)]
    for place, head in enumerate(heads):
        page.write_string(0, place, head, formats.head)
    values = [{point.index: point.value for point in points[kpi.id]} for kpi in data.kpis]
    for row, period in enumerate(periods):
        page.write_string(row + 1, 0, period.label, formats.text)
        for place, (kpi, known) in enumerate(zip(data.kpis, values, strict=True), start=1):
            if row in known:
                page.write_number(row + 1, place, known[row], formats.of(kpi.unit, known[row]))
            else:
                page.write_string(row + 1, place, fmt.DASH, formats.missing)
    for number, kpi in enumerate(data.kpis):
        chart = _chart(book, data, number, len(periods), formats.code(kpi.unit), title)
        spot = (1 + number // 2 * ROWS_A_CHART, len(data.kpis) + 2 + number % 2 * 8)
        page.insert_chart(*spot, chart, {"x_scale": 1, "y_scale": 1})


def _chart(book: Any, data: ReportData, number: int, rows: int, code: str, sheet: str) -> Any:
    kpi, font = data.kpis[number], FONT[data.locale]
    chart = book.add_chart({"type": "line"})
    chart.add_series(
        {
            "name": [sheet, 0, number + 1],
            "categories": [sheet, 1, 0, rows, 0],
            "values": [sheet, 1, number + 1, rows, number + 1],
            "line": {"color": palette.BLUE, "width": 2},
        }
    )
    name = {"name": font, "size": 11}
    chart.set_title({"name": kpi.title.in_(data.locale), "name_font": name, "overlay": False})
    small = {"name": font, "size": 8, "color": palette.MUTED}
    chart.set_x_axis({"num_font": {**small, "rotation": -45}, "line": {"color": palette.FAINT}})
    grid = {"visible": True, "line": {"color": palette.GRID, "width": 0.75}}
    chart.set_y_axis({"num_format": code, "num_font": small, "major_gridlines": grid, "line": {"none": True}})
    chart.set_legend({"none": True})
    chart.show_blanks_as("gap")
    chart.set_size(SIZE)
    return chart
