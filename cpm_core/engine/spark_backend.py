"""ibis' backend for Spark, with SQL as it should be and results by way of Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibis.backends.pyspark import Backend
from ibis.formats.pandas import PandasData
from ibis.formats.pyarrow import PyArrowSchema

from cpm_core.engine.spark_sql import SparkCompiler

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd
    import pyarrow as pa
    from pyspark.sql import DataFrame


class SparkBackend(Backend):  # type: ignore[misc]  # ibis ships no types
    """Gives frames of the types that DuckDB's have; ibis would go by way of Spark's own, row by row."""

    compiler = SparkCompiler()

    def query(self, table: ir.Table, **said: Any) -> DataFrame:
        """An expression as Spark has it, not yet run."""
        self._run_pre_execute_hooks(table)
        found: DataFrame = self._session.sql(self.compile(table, **said))
        return found

    def to_pyarrow(self, expr: ir.Expr, /, *, params: Any = None, limit: Any = None, **_: Any) -> Any:
        """Run an expression; an Arrow table comes back (of a column or a value, that)."""
        return expr.__pyarrow_result__(self._fetched(expr.as_table(), params=params, limit=limit))

    def execute(self, expr: ir.Expr, /, *, params: Any = None, limit: Any = None, **_: Any) -> Any:
        """Run an expression; a DataFrame comes back (of a column or a value, that)."""
        import pandas as pd

        table = expr.as_table()
        found = self._fetched(table, params=params, limit=limit)
        columns = zip(found.column_names, found.columns, strict=True)
        cells = {name: column.to_pylist() if column.null_count else column.to_pandas() for name, column in columns}
        frame: pd.DataFrame = PandasData.convert_table(pd.DataFrame(cells), table.schema())
        return expr.__pandas_result__(frame)

    def _fetched(self, table: ir.Table, **said: Any) -> pa.Table:
        return self.query(table, **said).toArrow().cast(PyArrowSchema.from_ibis(table.schema()))
