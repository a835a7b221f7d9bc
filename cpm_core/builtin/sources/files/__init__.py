"""The `files` source: CSV, Parquet and Excel files of one's own, mapped in YAML alone.

Per table either `path` (one file or a glob; `sheet` for Excel, `encoding` for CSV) with `columns`
that map each canonical column to a source column, to ``{value: constant}`` or to ``{sql: "price +
freight"}``; or `query`, a DuckDB select over files, or over the table `source` where a `path` stands
beside it. A column that the mapping leaves unnamed keeps its own name. `reverse` turns the scores of
surveys whose best answer is the lowest.

SQL sees the columns of a CSV that look like numbers or ISO dates as such, and all others as text;
columns of Excel are text, those of Parquet what they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cpm_core.api import DataError, Delivery, Source, Text, hookimpl
from cpm_core.builtin.sources.files.mapping import delivered, named

_RAW = "__raw__"
"""Prefix of a CSV's columns as text beside their typed twins, which SQL expressions see."""


def _options() -> type:
    from cpm_core.builtin.sources.files.options import FilesOptions

    return FilesOptions


def _fetch(context: Any) -> dict[str, Delivery]:
    return delivered(context, _table)


def _table(context: Any, spec: Any) -> Any:
    if spec.path is None:
        return context.sql(spec.query)
    table, types = _read(context, spec)
    if spec.query is None:
        return _mapped(context, table, spec, types)
    columns = ", ".join(_typed(column, types.get(column)) for column in table.columns)
    return context.sql(spec.query, source=context.sql(f"SELECT {columns} FROM raw", raw=table))


def _read(context: Any, spec: Any) -> tuple[Any, dict[str, str]]:
    """A file's columns as they are, and the types in which SQL sees those of a CSV."""
    suffix = Path(spec.path).suffix.lower()
    if suffix == ".parquet":
        return context.read_parquet(spec.path), {}
    if suffix in (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"):
        return context.read_excel(spec.path, spec.sheet), {}
    if suffix in (".csv", ".tsv", ".txt", ".gz"):
        table = context.read_csv(spec.path, spec.encoding)
        wanted = spec.query is not None or any(not isinstance(rule, str) and rule.sql for rule in spec.columns.values())
        return table, context.csv_types(spec.path, spec.encoding) if wanted else {}
    raise DataError(
        f"{suffix or 'a file without an ending'} is no kind of file that can be read",
        where=spec.path,
        fix="CSV (.csv, .tsv, .txt, .gz), Parquet (.parquet) and Excel (.xlsx) can be.",
    )


def _mapped(context: Any, table: Any, spec: Any, types: dict[str, str]) -> Any:
    """Canonical names for mapped columns; the others keep their own."""
    plain = named(spec.columns, table.columns, spec.path)
    picks = [f"{_quoted(_RAW + column)} AS {_quoted(name)}" for name, column in plain.items()]
    for name, rule in spec.columns.items():
        if not isinstance(rule, str):
            made = _literal(rule.value) if rule.sql is None else f"({rule.sql})"
            picks.append(f"{made} AS {_quoted(name)}")
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
