"""The `files` source: CSV, Parquet and Excel files of one's own, mapped in YAML alone.

Per table either `path` (one file or a glob; `sheet` for Excel, `encoding` for CSV) with `columns`
that map each canonical column to a source column, to ``{value: constant}`` or to ``{sql: "price +
freight"}``; or `query`, a DuckDB select over files. A column that the mapping leaves unnamed keeps
its own name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cpm_core.api import DataError, Delivery, Source, Text, hookimpl, nearest

_RAW = "__raw__"
"""Prefix of a CSV's columns as text beside their typed twins, which SQL expressions see."""


def _options() -> type:
    from datetime import date

    from pydantic import BaseModel, ConfigDict, Field, model_validator

    class Constant(BaseModel):
        """The same value in every row."""

        model_config = ConfigDict(extra="forbid")
        value: str

    class Expression(BaseModel):
        """A DuckDB SQL expression over the source's columns."""

        model_config = ConfigDict(extra="forbid")
        sql: str

    class TableFile(BaseModel):
        """Where one base table comes from."""

        model_config = ConfigDict(extra="forbid")
        path: str | None = Field(None, examples=["../data/orders-*.csv"])
        sheet: str | None = None
        encoding: str | None = Field(None, examples=["gb18030"])
        columns: dict[str, str | Constant | Expression] = Field({}, examples=["{amount: total}"])
        query: str | None = None
        loaded_until: date | None = None
        """The last day through which the files are complete; left out: judged by the gaps between rows."""

        @model_validator(mode="after")
        def _one_of_both(self) -> TableFile:
            if (self.path is None) == (self.query is None):
                raise ValueError("a table has either a path or a query")
            if self.query is not None and (self.columns or self.sheet or self.encoding):
                raise ValueError("a query names its columns itself; columns, sheet and encoding go with a path")
            return self

    class Options(BaseModel):
        """Base tables by name."""

        model_config = ConfigDict(extra="forbid")
        tables: dict[str, TableFile] = Field(min_length=1)

    return Options


def _fetch(context: Any) -> dict[str, Delivery]:
    return {
        name: Delivery(_table(context, spec), loaded_until=spec.loaded_until)
        for name, spec in context.options.tables.items()
    }


def _table(context: Any, spec: Any) -> Any:
    if spec.query is not None:
        return context.sql(spec.query)
    suffix = Path(spec.path).suffix.lower()
    if suffix == ".parquet":
        return _mapped(context, context.read_parquet(spec.path), spec, {})
    if suffix in (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"):
        return _mapped(context, context.read_excel(spec.path, spec.sheet), spec, {})
    if suffix in (".csv", ".tsv", ".txt", ".gz"):
        table = context.read_csv(spec.path, spec.encoding)
        wanted = any(hasattr(rule, "sql") for rule in spec.columns.values())
        return _mapped(context, table, spec, context.csv_types(spec.path, spec.encoding) if wanted else {})
    raise DataError(
        f"{suffix or 'a file without an ending'} is no kind of file that can be read",
        where=spec.path,
        fix="CSV (.csv, .tsv, .txt, .gz), Parquet (.parquet) and Excel (.xlsx) can be.",
    )


def _mapped(context: Any, table: Any, spec: Any, types: dict[str, str]) -> Any:
    """Canonical names for mapped columns; the others keep their own."""
    plain = {name: rule for name, rule in spec.columns.items() if isinstance(rule, str)}
    for name, column in plain.items():
        if column not in table.columns:
            raise DataError(
                f"there is no column {column!r} for {name!r}",
                where=spec.path,
                nearest=nearest(column, table.columns) or tuple(table.columns[:5]),
                fix=f"Change `{name}: {column}` under columns.",
            )
    picks = [f"{_quoted(_RAW + column)} AS {_quoted(name)}" for name, column in plain.items()]
    for name, rule in spec.columns.items():
        if hasattr(rule, "sql"):
            picks.append(f"({rule.sql}) AS {_quoted(name)}")
        elif hasattr(rule, "value"):
            picks.append(f"{_literal(rule.value)} AS {_quoted(name)}")
    taken = {*plain.values(), *spec.columns}
    picks += [f"{_quoted(_RAW + column)} AS {_quoted(column)}" for column in table.columns if column not in taken]
    both = [f"{_quoted(column)} AS {_quoted(_RAW + column)}" for column in table.columns]
    both += [_typed(column, types.get(column)) for column in table.columns]
    return context.sql(f"SELECT {', '.join(picks)} FROM (SELECT {', '.join(both)} FROM source)", source=table)


def _typed(column: str, kind: str | None) -> str:
    if kind is None or kind == "VARCHAR":
        return _quoted(column)
    return f"TRY_CAST({_quoted(column)} AS {kind}) AS {_quoted(column)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@hookimpl
def cpm_sources() -> list[Source]:
    """The source that params call `files`."""
    return [Source(id="files", title=Text(en="Files", zh="文件"), fetch=_fetch, options=_options)]
