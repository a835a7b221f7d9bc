"""facts.csv, customers.csv and rejects.csv: the same rows as the Parquet files, for who opens them by a double click."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ENCODING = "utf-8-sig"
"""UTF-8 with a mark at its beginning, without which Excel reads Chinese as something else."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet would take for a formula."""


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV: dates as ISO 8601, decimals with a dot, nothing for what is missing.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    words = {str(name): frame[name].map(_safe) for name, kind in frame.dtypes.items() if kind.kind not in "biufM"}
    frame.assign(**words).to_csv(path, index=False, encoding=ENCODING, date_format="%Y-%m-%d", lineterminator="\r\n")


def _safe(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
