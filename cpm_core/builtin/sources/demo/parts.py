"""Parquet folders that grow by one table at a time."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq


class Parts:
    """Writers of `folder/<table>/part-00000.parquet` …, with a new part after so many tables.

    A context manager: the files are whole once it ends.
    """

    def __init__(self, folder: Path, tables_a_part: int) -> None:
        self.folder = folder
        self.tables_a_part = tables_a_part
        self.rows: dict[str, int] = {}
        """Rows written, by table."""
        self._written: dict[str, int] = {}
        self._open: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._open.values():
            writer.close()

    def write(self, name: str, table: pa.Table) -> None:
        """Append to one table's folder, as one row group."""
        written = self._written.get(name, 0)
        if written % self.tables_a_part == 0:
            self._next(name, table.schema, written // self.tables_a_part)
        self._open[name].write_table(table, row_group_size=max(1, table.num_rows))
        self._written[name] = written + 1
        self.rows[name] = self.rows.get(name, 0) + table.num_rows

    def _next(self, name: str, schema: pa.Schema, number: int) -> None:
        if name in self._open:
            self._open[name].close()
        path = self.folder / name / f"part-{number:05d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open[name] = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=1,
            # A dictionary of ids, times or amounts costs time and saves nothing.
            use_dictionary=[field.name for field in schema if pa.types.is_dictionary(field.type)],
            # Without the Arrow schema, columns of few values are read back as plain text.
            store_schema=False,
            store_decimal_as_integer=True,
        )
