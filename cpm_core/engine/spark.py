"""Spark: where the data is too big for one machine."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import uuid
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot as sg
from ibis.backends.pyspark.datatypes import PySparkType
from ibis.common.exceptions import TableNotFound
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from sqlglot.optimizer.qualify_tables import qualify_tables

from cpm_core.engine.engine import Engine
from cpm_core.engine.limits import ended_after
from cpm_core.engine.spark_backend import SparkBackend
from cpm_core.engine.spark_session import close_session
from cpm_core.engine.spark_sql import SPARK
from cpm_core.engine.spark_sql import text as constant_text
from cpm_core.model import folders

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import DataType

    from cpm_core.engine.duck import DuckEngine

_INSTANT = dt.Timestamp(timezone="UTC")
_ROWS = 500_000
"""Rows that are moved at a time."""
_NOTES = "spark.json"
"""File of a folder that tells the schema of its tables, where that lies, and what is in it."""


class SparkEngine(Engine):
    """A session on Spark; the tables of a folder are in a schema of the session's catalog.

    Where the catalog is kept in memory (no Hive or other metastore), another process does not see
    what is in it: tables are then made known again from where they lie.

    Args:
        session: Of its own, see :func:`cpm_core.engine.spark_session.open_session`.
        scratch: Folder for files on their way.
        reader: The DuckDB that reads files.
    """

    backend = "spark"
    dialect: ClassVar = SPARK

    def __init__(self, session: SparkSession, scratch: Path, reader: DuckEngine) -> None:
        self.scratch = scratch
        self.session = session
        self._reader = reader
        self._asked: set[str] = set()
        self._removal: weakref.finalize[..., Any] | None = None
        self.connection = SparkBackend()
        self.connection.do_connect(session)

    @property
    def files(self) -> DuckEngine:
        """The embedded DuckDB."""
        return self._reader

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What Spark and its Java process raise."""
        return (PySparkException, Py4JError)

    def store(self, folder: Path, name: str, expression: ir.Table) -> ir.Table:
        """Run an expression into a Parquet table of the folder's schema; such a table has no order."""
        op = expression.op()
        unsorted = op.parent.to_expr() if isinstance(op, ops.Sort) else expression
        self.connection.query(unsorted).write.saveAsTable(self._place(folder, name), format="parquet")
        return self._noted(folder, name)

    def move(self, folder: Path, name: str, parquet: Path) -> ir.Table:
        """Send the rows of a Parquet file through this process: no worker needs to see the file."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        file, place = pq.ParquetFile(parquet), self._place(folder, name)
        for batch in file.iter_batches(_ROWS):
            rows = self.session.createDataFrame(pa.Table.from_batches([batch]))
            rows.write.saveAsTable(place, format="parquet", mode="append")
        if not file.metadata.num_rows:
            self.session.createDataFrame(file.schema_arrow.empty_table()).write.saveAsTable(place, format="parquet")
        return self._noted(folder, name)

    def has(self, folder: Path, name: str) -> bool:
        """Whether the folder's notes name the table."""
        return name in _notes(folder).get("tables", ())

    def stored(self, folder: Path, name: str) -> ir.Table:
        """A table of the folder's schema."""
        place = self._place(folder, name)
        if not self.session.catalog.tableExists(place):
            where = _quoted(f"{_notes(folder)['location']}/{_word(name)}")
            self.session.sql(f"CREATE TABLE {place} USING parquet LOCATION {where}")
        schema, _, table = place.partition(".")
        return self._table(table, self.session.table(place), schema)

    def show(self, folder: Path, name: str) -> None:
        """Make a view of this session."""
        self.stored(folder, name)
        self.session.table(self._place(folder, name)).createOrReplaceTempView(name)

    def table(self, name: str) -> ir.Table:
        """A view of this session."""
        return self._table(name, self.session.table(name))

    def give(self, name: str, rows: ir.Table) -> None:
        """Make a view of constants, so that Spark knows how few they are."""
        schema, types = rows.schema(), self.connection.compiler.type_mapper
        cells = [tuple(_constant(cell) for cell in row.values()) for row in rows.to_pyarrow().to_pylist()]
        typed = [sg.cast(sg.column(n, quoted=True), types.from_ibis(k)).as_(n, quoted=True) for n, k in schema.items()]
        given = sg.exp.values(cells or [(None,) * len(schema)], alias="given", columns=list(schema.names))
        query = sg.select(*typed).from_(given)
        query = query if cells else query.where(sg.exp.false())
        self.session.sql(query.sql("spark")).createOrReplaceTempView(name)

    def database_table(self, name: str) -> ir.Table:
        """A table of the catalog, its times as instants where they are instants."""
        *schema, table = name.split(".")
        place = ".".join(f"`{part}`" for part in (*(schema or self._home()), table))
        if not self.session.catalog.tableExists(place):
            raise TableNotFound(name)
        return self._view(f"SELECT * FROM {place}")

    def database_query(self, query: str) -> ir.Table:
        """A select in Spark's SQL; bare names in it are of the catalog's own schema, not of this session's views."""
        catalog, schema = self._home()
        whole = qualify_tables(sg.parse_one(query, read="spark"), db=schema, catalog=catalog, dialect="spark")
        for table in whole.find_all(sg.exp.Table):
            if table.name in self._asked:
                table.set("db", None)
                table.set("catalog", None)
        return self._view(whole.sql("spark"))

    def database_tables(self) -> list[str]:
        """Tables and views of the catalog's own schema."""
        return [table.name for table in self.session.catalog.listTables(self._home()[1]) if not table.isTemporary]

    def _home(self) -> tuple[str, str]:
        return self.session.catalog.currentCatalog(), self.session.catalog.currentDatabase()

    def _view(self, query: str) -> ir.Table:
        """A view of this session over a query, with columns of types that expressions know."""
        found = self.session.sql(query)
        instants = {field.name for field in found.schema if field.dataType.typeName() == "timestamp"}
        cells = [found[f"`{field.name}`"].cast(_plain(field.dataType)).alias(field.name) for field in found.schema]
        name = f"asked_{hashlib.sha256(query.encode()).hexdigest()[:16]}"
        found.select(cells).createOrReplaceTempView(name)
        self._asked.add(name)
        table = self.table(name)
        return table.mutate(**{column: table[column].cast(_INSTANT) for column in instants})

    def save(self, expression: ir.Table, path: Path) -> None:
        """Fetch the rows and write them to a Parquet file on this machine."""
        import pyarrow.parquet as pq

        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.connection.to_pyarrow(expression), path, compression="zstd")

    @contextlib.contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """A block whose jobs are of one group, which is cancelled."""
        context, group = self.session.sparkContext, f"cpm-{uuid.uuid4().hex}"
        context.setJobGroup(group, "a query of cpm", interruptOnCancel=True)
        try:
            with ended_after(seconds, lambda: context.cancelJobGroup(group)):
                yield
        finally:
            context.setLocalProperty("spark.jobGroup.id", None)  # type: ignore[arg-type]  # None clears it

    def drop(self, folder: Path) -> None:
        """Drop the schemas of a folder and of those within."""
        _drop(self.session, folder)

    def own(self, folder: Path) -> None:
        """Let a folder and its schemas go with the connection."""
        self._removal = weakref.finalize(self.connection, _remove, self.session, folder)

    def close(self) -> None:
        """Give the session back."""
        if self._removal is not None:
            self._removal()
        close_session(self.session)
        self._reader.close()

    def _table(self, name: str, found: DataFrame, schema: str | None = None) -> ir.Table:
        """A table by name; ibis would switch the session's schema to and fro to look at its columns."""
        columns = ibis.schema(PySparkType.to_ibis(found.schema).fields)
        return ops.DatabaseTable(name, columns, self.connection, ops.Namespace(database=schema)).to_expr()

    def _place(self, folder: Path, name: str) -> str:
        """A table's name with its schema, which is made with the first table of a folder."""
        notes = _notes(folder)
        if not notes:
            schema = f"cpm_{uuid.uuid4().hex[:16]}"
            self.session.sql(f"CREATE DATABASE {schema}")
            where = self.session.catalog.getDatabase(schema).locationUri
            notes = {"schema": schema, "location": where, "tables": []}
            _note(folder, notes)
        _make_known(self.session, notes)
        return f"{notes['schema']}.{_word(name)}"

    def _noted(self, folder: Path, name: str) -> ir.Table:
        notes = _notes(folder)
        _note(folder, {**notes, "tables": [*notes["tables"], name]})
        return self.stored(folder, name)


def _notes(folder: Path) -> dict[str, Any]:
    """What is noted of a folder's schema; nothing if it has none."""
    file = folder / _NOTES
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _note(folder: Path, notes: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{_NOTES}.{uuid.uuid4().hex}"
    aside.write_text(json.dumps(notes), encoding="utf-8")
    aside.replace(folder / _NOTES)


def _make_known(session: SparkSession, notes: dict[str, Any]) -> None:
    """See that the catalog knows a schema; one that is kept in memory knows those of its own process only."""
    if not session.catalog.databaseExists(notes["schema"]):
        session.sql(f"CREATE DATABASE {notes['schema']} LOCATION {_quoted(notes['location'])}")


def _drop(session: SparkSession, folder: Path) -> None:
    for file in sorted(folder.rglob(_NOTES)):
        notes = _notes(file.parent)
        # Dropping a schema removes its files only if the catalog knows it.
        _make_known(session, notes)
        session.sql(f"DROP DATABASE {notes['schema']} CASCADE")
        file.unlink()


def _remove(session: SparkSession, folder: Path) -> None:
    # At the interpreter's end Spark may be gone already, and with it what it kept in memory.
    with contextlib.suppress(PySparkException, Py4JError, OSError):
        _drop(session, folder)
    folders.remove(folder)


def _plain(kind: DataType) -> DataType | str:
    """A type of Spark's as one that ibis knows: a time without a zone is one of the session, which is UTC."""
    if kind.typeName() == "timestamp_ntz":
        return "timestamp"
    try:
        PySparkType.to_ibis(kind)
    except NotImplementedError:
        return "string"
    return kind


def _word(name: str) -> str:
    """A table's name as Spark's catalog takes it."""
    return re.sub(r"\W", "_", name)


def _quoted(path: str) -> str:
    return constant_text(path).sql("spark")


def _constant(cell: Any) -> Any:
    """A cell as a constant; what is no number or text goes as text, and is cast."""
    return sg.exp.convert(cell) if cell is None or isinstance(cell, (bool, int, float)) else constant_text(str(cell))
