"""`cpm check`: what is wrong with params files, what their data lack, which KPIs become measurable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cpm_core.model.errors import CpmError, Problem, UsageError
from cpm_core.params.overrides import Override

if TYPE_CHECKING:
    from cpm_core.runs.request import Request
    from cpm_core.workbook import Workbook


def check_params(paths: Sequence[str], overrides: Sequence[Override]) -> int:
    """Check params files and the headers of their data, and print what they allow.

    Args:
        paths: Params files, or bare names.
        overrides: What was said outside the files, for each of them.

    Returns:
        0: they would run.

    Raises:
        UsageError: All that is wrong with the files, the names in them and the paths that they name.
        DataError: All that is wrong with the data, as far as headers show it.
    """
    errors: list[CpmError] = []
    books = list(_opened(paths, overrides, errors))
    if errors:
        raise together(errors)
    for book in books:
        try:
            errors += _told(book)
        finally:
            book.close()
    if errors:
        raise together(errors)
    return 0


def _opened(paths: Sequence[str], overrides: Sequence[Override], errors: list[CpmError]) -> list[Workbook]:
    """The workbooks of the files that are right; what is wrong with the others goes to ``errors``."""
    from cpm_core import workbook
    from cpm_core.runs.request import request

    books = []
    for path in paths:
        try:
            one: Request = request(path, overrides)[0]
            books.append(workbook.open(one.params, overrides=one.overrides))
        except CpmError as error:
            errors.append(error)
    return books


def _told(book: Workbook) -> list[CpmError]:
    """Print what the data of one workbook allow; returns what stands in the way."""
    from cpm_core.checks.allowed import allowed
    from cpm_core.checks.shown import show

    found = allowed(book)
    show(book.params, found)
    return found.errors


def together(errors: Sequence[CpmError]) -> CpmError:
    """One error of all problems; wrong params count for more than wrong data."""
    problems: list[Problem] = []
    for error in errors:
        problems += [problem for problem in error.problems if problem not in problems]
    worst = max(errors, key=lambda error: error.exit_code == UsageError.exit_code)
    return type(worst)(problems)
