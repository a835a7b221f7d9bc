"""A connection to PostgreSQL, and errors that tell no secret."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.engine.engine import first_lines
from cpm_core.model.errors import DataError, UsageError

if TYPE_CHECKING:
    import psycopg

    from cpm_core.engine.duck import DuckEngine
    from cpm_core.engine.postgres import PostgresEngine

_INSTALL = "Install the extra: pip install 'cpm-core[postgres]'."
_SECONDS = 10
"""How long a server may take to answer."""
_PASSING = re.compile(
    "refused|timeout|timed out|unreachable|reset|closed the connection|starting up|shutting down|too many|No such file"
)
"""In what is said of a server that may be there in a while; a password or a name stays wrong."""
_FIXED = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "client_encoding": "UTF8",
    # Texts of floats that read back as the same float.
    "extra_float_digits": "1",
    # To compile a query of many KPIs takes longer than to run it.
    "jit": "off",
}
"""Fixed for every session: figures rest on them."""


def open_postgres(url: str | None, timeout: float | None, scratch: Path, reader: DuckEngine) -> PostgresEngine:
    """An engine on PostgreSQL.

    Args:
        url: `postgresql://user@host/database`; None: what libpq finds in the environment (PGHOST, PGSERVICE …).
        timeout: Seconds that a query may take.
        scratch: Folder for files on their way.
        reader: The DuckDB that reads files.

    Raises:
        UsageError: psycopg is missing, or the address is none.
        DataError: The server cannot be reached.
    """
    try:
        import psycopg  # noqa: F401  # asked for here, so that its lack is told in plain words
    except ImportError as error:
        raise UsageError("engine postgres needs the package psycopg", where="engine", fix=_INSTALL) from error
    from cpm_core.engine.postgres import PostgresEngine

    connection = connect(url)
    settings = {**_FIXED, **({"statement_timeout": f"{timeout * 1000:.0f}"} if timeout else {})}
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    return PostgresEngine(connection, scratch, reader)


def connect(url: str | None) -> psycopg.Connection[Any]:
    """A connection of its own.

    Raises:
        UsageError: The address is none.
        DataError: The server cannot be reached.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    # The causes are left out of the errors: a library's words may repeat the address, and it may hold a password.
    try:
        said = conninfo_to_dict(url or "")
    except psycopg.Error:
        fix = "Write it as postgresql://user@host:5432/database."
        raise UsageError("the address of the PostgreSQL server cannot be read", where="engine.url", fix=fix) from None
    beside: dict[str, Any] = {"application_name": "cpm"}
    if "PGCONNECT_TIMEOUT" not in os.environ:
        beside["connect_timeout"] = _SECONDS
    try:
        return psycopg.connect(url or "", autocommit=True, **{**beside, **said})
    except (psycopg.Error, UnicodeError) as error:
        words = _without(first_lines(str(error)), said.get("password"), os.environ.get("PGPASSWORD"))
    raise DataError(
        f"PostgreSQL cannot be reached: {words}",
        where="engine.url" if url else "engine",
        fix="See that the server runs, and that host, port, database and user are right; a password comes from "
        "PGPASSWORD, ~/.pgpass or a reference, as `url: postgresql://user:{secret://env/NAME}@host/database`.",
        heals=_PASSING.search(words) is not None,
    )


def _without(words: str, *secrets: Any) -> str:
    for secret in filter(None, secrets):
        words = words.replace(str(secret), "•••")
    return words
