"""One connection of a workbook: reads files, runs expressions, writes Parquet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import ibis

from cpm_core.model.errors import DataError, UsageError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd


class Engine:
    """An embedded DuckDB, in memory, that spills to ``scratch``.

    Args:
        scratch: Folder for what does not fit in memory.
        threads: Number of threads; None: all cores.
        memory_limit: Such as `4GB`; None: DuckDB's default of 80 % of the machine.
    """

    backend = "duckdb"

    def __init__(self, scratch: Path, threads: int | None = None, memory_limit: str | None = None) -> None:
        config: dict[str, Any] = {"temp_directory": str(scratch / "spill")}
        if threads:
            config["threads"] = threads
        if memory_limit:
            config["memory_limit"] = memory_limit
        self.scratch = scratch
        self.connection = ibis.duckdb.connect(**config)
        # Instants are shown and cut in UTC; the workbook's zone is applied by expressions.
        self.connection.raw_sql("SET TimeZone = 'UTC'")
        # Its bar would go to standard output, which scripts read, and into notebooks.
        self.connection.raw_sql("SET enable_progress_bar = false")

    def view(self, name: str, parquet: Path) -> ir.Table:
        """Make a Parquet file known under a table's name, so that unbound expressions find it."""
        return self.connection.read_parquet(str(parquet), table_name=name)

    def frame(self, expression: ir.Expr) -> pd.DataFrame:
        """Run an expression; a DataFrame comes back."""
        result: pd.DataFrame = self.connection.to_pandas(expression.as_table())
        return result

    def save(self, expression: ir.Table, path: Path) -> None:
        """Run an expression into a Parquet file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection.to_parquet(expression, str(path), compression="zstd")

    def close(self) -> None:
        """Give the connection back."""
        self.connection.disconnect()


@contextmanager
def reading(what: str, where: str) -> Iterator[None]:
    """Turn a failure of reading data into an error that names what was read and how to mend it."""
    try:
        yield
    except duckdb.Error as error:
        text = str(error)
        if gone := re.search(r'No files found that match the pattern "(.*)"', text):
            fix = "Write the path as it is seen from the params file."
            raise UsageError(f"{what}: there is no file {gone[1]}", where=where, fix=fix) from error
        if re.search(r"unicode|utf-?8|encod", text, re.IGNORECASE):
            raise DataError(
                f"{what} is not UTF-8 text",
                where=where,
                fix="Save it as UTF-8, or name its encoding beside its path, such as `encoding: gb18030`.",
            ) from error
        raise DataError(f"{what} cannot be read: {_first_lines(text)}", where=where) from error


def _first_lines(text: str) -> str:
    """The engine's own words, without its hints about options of its own."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[:2])[:300]
