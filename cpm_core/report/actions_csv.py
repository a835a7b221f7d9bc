"""actions.csv: the plan as a table that a CRM imports and Excel opens."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the begin of a formula (OWASP, CSV injection); full-width signs too."""


def safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: a text that looks like one begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def write_actions(plan: pd.DataFrame, path: str | Path) -> None:
    """Write a plan's rows, the chosen first: UTF-8 with a byte order mark, commas, quotes where needed (RFC 4180).

    The mark is what tells Excel that the file is no local code page, so that Chinese names stay intact. Numbers are
    written as they are, `chosen`, `held_back` and `compared` as TRUE or FALSE.
    """
    with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(plan.columns)
        for row in plan.itertuples(index=False, name=None):
            writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return safe(value)
    if value is None or value != value:  # noqa: PLR0124  # NaN differs from itself
        return ""
    if type(value).__name__ in ("bool", "bool_"):
        return "TRUE" if value else "FALSE"
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
