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

from cpm_core.api import CpmError, DataError, Delivery, Problem, Source, Text, hookimpl, nearest

_RAW = "__raw__"
"""Prefix of a CSV's columns as text beside their typed twins, which SQL expressions see."""


def _options() -> type:
    from datetime import date
    from typing import Annotated, Literal

    from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

    class Rule(BaseModel):
        """The same value in every row, or a DuckDB SQL expression over the source's columns."""

        model_config = ConfigDict(extra="forbid")
        value: str | None = None
        sql: str | None = None

        @model_validator(mode="after")
        def _one(self) -> Rule:
            if (self.value is None) == (self.sql is None):
                raise ValueError("a column is a source column's name, {value: a constant} or {sql: an expression}")
            return self

    def kind(given: object) -> str:
        return "name" if isinstance(given, str) else "rule"

    class TableFile(BaseModel):
        """Where one base table comes from."""

        model_config = ConfigDict(extra="forbid")
        path: str | None = Field(None, examples=["../data/orders-*.csv"])
        sheet: str | None = None
        encoding: str | None = Field(None, examples=["gb18030"])
        # Told apart by their kind, so that only what was meant is complained of.
        columns: dict[
            str, Annotated[Annotated[str, Tag("name")] | Annotated[Rule, Tag("rule")], Discriminator(kind)]
        ] = Field({}, examples=["{amount: total}"])
        query: str | None = None
        reverse: bool | list[Literal["csat", "nps", "ces"]] = Field(False, examples=["true", "[ces]"])
        """Of surveys: the best answer is the lowest of its scale, and is turned; a list names the kinds that are so."""
        loaded_until: date | None = None
        """The last day through which the files are complete; left out: judged by the gaps between rows."""

        @model_validator(mode="after")
        def _fits(self) -> TableFile:
            if self.path is None and self.query is None:
                raise ValueError("a table has a path or a query")
            if self.path is None and (self.sheet or self.encoding):
                raise ValueError("sheet and encoding go with a path")
            if self.query is not None and self.columns:
                raise ValueError("a query names its columns itself; columns go with a path alone")
            return self

    class Options(BaseModel):
        """Base tables by name."""

        model_config = ConfigDict(extra="forbid")
        tables: dict[str, TableFile] = Field(min_length=1)

        @model_validator(mode="after")
        def _scores(self) -> Options:
            odd = [name for name, table in self.tables.items() if table.reverse and name != "surveys"]
            if odd:
                raise ValueError(f"reverse turns the scores of surveys; {odd[0]} has none")
            return self

    return Options


def _fetch(context: Any) -> dict[str, Delivery]:
    found: dict[str, Delivery] = {}
    errors: list[CpmError] = []
    for name, spec in context.options.tables.items():
        try:
            found[name] = Delivery(_table(context, spec), loaded_until=spec.loaded_until)
        except CpmError as error:
            errors.append(error)
    if errors:
        # All at once; a path that leads nowhere is the params' fault, and counts for more than the data's.
        worst = max(errors, key=lambda error: error.exit_code)
        raise type(worst)([problem for error in errors for problem in error.problems])
    return found


def _table(context: Any, spec: Any) -> Any:
    table = _delivered(context, spec)
    return _turned(context, table, spec) if spec.reverse else table


def _delivered(context: Any, spec: Any) -> Any:
    if spec.path is None:
        return context.sql(spec.query)
    table, types = _read(context, spec)
    if spec.query is None:
        return _mapped(context, table, spec, types)
    columns = ", ".join(_typed(column, types.get(column)) for column in table.columns)
    return context.sql(spec.query, source=context.sql(f"SELECT {columns} FROM raw", raw=table))


def _turned(context: Any, table: Any, spec: Any) -> Any:
    """Scores from the other end of their scale. One outside it stays as it is, and is refused as it was delivered."""
    lost = [name for name in ("score", "scale_min", "scale_max", "kind") if name not in table.columns]
    if lost:
        fix = f"Map it: columns: {{{lost[0]}: <source column>}}."
        raise DataError(
            f"to turn scores with `reverse`, the column {lost[0]!r} is needed", where=spec.path or "", fix=fix
        )
    score, low, high = (f"TRY_CAST({_quoted(name)} AS DOUBLE)" for name in ("score", "scale_min", "scale_max"))
    on_scale = f"{score} BETWEEN {low} AND {high}"
    if isinstance(spec.reverse, list):
        on_scale += f" AND trim(kind::VARCHAR) IN ({', '.join(map(_literal, spec.reverse))})"
    turned = f"CASE WHEN {on_scale} THEN ({low} + {high} - {score})::VARCHAR ELSE score::VARCHAR END"
    return context.sql(f"SELECT * REPLACE ({turned} AS score) FROM source", source=table)


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
    plain = {name: rule for name, rule in spec.columns.items() if isinstance(rule, str)}
    lost = [
        Problem(
            f"there is no column {column!r} for {name!r}",
            spec.path,
            nearest(column, table.columns) or tuple(table.columns[:5]),
            f"Change `{name}: {column}` under columns.",
        )
        for name, column in plain.items()
        if column not in table.columns
    ]
    if lost:
        raise DataError(lost)
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
