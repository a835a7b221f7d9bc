"""What a workbook asks of the engine on which its tables live and its measures run."""

from __future__ import annotations

import glob
import re
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import sqlglot as sg
from sqlglot.optimizer.qualify_tables import qualify_tables

from cpm_core.engine.dialect import DUCKDB, Dialect
from cpm_core.model import folders
from cpm_core.model.errors import DataError, UsageError
from cpm_core.model.secrets import scrubbed

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir
    import pandas as pd
    import pyarrow as pa

    from cpm_core.engine.duck import DuckEngine


class Engine(ABC):
    """A connection with a place for tables.

    A stored table belongs to a folder: DuckDB keeps it there as a Parquet file, the others keep it in
    a schema of their own, whose name stands in the folder. So a table is found again by its folder and
    name, in another process too. Once :meth:`show` has been called it is known by its bare name, as
    unbound expressions ask for it.

    Attributes:
        backend: Its name in params.
        dialect: Casts and time zones.
        connection: The Ibis backend on which tables and measures run.
        scratch: Folder for what does not fit in memory.
    """

    backend: ClassVar[str]
    dialect: ClassVar[Dialect] = DUCKDB
    connection: Any
    scratch: Path

    @property
    @abstractmethod
    def files(self) -> DuckEngine:
        """The embedded DuckDB that reads files for every backend (itself, where that is the engine)."""

    @property
    @abstractmethod
    def failures(self) -> tuple[type[Exception], ...]:
        """What the engine raises when it cannot read or run something."""

    @abstractmethod
    def store(self, folder: Path, name: str, expression: ir.Table) -> ir.Table:
        """Run an expression into a table of a folder; there must be none of that name. It comes back whole or not at all."""

    @abstractmethod
    def move(self, folder: Path, name: str, parquet: Path) -> ir.Table:
        """Bring a Parquet file of the reader's into a table of a folder, a piece at a time."""

    @abstractmethod
    def has(self, folder: Path, name: str) -> bool:
        """Whether a folder has a table."""

    @abstractmethod
    def stored(self, folder: Path, name: str) -> ir.Table:
        """A table of a folder."""

    def named(self, name: str, table: ir.Table) -> ir.Table:  # noqa: ARG002  # an engine may have names for tables
        """A table to ask much of, under a name of this session where that makes it quicker; ``table`` must outlive it."""
        return table

    @abstractmethod
    def show(self, folder: Path, name: str) -> None:
        """Make a table of a folder known by its bare name in this session."""

    @abstractmethod
    def table(self, name: str) -> ir.Table:
        """A table that is known by its bare name."""

    def schema(self, name: str) -> ibis.Schema:
        """Columns and types of a table that is known by its bare name."""
        return self.table(name).schema()

    @abstractmethod
    def drop(self, folder: Path) -> None:
        """Drop what is kept outside a folder for it and for the folders within; its files are left to its owner."""

    def give(self, name: str, rows: ir.Table) -> None:
        """Make a few rows of this process known by a bare name in this session."""
        self.connection.create_table(name, rows, overwrite=True, temp=True)

    def lives_here(self, table: ir.Expr) -> bool:
        """Whether an expression reads tables of this engine (and not the reader's, or rows of this process)."""
        backends, _ = table._find_backends()  # noqa: SLF001  # ibis has no public way to ask
        return self.connection in backends

    def database_table(self, name: str) -> ir.Table:
        """A table that is in the database already: `schema.table`, or a bare name as the database looks it up."""
        catalog, home = self._home()
        *schema, table = name.split(".")
        return self.connection.table(table, database=(catalog, schema[0] if schema else home))

    def database_query(self, query: str) -> ir.Table:
        """A select in the database's own SQL."""
        catalog, home = self._home()
        dialect = self.connection.dialect
        # With every table named in full: a bare name might find one of our own views.
        whole = qualify_tables(sg.parse_one(query, read=dialect), db=home, catalog=catalog, dialect=dialect)
        return self.connection.sql(whole.sql(dialect))

    def database_tables(self) -> list[str]:
        """Names of tables that can be read, for messages."""
        catalog, home = self._home()
        return list(self.connection.list_tables(database=(catalog, home)))

    def _home(self) -> tuple[str, str]:
        """Catalog and schema in which the database looks a bare name up."""
        return self.connection.current_catalog, self.connection.current_database

    def frame(self, expression: ir.Expr) -> pd.DataFrame:
        """Run an expression; a DataFrame comes back."""
        result: pd.DataFrame = self.connection.to_pandas(expression.as_table())
        return result

    def arrow(self, expression: ir.Table) -> pa.Table:
        """Run an expression; an Arrow table comes back, without Python objects for its cells on the way from DuckDB."""
        result: pa.Table = self.connection.to_pyarrow(expression)
        return result

    def save(self, expression: ir.Table, path: Path) -> None:
        """Run an expression into a Parquet file on this machine."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection.to_parquet(expression, str(path), compression="zstd")

    @abstractmethod
    def limited(self, seconds: float) -> AbstractContextManager[None]:
        """A block whose queries are ended once it has lasted so long; it then raises a SlowError."""

    def own(self, folder: Path) -> None:
        """Let a folder and its tables go with the connection, at the latest when the interpreter ends."""
        weakref.finalize(self.connection, folders.remove, folder)

    def close(self) -> None:
        """Give the connection back."""
        self.connection.disconnect()


def pattern_of(file: Path) -> str:
    """A pattern that matches this one file: DuckDB takes each path for a pattern, and `orders[1].csv` for `orders1.csv`."""
    return glob.escape(str(file))


@contextmanager
def reading(what: str, where: str, engine: Engine) -> Iterator[None]:
    """Turn an engine's failure to read data into an error that names what was read and how to mend it."""
    try:
        yield
    except engine.failures as error:
        text = str(error)
        if gone := re.search(r'No files found that match the pattern "(.*)"', text):
            fix = "Write the path as it is seen from the params file."
            raise UsageError(f"{what}: there is no file {gone[1]}", where=where, fix=fix) from error
        if engine is engine.files and re.search(r"unicode|utf-?8|encod", text, re.IGNORECASE):
            raise DataError(
                f"{what} is not UTF-8 text",
                where=where,
                fix="Save it as UTF-8, or name its encoding beside its path, such as `encoding: gb18030`.",
            ) from error
        raise DataError(f"{what} cannot be read: {first_lines(text)}", where=where) from error


def first_lines(text: str) -> str:
    """An engine's own words, without its hints about options of its own."""
    lines = [line.strip() for line in scrubbed(text).splitlines() if line.strip()]
    return " ".join(lines[:2])[:300]
