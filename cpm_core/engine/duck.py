"""DuckDB, embedded: the default engine, and the reader of files for every other one."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import ibis
from ibis.backends.duckdb import Backend

from cpm_core.engine import dialects
from cpm_core.engine.engine import Engine, first_lines, pattern_of
from cpm_core.engine.limits import ended_after
from cpm_core.model.errors import DataError, UsageError
from cpm_core.model.names import nearest
from cpm_core.params.paths import shown

if TYPE_CHECKING:
    import ibis.expr.types as ir

_ATTACHED = "attached"
"""What the database of the params is called."""


class _Connection(Backend):  # type: ignore[misc]  # ibis ships no types
    """ibis' connection, which compiles an expression on unbound tables once a process."""

    def compile(self, expr: ir.Expr, /, **options: Any) -> str:
        """The SQL of an expression."""
        if any(option is not None for option in options.values()) or not _is_plain(expr):
            return str(super().compile(expr, **options))
        return dialects.sql_of(expr.as_table().op(), self.name)

    def _run_pre_execute_hooks(self, expr: ir.Expr) -> None:
        """Make rows of this process known, and load what an expression needs; looking for such takes its time."""
        if not _is_plain(expr):
            super()._run_pre_execute_hooks(expr)

    def _to_duckdb_relation(self, expr: ir.Expr, **options: Any) -> Any:
        """What gives the rows; a relation, as ibis has it, is planned twice."""
        if any(option is not None for option in options.values()) or not _is_plain(expr):
            return super()._to_duckdb_relation(expr, **options)
        return self.con.execute(self.compile(expr))


def _rows_of(path: str) -> str:
    """A quoted path's rows: without hive_partitioning=false a folder `region=North` would be a column, over its own."""
    return f"SELECT * FROM read_parquet('{path}', hive_partitioning = false)"


def _is_plain(expr: ir.Expr) -> bool:
    """Whether an expression is on unbound tables, and needs no extension."""
    table = expr.as_table()
    return dialects.is_unbound(table.op()) and not table.schema().geospatial


class DuckEngine(Engine):
    """An embedded DuckDB, in memory, that spills to ``scratch``; tables are Parquet files.

    Args:
        scratch: Folder for what does not fit in memory.
        threads: Number of threads; None: all cores.
        memory_limit: Such as `4GB`; None: DuckDB's default of 80 % of the machine.
        database: A DuckDB file whose tables sources may read, and nobody writes.

    Raises:
        UsageError: There is no such file.
        DataError: It is no DuckDB file, or another process writes to it.
    """

    backend = "duckdb"

    def __init__(
        self,
        scratch: Path,
        threads: int | None = None,
        memory_limit: str | None = None,
        database: Path | None = None,
    ) -> None:
        config: dict[str, Any] = {"temp_directory": str(scratch / "spill")}
        if threads:
            config["threads"] = threads
        if memory_limit:
            config["memory_limit"] = memory_limit
        self.scratch = scratch
        self.connection = _Connection().connect(**config)
        # Instants are shown and cut in UTC; the workbook's zone is applied by expressions.
        self.connection.raw_sql("SET TimeZone = 'UTC'")
        # Its bar would go to standard output, which scripts read, and into notebooks.
        self.connection.raw_sql("SET enable_progress_bar = false")
        self.database = database
        self._views: dict[str, Path] = {}
        self._shown: dict[str, Path] = {}
        self._schemas: dict[tuple[Path, int, int, int], ibis.Schema] = {}
        if database is not None:
            self._attach(database)

    def _attach(self, database: Path) -> None:
        if not database.is_file():
            beside = [one.name for one in database.parent.glob("*.*db")] if database.parent.is_dir() else []
            raise UsageError(
                f"there is no file {shown(database)}", where="engine.database", nearest=nearest(database.name, beside)
            )
        quoted = str(database).replace("'", "''")
        try:
            self.connection.raw_sql(f"ATTACH '{quoted}' AS {_ATTACHED} (READ_ONLY)")
        except duckdb.Error as error:
            self.connection.disconnect()
            words = f"{shown(database)} cannot be opened: {first_lines(str(error))}"
            raise DataError(words, where="engine.database", fix="See that no other program has it open.") from error

    @property
    def files(self) -> DuckEngine:
        """Itself."""
        return self

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What DuckDB raises."""
        return (duckdb.Error,)

    def save(self, expression: ir.Table, path: Path) -> None:
        """Run an expression into a Parquet file; ibis' own way quotes paths as Python does, and not as SQL."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection._run_pre_execute_hooks(expression)  # noqa: SLF001  # makes rows of this process known
        quoted = str(path).replace("'", "''")
        query = self.connection.compile(expression)
        self.connection.raw_sql(f"COPY ({query}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")

    def store(self, folder: Path, name: str, expression: ir.Table) -> ir.Table:
        """Run an expression into a Parquet file of a folder."""
        path = _file(folder, name)
        aside = path.with_suffix(f".{os.getpid()}")
        self.save(expression, aside)
        aside.replace(path)
        return self.stored(folder, name)

    def move(self, folder: Path, name: str, parquet: Path) -> ir.Table:
        """Give a Parquet file its name in a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        parquet.replace(_file(folder, name))
        return self.stored(folder, name)

    def has(self, folder: Path, name: str) -> bool:
        """Whether the file is there."""
        return _file(folder, name).is_file()

    def stored(self, folder: Path, name: str) -> ir.Table:
        """The rows of the file, by the name of a view: what is asked of them is compiled once a process."""
        view = f"{folder.name}/{name}"
        if self._views.setdefault(view, folder) != folder:
            view = f"{folder}/{name}"
        self._view(view, _file(folder, name))
        return ibis.table(self.schema(view), name=view)

    def named(self, name: str, table: ir.Table) -> ir.Table:
        """A view of the table, whose name stands for it whatever it is made of."""
        self.connection._run_pre_execute_hooks(table)  # noqa: SLF001  # makes rows of this process known
        quoted = name.replace('"', '""')
        self._shown.pop(name, None)
        self.connection.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{quoted}" AS {self.connection.compile(table)}')
        return ibis.table(table.schema(), name=name)

    def show(self, folder: Path, name: str) -> None:
        """Make a view of the file."""
        self._view(name, _file(folder, name))

    def schema(self, name: str) -> ibis.Schema:
        """Columns and types; DuckDB is asked once for those of a file."""
        file = self._shown.get(name)
        if file is None:
            return super().schema(name)
        about = file.stat()
        key = (file, about.st_ino, about.st_mtime_ns, about.st_size)
        if key not in self._schemas:
            self._schemas[key] = super().schema(name)
        return self._schemas[key]

    def _view(self, name: str, file: Path) -> None:
        path, quoted = pattern_of(file).replace("'", "''"), name.replace('"', '""')
        self.connection.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{quoted}" AS {_rows_of(path)}')
        self._shown[name] = file

    def give(self, name: str, rows: ir.Table) -> None:
        """Make a few rows of this process known."""
        self._shown.pop(name, None)
        super().give(name, rows)

    def table(self, name: str) -> ir.Table:
        """A view or a small table."""
        return self.connection.table(name)

    def limited(self, seconds: float) -> AbstractContextManager[None]:
        """A block whose queries are interrupted."""
        return ended_after(seconds, self.connection.con.interrupt)

    def drop(self, folder: Path) -> None:
        """Nothing is kept outside the folder."""

    def _home(self) -> tuple[str, str]:
        if self.database is None:
            raise UsageError(
                "there is no database to read",
                where="engine",
                fix="Name one: engine: {backend: duckdb, database: ../data/shop.duckdb}, or another backend's url.",
            )
        return _ATTACHED, "main"


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"
