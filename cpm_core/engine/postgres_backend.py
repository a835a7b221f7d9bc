"""ibis' backend for PostgreSQL, with SQL as it should be and decimals that stay exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibis.backends.postgres import Backend
from ibis.formats.pandas import PandasData

from cpm_core.engine.postgres_sql import PostgresCompiler

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd


class PostgresBackend(Backend):  # type: ignore[misc]  # ibis ships no types
    """Gives frames of the types that DuckDB's have; ibis would make floats of decimals on the way."""

    compiler = PostgresCompiler()

    def execute(self, expr: ir.Expr, /, *, params: Any = None, limit: Any = None, **_: Any) -> Any:
        """Run an expression; a DataFrame comes back (of a column or a value, that)."""
        import pandas as pd

        table = expr.as_table()
        self._run_pre_execute_hooks(table)
        rows = self.con.execute(self.compile(table, params=params, limit=limit).encode()).fetchall()
        cells = zip(*rows, strict=True) if rows else ([] for _ in table.columns)
        # Objects, so that pandas guesses nothing of its own; whole numbers with a null are floats, as of DuckDB.
        columns = {
            name: pd.Series(list(column), dtype=None if kind.is_integer() else "object")
            for (name, kind), column in zip(table.schema().items(), cells, strict=True)
        }
        frame: pd.DataFrame = PandasData.convert_table(pd.DataFrame(columns), table.schema())
        return expr.__pandas_result__(frame)
