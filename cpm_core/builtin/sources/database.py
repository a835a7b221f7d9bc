"""The `database` source: tables that are in the engine's own database already.

Per table either `table` (`schema.table`, or a bare name) or `query`, a select in the database's SQL; `columns` map
each canonical column to a source column, to ``{value: constant}`` or to ``{sql: "price + freight"}``. A column that
the mapping leaves unnamed keeps its own name.

Nothing is written to those tables, and their rows do not leave the database. On DuckDB the database is the file
that `engine: {database: ...}` names.
"""

from __future__ import annotations

from typing import Any

from cpm_core.api import Delivery, Source, Text, hookimpl
from cpm_core.builtin.sources.files.mapping import delivered, named


def _options() -> type:
    from cpm_core.builtin.sources.files.options import DatabaseOptions

    return DatabaseOptions


def _fetch(context: Any) -> dict[str, Delivery]:
    return delivered(context, _table)


def _table(context: Any, spec: Any) -> Any:
    import ibis

    table = context.database_table(spec.table) if spec.query is None else context.database_query(spec.query)
    plain = named(spec.columns, table.columns, spec.table or "query")
    rules = {name: rule for name, rule in spec.columns.items() if not isinstance(rule, str)}
    cells = {name: table[column] for name, column in plain.items()}
    cells |= {name: ibis.literal(rule.value) for name, rule in rules.items() if rule.sql is None}
    taken = {*plain.values(), *spec.columns}
    cells |= {column: table[column] for column in table.columns if column not in taken}
    made = {name: rule.sql for name, rule in rules.items() if rule.sql is not None}
    if not made:
        return table.select(**cells)
    # Names that need no quotes in any database's SQL.
    held = {f"held_{place}": cell for place, cell in enumerate(cells.values())}
    picks = ", ".join(f"({sql}) AS made_{place}" for place, sql in enumerate(made.values()))
    whole = context.database_query(f"SELECT source.*, {picks} FROM source", source=table.mutate(**held))
    names = {name: f"held_{place}" for place, name in enumerate(cells)}
    names |= {name: f"made_{place}" for place, name in enumerate(made)}
    return whole.select(**{name: whole[column] for name, column in names.items()})


@hookimpl
def cpm_sources() -> list[Source]:
    """The source that params call `database`."""
    return [Source(id="database", title=Text(en="Database", zh="数据库"), fetch=_fetch, options=_options)]
