"""PostgreSQL: tables and measures on a server."""

from __future__ import annotations

import contextlib
import hashlib
import io
import secrets
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import ibis.expr.datatypes as dt
import psycopg
from ibis.common.exceptions import TableNotFound
from psycopg import errors

from cpm_core.engine.engine import Engine, first_lines, pattern_of
from cpm_core.engine.guarded import POSTGRES
from cpm_core.engine.limits import SlowError
from cpm_core.engine.notes import NAMES
from cpm_core.engine.postgres_backend import PostgresBackend
from cpm_core.model import folders
from cpm_core.model.errors import DataError

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir
    import pyarrow as pa

    from cpm_core.engine.duck import DuckEngine

_NOTE = NAMES[0]
"""File of a folder that tells the schema of its tables."""
_OWN = frozenset("bool int2 int4 int8 float4 float8 numeric date timestamp timestamptz".split())
"""The server's types that ibis and the expressions know; others (enums, identifiers, addresses) are read as text."""
_TEXT, _COLLATION = "text", ' COLLATE "C"'
_ROWS = 100_000
"""Rows that are moved at a time."""
_PLAIN = (dt.Boolean, dt.Integer, dt.Floating, dt.Decimal, dt.String, dt.Date, dt.Timestamp)
"""Types that go to the server as they are; others go as text."""


class PostgresEngine(Engine):
    """A session on a server; the tables of a folder are in a schema `cpm_...` of their own.

    Texts are compared by their characters' numbers (collation "C"), as on the other engines, so that
    ties and orders do not depend on the server's language.

    Args:
        session: An open connection in autocommit.
        scratch: Folder for files on their way.
        reader: The DuckDB that reads files.
    """

    backend = "postgres"
    dialect: ClassVar = POSTGRES

    def __init__(self, session: psycopg.Connection[Any], scratch: Path, reader: DuckEngine) -> None:
        self.scratch = scratch
        self.session = session
        self.connection = PostgresBackend.from_connection(session)
        self._reader = reader
        self._shown: dict[str, ir.Table] = {}
        self._owned: list[Path] = []

    @property
    def files(self) -> DuckEngine:
        """The embedded DuckDB."""
        return self._reader

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What psycopg raises."""
        return (psycopg.Error,)

    def store(self, folder: Path, name: str, expression: ir.Table) -> ir.Table:
        """Run an expression into a table of the folder's schema."""
        place = self._place(folder, name)
        # Not in the server's log: after a crash the run is done again anyway.
        self._create(f"UNLOGGED TABLE {place}", expression)
        # Without statistics the planner would take a large table for a small one.
        self._run(f"ANALYZE {place}")
        return self.stored(folder, name)

    def move(self, folder: Path, name: str, parquet: Path) -> ir.Table:
        """Copy the rows of a Parquet file to the server."""
        import pyarrow.parquet as pq

        place = self._place(folder, name)
        kinds = self._kinds(self._reader.connection.read_parquet(pattern_of(parquet), hive_partitioning=False).schema())
        columns = ", ".join(
            f"{_quoted(column)} {kind}{_COLLATION if kind == _TEXT else ''}" for column, kind in kinds.items()
        )
        self._run(f"CREATE UNLOGGED TABLE {place} ({columns})")
        with self.session.cursor() as cursor, cursor.copy(f"COPY {place} FROM STDIN (FORMAT csv)".encode()) as copy:
            for batch in pq.ParquetFile(parquet).iter_batches(_ROWS):
                copy.write(_csv(batch))
        self._run(f"ANALYZE {place}")
        return self.stored(folder, name)

    def has(self, folder: Path, name: str) -> bool:
        """Whether the folder's schema has the table."""
        query = "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = %s"
        return self.session.execute(query, (_noted(folder), name)).fetchone() is not None

    def stored(self, folder: Path, name: str) -> ir.Table:
        """A table of the folder's schema."""
        return self.connection.table(name, database=_noted(folder))

    def show(self, folder: Path, name: str) -> None:
        """Make a view of this session, whose own schema comes first when a bare name is looked up."""
        self._shown[name] = self.stored(folder, name)
        self._run(f"DROP VIEW IF EXISTS pg_temp.{_quoted(name)}")
        self._run(f"CREATE TEMP VIEW {_quoted(name)} AS SELECT * FROM {self._place(folder, name)}")

    def table(self, name: str) -> ir.Table:
        """A table that was shown or given."""
        return self._shown[name]

    def give(self, name: str, rows: ir.Table) -> None:
        """Make a temporary table."""
        self._run(f"DROP TABLE IF EXISTS pg_temp.{_quoted(name)}")
        self._create(f"TEMP TABLE {_quoted(name)}", rows)
        self._shown[name] = self.connection.table(name, database=self.connection._session_temp_db)  # noqa: SLF001  # ibis has no public way to ask

    @contextlib.contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """A block in which the server ends each statement that takes so long; a shorter limit of the params stays."""
        row = self.session.execute("SELECT setting::int8 FROM pg_settings WHERE name = 'statement_timeout'").fetchone()
        before = int(row[0]) if row else 0
        wanted = max(1, round(seconds * 1000))
        shorter = 0 < before <= wanted
        self._timeout(before if shorter else wanted)
        try:
            yield
        except errors.QueryCanceled as error:
            raise SlowError.after(before / 1000 if shorter else seconds) from error
        finally:
            self._timeout(before)

    def _timeout(self, milliseconds: int) -> None:
        if not self.session.closed:
            self.session.execute("SELECT set_config('statement_timeout', %s, false)", (str(milliseconds),))

    def drop(self, folder: Path) -> None:
        """Drop the schemas of a folder and of those within."""
        _drop(self.session, folder)

    def own(self, folder: Path) -> None:
        """Let a folder and its tables go with the connection."""
        self._owned.append(folder)
        weakref.finalize(self.connection, _end, self.session, folder)

    def close(self) -> None:
        """Drop what is its own, and give the connections back."""
        for folder in self._owned:
            _drop(self.session, folder)
        self.session.close()
        self._reader.close()

    def database_table(self, name: str) -> ir.Table:
        """A table, its texts as plain ones whatever type of text they are of."""
        *schema, table = name.split(".")
        query = (
            "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = %s "
            "AND n.nspname = ANY(%s) AND c.relkind = ANY('{r,v,m,f,p}') ORDER BY array_position(%s, n.nspname) LIMIT 1"
        )
        places = schema or self._search_path()
        found = self.session.execute(query, (table, places, places)).fetchone()
        if found is None:
            raise TableNotFound(name)
        return self._view(f"SELECT * FROM {_quoted(found[0])}.{_quoted(table)}")

    def database_query(self, query: str) -> ir.Table:
        """A query; bare names in it are looked up as if this session had no tables of its own."""
        return self._view(query)

    def database_tables(self) -> list[str]:
        """Tables on the search path by their bare names, others with their schemas."""
        query = (
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') "
            "UNION SELECT schemaname, viewname FROM pg_views WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        here, found = self._search_path(), self.session.execute(query).fetchall()
        return [table if schema in here else f"{schema}.{table}" for schema, table in found]

    def _search_path(self) -> list[str]:
        """The schemas in which the database looks a bare name up, without this session's own."""
        row = self.session.execute("SELECT current_schemas(false)").fetchone()
        return [str(name) for name in row[0]] if row else []

    def _view(self, query: str) -> ir.Table:
        """A view of this session over a query, with every column of a type that expressions can compare."""
        name = f"asked_{hashlib.sha256(query.encode()).hexdigest()[:16]}"
        path = ", ".join([*map(_quoted, self._search_path()), "pg_temp"])
        with self.session.transaction():
            # What a view's bare names mean is settled when it is made.
            self._run(f"SET LOCAL search_path TO {path}")
            if self._run(f"SELECT to_regclass('pg_temp.{name}')").fetchone() == (None,):
                found = self._run(f"SELECT * FROM ({query}) AS asked LIMIT 0").description or ()
                columns = ", ".join(_comparable(column.name, column.type_code) for column in found)
                self._run(f"CREATE TEMP VIEW {name} AS SELECT {columns} FROM ({query}) AS asked")
        return self.connection.table(name, database=self.connection._session_temp_db)  # noqa: SLF001  # as above

    def _create(self, what: str, expression: ir.Table) -> None:
        """Make a table of an expression, with the types that the expression says."""
        columns = ", ".join(
            f"CAST({_quoted(column)} AS {kind}){_COLLATION if kind == _TEXT else ''} AS {_quoted(column)}"
            for column, kind in self._kinds(expression.schema()).items()
        )
        self._run(f"CREATE {what} AS SELECT {columns} FROM ({self._sql(expression)}) AS given")

    def _sql(self, expression: ir.Table) -> str:
        self.connection._run_pre_execute_hooks(expression)  # noqa: SLF001  # brings rows of this process to the server
        return str(self.connection.compile(expression))

    def _kinds(self, schema: ibis.Schema) -> dict[str, str]:
        """The server's names of types."""
        types = self.connection.compiler.type_mapper

        def kind(one: dt.DataType) -> str:
            plain = isinstance(one, _PLAIN) and not isinstance(one, dt.String)
            return str(types.to_string(one)) if plain else _TEXT

        return {name: kind(one) for name, one in schema.items()}

    def _place(self, folder: Path, name: str) -> str:
        """Schema and table, quoted; the schema is made if there is none."""
        schema = _noted(folder)
        if not schema:
            schema = f"cpm_{secrets.token_hex(8)}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / _NOTE).write_text(schema, encoding="utf-8")
            self._run(f"CREATE SCHEMA {schema}")
        return f"{schema}.{_quoted(name)}"

    def _run(self, query: str) -> psycopg.Cursor[Any]:
        try:
            return self.session.execute(query.encode())
        except errors.InsufficientPrivilege as error:
            raise DataError(
                f"PostgreSQL does not allow it: {first_lines(str(error))}", where="engine", fix=self._grant()
            ) from error

    def _grant(self) -> str:
        name, user = self.session.info.dbname, self.session.info.user
        return (
            "Reports keep their tables in a schema of their own while they run. Ask for: "
            f"GRANT CREATE, TEMPORARY ON DATABASE {_quoted(name)} TO {_quoted(user)}; "
            f"and SELECT on the tables that are read."
        )


def _noted(folder: Path) -> str:
    """The schema of a folder's tables; empty if it has none yet."""
    note = folder / _NOTE
    return note.read_text(encoding="utf-8") if note.is_file() else ""


def _drop(session: psycopg.Connection[Any], folder: Path) -> None:
    for note in folder.rglob(_NOTE):
        session.execute(f"DROP SCHEMA IF EXISTS {note.read_text(encoding='utf-8')} CASCADE".encode())
        note.unlink()


def _end(session: psycopg.Connection[Any], folder: Path) -> None:
    """What is left to do when nobody holds a connection any more."""
    if not session.closed:
        with contextlib.suppress(psycopg.Error):
            _drop(session, folder)
        session.close()
    folders.remove(folder)


def _csv(batch: pa.RecordBatch) -> bytes:
    """Rows as COPY reads them: nothing for null, quotes around every text."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    def fitted(column: pa.Array) -> pa.Array:
        # The one character that PostgreSQL's texts cannot hold.
        return pc.replace_substring(column, "\0", "�") if pa.types.is_string(column.type) else column

    cleaned = pa.RecordBatch.from_arrays([fitted(column) for column in batch.columns], names=batch.schema.names)
    stream = io.BytesIO()
    csv.write_csv(cleaned, stream, csv.WriteOptions(include_header=False))
    return stream.getvalue()


def _comparable(column: str, oid: int) -> str:
    kind = psycopg.adapters.types.get(oid)
    name = _quoted(column)
    return name if kind and kind.name in _OWN else f"CAST({name} AS {_TEXT}){_COLLATION} AS {name}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
