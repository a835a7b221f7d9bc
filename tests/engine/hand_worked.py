"""What the hand-worked tests ask of DuckDB, recorded to be asked of the other engines as one batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cpm_core.engine.duck import DuckEngine
from cpm_core.engine.engine import Engine

if TYPE_CHECKING:
    import pandas as pd

CASE = "_case"


@dataclass(frozen=True)
class Asked:
    """A query of a derived table or of figures, the tables that it read, and DuckDB's answer."""

    expression: Any
    tables: dict[str, pa.Table]
    answer: pd.DataFrame


@dataclass
class Record:
    """All that was asked."""

    queries: list[Asked] = field(default_factory=list)


def unbound(expression: Any) -> list[ops.UnboundTable]:
    """The tables that an expression asks for by name."""
    found: list[ops.UnboundTable] = list(expression.op().find(ops.UnboundTable))
    return found


@contextmanager
def recording() -> Iterator[Record]:
    """Note every query on named tables that DuckDB engines are asked while the block runs."""
    record, known = Record(), {}
    show, give, frame, store = DuckEngine.show, DuckEngine.give, DuckEngine.frame, DuckEngine.store
    arrow = DuckEngine.arrow

    def names(engine: DuckEngine) -> dict[str, pa.Table]:
        # By the connection itself, held here, so that no later one has the same identity.
        return known.setdefault(id(engine.connection), (engine.connection, {}))[1]

    def asked(engine: DuckEngine, expression: Any, answer: pd.DataFrame) -> None:
        # Preparing asks for deliveries by names of its own; what is wanted are the queries on prepared tables.
        asks = {one.name for one in unbound(expression)}
        if asks and asks <= set(names(engine)):
            read = {name: names(engine)[name] for name in asks}
            record.queries.append(Asked(expression, read, answer))

    def shown(engine: DuckEngine, folder: Path, name: str) -> None:
        show(engine, folder, name)
        names(engine)[name] = pq.read_table(folder / f"{name}.parquet")

    def given(engine: DuckEngine, name: str, rows: Any) -> None:
        give(engine, name, rows)
        names(engine)[name] = rows.to_pyarrow()

    def framed(engine: DuckEngine, expression: Any) -> pd.DataFrame:
        answer = frame(engine, expression)
        asked(engine, expression.as_table(), answer)
        return answer

    def fetched(engine: DuckEngine, expression: Any) -> pa.Table:
        # What the other engines are compared with is a frame.
        asked(engine, expression, frame(engine, expression))
        return arrow(engine, expression)

    def stored(engine: DuckEngine, folder: Path, name: str, expression: Any) -> Any:
        table = store(engine, folder, name, expression)
        asked(engine, expression, engine.connection.to_pandas(table))
        return table

    with patch.multiple(DuckEngine, show=shown, give=given, frame=framed, arrow=fetched, store=stored):
        yield record


def run_tests(files: Sequence[Path]) -> Record:
    """Run test files in this process and record what they ask; they must pass."""
    with recording() as record:
        code = pytest.main(["-q", "-p", "no:xdist", "-p", "no:cacheprovider", *map(str, files)])
    assert code == 0, f"the hand-worked tests do not pass on DuckDB (exit code {code})"
    return record


def stacked(record: Record) -> tuple[dict[str, pa.Table], list[Any]]:
    """All tables of the cases as a few with a column `_case`, and the queries on their stretches of these."""
    homes: dict[tuple[str, ibis.Schema], list[pa.Table]] = {}
    cases: dict[tuple[str, int], tuple[str, int]] = {}
    queries = []
    for query in record.queries:
        bound: dict[ops.Node, ops.Node] = {}
        for table in unbound(query.expression):
            rows = query.tables[table.name]
            key = (table.name, table.schema)
            parts = homes.setdefault(key, [])
            if (table.name, id(rows)) not in cases:
                number = len(parts)
                parts.append(rows.append_column(CASE, pa.array([number] * len(rows), pa.int64())))
                cases[table.name, id(rows)] = (f"{table.name}_{list(homes).index(key)}", number)
            home, number = cases[table.name, id(rows)]
            whole = ibis.table({**dict(table.schema), CASE: "int64"}, name=home)
            bound[table] = whole.filter(whole[CASE] == number).select(list(table.schema)).op()
        queries.append(query.expression.op().replace(bound).to_expr())
    names = [f"{name}_{index}" for index, (name, _) in enumerate(homes)]
    return dict(zip(names, map(pa.concat_tables, homes.values()), strict=True)), queries


def answers(engine: Engine, record: Record, folder: Path) -> list[pd.DataFrame]:
    """What an engine says to all that was asked."""
    tables, queries = stacked(record)
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        file = folder / f"{name}.moving"
        pq.write_table(rows, file)
        engine.move(folder, name, file)
        engine.show(folder, name)
    return [engine.frame(query) for query in queries]
