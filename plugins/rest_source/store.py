"""Pages as they come, into one Parquet file of texts; types are the core's work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .pages import Api, found, pages


def store(api: Api, table: Any, query: dict[str, str], path: Path) -> Path:
    """Write the mapped columns of all pages; what else is in a row is not kept, so that it changes no fingerprint."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in table.columns])
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, schema) as writer:
        for rows in pages(api, table, query):
            cells = {name: [_cell(row, rule) for row in rows] for name, rule in table.columns.items()}
            writer.write_table(pa.table(cells, schema=schema))
    return path


def _cell(row: dict[str, Any], rule: Any) -> str | None:
    """A value as text; null stays null."""
    if not isinstance(rule, str):
        return str(rule.value)
    value = found(row, rule)
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
