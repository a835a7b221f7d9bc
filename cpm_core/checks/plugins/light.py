"""DuckDB on the kept tiny book: queries without a data frame, so that a check loads neither pandas nor pyarrow."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import duckdb
import ibis
import ibis.expr.operations as ops

from cpm_core.checks.plugins.kept import Kept
from cpm_core.engine import dialects
from cpm_core.engine.engine import Engine, pattern_of
from cpm_core.engine.limits import ended_after

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from cpm_core.engine.duck import DuckEngine


class LightEngine(Engine):
    """Tables of the kept book, and those of the plugin under test in a folder of their own.

    Args:
        book: The kept tiny book.
        scratch: Where tables of the plugin are stored.
        changed: Kept tables that the plugin changes, which are worked out anew.
    """

    backend = "duckdb"

    def __init__(self, book: Kept, scratch: Path, changed: frozenset[str] = frozenset()) -> None:
        self.scratch = scratch
        self._files_of = {name: book.folder / f"{name}.parquet" for name in book.schemas if name not in changed}
        self._schemas = {name: schema for name, schema in book.schemas.items() if name not in changed}
        self._known: set[str] = set()

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Opened at the first query: what is asked of children comes before, while there is nothing to share."""
        connection = duckdb.connect(config={"threads": 1})
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        return connection

    def rows(self, expression: ir.Table) -> list[tuple[Any, ...]]:
        """Run an expression on unbound tables; one tuple a row."""
        node = expression.op()
        self._show_all(node)
        return self.connection.execute(dialects.sql_of(node, self.backend)).fetchall()

    def _show_all(self, node: ops.Relation) -> None:
        for table in node.find(ops.UnboundTable):
            name = table.name
            if name not in self._known and name in self._files_of:
                path = pattern_of(self._files_of[name]).replace("'", "''")
                self.connection.execute(
                    f"CREATE VIEW \"{name}\" AS FROM read_parquet('{path}', hive_partitioning = false)"
                )
                self._known.add(name)

    def frame(self, expression: ir.Expr) -> pd.DataFrame:
        """Run an expression on unbound tables into a frame: only where the core itself asks for one."""
        node = expression.as_table().op()
        self._show_all(node)
        return self.connection.execute(dialects.sql_of(node, self.backend)).df()

    @property
    def files(self) -> DuckEngine:
        """None: no source is read."""
        return _never("files")

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What DuckDB raises."""
        return (duckdb.Error,)

    def store(self, folder: Path, name: str, expression: ir.Table) -> ir.Table:
        """Run an expression into a Parquet file."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.parquet"
        node = expression.op()
        self._show_all(node)
        quoted = str(path).replace("'", "''")
        self.connection.execute(f"COPY ({dialects.sql_of(node, self.backend)}) TO '{quoted}' (FORMAT parquet)")
        self._files_of[name], self._schemas[name] = path, expression.schema()
        return self.table(name)

    def move(self, folder: Path, name: str, parquet: Path) -> ir.Table:  # noqa: ARG002  # as the base class has it
        """Nothing is: computed tables are kept."""
        return _never(name)

    def has(self, folder: Path, name: str) -> bool:  # noqa: ARG002  # a name stands for one table here
        """Whether a table is kept, or was stored."""
        return name in self._schemas

    def stored(self, folder: Path, name: str) -> ir.Table:  # noqa: ARG002  # as above
        """A table by name."""
        return self.table(name)

    def show(self, folder: Path, name: str) -> None:
        """Tables are known by their names; a view is made of one when a query asks for it."""

    def table(self, name: str) -> ir.Table:
        """A table without a connection: its schema and its name."""
        return ibis.table(self._schemas[name], name=name)

    def give(self, name: str, rows: ir.Table) -> None:
        """Make a few rows known by a name."""
        self.connection.register(name, rows.op().data.to_pyarrow(rows.schema()))
        self._known.add(name)

    def limited(self, seconds: float) -> AbstractContextManager[None]:
        """A block whose queries are interrupted."""
        return ended_after(seconds, self.connection.interrupt)

    def drop(self, folder: Path) -> None:
        """The folder is the caller's."""

    def close(self) -> None:
        """Give the connection back, if there is one."""
        if "connection" in self.__dict__:
            self.connection.close()


def _never(what: str) -> NoReturn:
    raise NotImplementedError(f"the kept tiny book has no {what}")
