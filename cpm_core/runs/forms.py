"""The forms of a report beside its notebook: page, PDF, Excel workbook, CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from cpm_core.model.errors import Problem, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.params.schema import Params
    from cpm_core.workbook import Workbook

PAGE = "report.html"
PDF = "report.pdf"
BOOK = "workbook.xlsx"

Timed: TypeAlias = Callable[[str, str], AbstractContextManager[None]]
"""Given a name and words, the time in which a form is made."""


def check_forms(params: Params) -> None:
    """See that the forms that the params ask for can be made here.

    Raises:
        UsageError: There is no browser to print a PDF with.
    """
    if "pdf" not in params.report.formats:
        return
    from cpm_core.report.pdf import browser

    try:
        browser()
    except UsageError as error:
        (problem,) = error.problems
        raise UsageError([Problem(problem.what, params.where("report", "formats"), fix=problem.fix)]) from None


def write_page(book: Workbook, notebook: Any, file: Path) -> None:
    """The report as one HTML file."""
    from cpm_core.report.page import render_page

    locale = book.params.locale
    title = f"{book.title.in_(locale)} · {book.settings.as_of} · {book.name}"
    file.write_text(render_page(notebook, title, locale), encoding="utf-8")


def write_forms(
    book: Workbook, notebook: Any, frames: Mapping[str, pd.DataFrame], run: Path, work: Path, timed: Timed
) -> None:
    """Write the forms that the params ask for.

    Args:
        book: Measured.
        notebook: Executed.
        frames: Facts, customers and rejects.
        run: Folder of what will be published.
        work: Folder for what is not.
        timed: Told of each form.

    Raises:
        RunError: A page was not printed.
    """
    formats = book.params.report.formats
    page = (run if "html" in formats else work) / PAGE
    if "html" in formats or "pdf" in formats:
        with timed("page", "rendering the page"):
            write_page(book, notebook, page)
    if "pdf" in formats:
        from cpm_core.report.pdf import print_pdf

        with timed("pdf", "printing the PDF"):
            print_pdf(page, run / PDF)
    if "xlsx" in formats:
        from cpm_core.report.xlsx import write_workbook

        with timed("xlsx", "writing the workbook"):
            write_workbook(book.report.data, run / BOOK)
    if "csv" in formats:
        from cpm_core.report.csv_files import write_csv

        with timed("csv", "writing the CSV files"):
            for name, frame in frames.items():
                write_csv(frame, run / f"{name}.csv")
