"""What the SQL of an engine lacks, told without a server; and expressions as text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import ibis
import ibis.common.exceptions as com
import ibis.expr.operations as ops
import sqlglot as sg
from ibis.backends.sql import compilers

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.sql.compilers.base import SQLGlotCompiler

_LACKS = (sg.UnsupportedError, com.TranslationError, com.UnsupportedArgumentError, NotImplementedError)


def compiler_of(backend: str) -> SQLGlotCompiler:
    """What turns expressions into the SQL of `duckdb`, `postgres` or `spark`; it asks for no package of theirs."""
    if backend == "spark":
        from cpm_core.engine.spark_sql import SparkCompiler

        return SparkCompiler()
    return getattr(compilers, backend).compiler


def lacking(expression: ir.Expr, backend: str) -> str:
    """The operation of an expression that a backend does not have; empty if it has them all."""
    return _lacking(expression.as_table().unbind().op(), backend)


# Compiling an expression takes longer than running it on a small table, and workbooks of one process
# share most of theirs.
@lru_cache(maxsize=2048)
def sql_of(node: ops.Relation, backend: str) -> str:
    """The SQL of an expression on unbound tables."""
    compiler = compiler_of(backend)
    query = compiler.to_sqlglot(node.to_expr())
    return str(query.sql(dialect=compiler.dialect, copy=False, unsupported_level=sg.ErrorLevel.RAISE))


class _BoundError(Exception):
    """An expression holds on to a connection or to rows."""


def is_unbound(node: ops.Relation) -> bool:
    """Whether an expression names its tables only, and holds on to no connection and no rows."""
    try:
        _check_unbound(node)
    except _BoundError:
        return False
    return True


# What is raised is not kept: a connection that an expression holds on to would be kept open.
@lru_cache(maxsize=2048)
def _check_unbound(node: ops.Relation) -> None:
    held = node.find((ops.PhysicalTable, ops.SQLQueryResult))
    if not all(isinstance(one, ops.UnboundTable) for one in held):
        raise _BoundError


@lru_cache(maxsize=1024)
def _lacking(node: ops.Relation, backend: str) -> str:
    try:
        sql_of(node, backend)
    except _LACKS as error:
        text = str(error)
        named = re.search(r"'(\w+)' operation|rule for '?(\w+)", text)
        return (named[1] or named[2]) if named else text.splitlines()[0]
    return ""


def text_of(expression: ir.Expr) -> str:
    """An expression as text, the same whatever the engine: DuckDB's SQL, or ibis' own words where that has none."""
    return _text_of(expression.as_table().unbind().op())


@lru_cache(maxsize=1024)
def _text_of(node: ops.Relation) -> str:
    expression = node.to_expr()
    try:
        return str(ibis.to_sql(expression, dialect="duckdb"))
    except _LACKS:
        return repr(expression)
