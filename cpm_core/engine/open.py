"""The engine that a params file asks for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cpm_core.model.errors import UsageError
from cpm_core.params.engine import ENVIRONMENT

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
        UsageError: A package, a file or an environment variable is missing.
        DataError: The server cannot be reached.
    """
    from cpm_core.engine.duck import DuckEngine

    database = None if asked.database is None else folder / Path(asked.database).expanduser()
    reader = DuckEngine(scratch, asked.threads, asked.memory_limit, database)
    try:
        return reader if asked.backend == "duckdb" else _server(asked, scratch, reader)
    except Exception:
        reader.close()
        raise


def _server(asked: Asked, scratch: Path, reader: DuckEngine) -> Engine:
    url = _said(asked.url, "engine.url")
    if asked.backend == "postgres":
        from cpm_core.engine.postgres_session import open_postgres

        return open_postgres(url, asked.statement_timeout, scratch, reader)
    from cpm_core.engine.spark_session import open_session

    options = {name: _said(value, f"engine.options.{name}") or "" for name, value in asked.options.items()}
    session = open_session(url, options, scratch)
    from cpm_core.engine.spark import SparkEngine

    return SparkEngine(session, scratch, reader)


def _said(said: str | None, where: str) -> str | None:
    """A value of the params, from the environment if it is there."""
    if said is None or not said.startswith(ENVIRONMENT):
        return said
    name = said.removeprefix(ENVIRONMENT)
    if not os.environ.get(name):
        raise UsageError(f"the environment variable {name} is not set", where=where, fix="Set it before the run.")
    return os.environ[name]
