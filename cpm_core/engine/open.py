"""The engine that a params file asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cpm_core.model.secrets.references import resolved

if TYPE_CHECKING:
    from cpm_core.engine.duck import DuckEngine
    from cpm_core.engine.engine import Engine
    from cpm_core.params.engine import Engine as Asked


def open_engine(asked: Asked, scratch: Path, folder: Path) -> Engine:
    """Connect to the engine of a params file.

    Args:
        asked: The key `engine`.
        scratch: Folder for what does not fit in memory.
        folder: What paths in the params are relative to.

    Raises:
        UsageError: A package, a file or a secret is missing.
        DataError: The server cannot be reached.
    """
    from cpm_core.engine.duck import DuckEngine

    database = None if asked.database is None else folder / Path(resolved(asked.database)).expanduser()
    reader = DuckEngine(scratch, asked.threads, asked.memory_limit, database)
    try:
        return reader if asked.backend == "duckdb" else _server(asked, scratch, reader)
    except Exception:
        reader.close()
        raise


def _server(asked: Asked, scratch: Path, reader: DuckEngine) -> Engine:
    url = None if asked.url is None else resolved(asked.url)
    if asked.backend == "postgres":
        from cpm_core.engine.postgres_session import open_postgres

        return open_postgres(url, asked.statement_timeout, scratch, reader)
    from cpm_core.engine.spark_session import open_session

    options = {name: resolved(value) for name, value in asked.options.items()}
    session = open_session(url, options, scratch)
    from cpm_core.engine.spark import SparkEngine

    return SparkEngine(session, scratch, reader)
