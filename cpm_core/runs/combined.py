"""`facts.parquet` of all reports: the facts that readers see now, in one table."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cpm_core.runs.catalogue import Entry, entries
from cpm_core.runs.lock import locked

if TYPE_CHECKING:
    import pyarrow as pa

FACTS = "facts.parquet"
REPORT = "report"
"""Column put before the others: the report's folder, as `online_retail/region=north`."""
GRID = "grid_member"
"""Column put behind it: the member of a grid alone; empty: no grid. (`member` is that of a slice.)"""


def write_facts(out: Path) -> Path | None:
    """Write the facts of the runs that readers see, of all reports in ``out``, and swap them in by rename.

    A column that some reports lack is null in their rows; where types differ, the wider one is taken, else text. A
    report is read at a time, so that memory stays that of the largest.

    Returns:
        The file; None if no report has facts.

    Raises:
        OSError: It cannot be written.
    """
    path = out / FACTS
    with locked(out, FACTS, wait=True):
        found = sorted((one for one in entries(out) if one.latest and FACTS in one.files), key=lambda one: one.report)
        if not found:
            return None
        aside = out / f".{FACTS}-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            _write(found, aside)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    return path


def _write(found: Sequence[Entry], path: Path) -> None:
    import pyarrow.parquet as pq

    schema = _together([pq.read_schema(one.folder / FACTS) for one in found])
    with pq.ParquetWriter(path, schema) as writer:
        for table in _tables(found, schema):
            writer.write_table(table)


def _tables(found: Sequence[Entry], schema: pa.Schema) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for one in found:
        # The file alone: the folder's name would be read as a partition, `region=north`.
        table = pq.ParquetFile(one.folder / FACTS).read()
        words = {REPORT: one.report, GRID: one.report.partition("/")[2]}
        columns = [
            pa.repeat(pa.scalar(words[field.name]), len(table))
            if field.name in words
            else table[field.name].cast(field.type)
            if field.name in table.column_names
            else pa.nulls(len(table), field.type)
            for field in schema
        ]
        yield pa.Table.from_arrays(columns, schema=schema)


def _together(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """One schema that holds all columns."""
    import pyarrow as pa

    types: dict[str, pa.DataType] = {REPORT: pa.string(), GRID: pa.string()}
    for field in (field for schema in schemas for field in schema):
        types[field.name] = _wider(types.get(field.name, field.type), field.type)
    return pa.schema(list(types.items()))


def _wider(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if one == other:
        return one
    try:
        parts = [pa.schema([("column", kind)]) for kind in (one, other)]
        return pa.unify_schemas(parts, promote_options="permissive").field(0).type
    except pa.ArrowTypeError:
        return pa.string()
