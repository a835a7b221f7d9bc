"""Expressions in the words of SQL: parsed by sqlglot, held against a closed list, refused by name.

What stands here is looked at before anything runs; `translate` makes Ibis of it. No SQL of a plugin reaches an engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import sqlglot.expressions as sge
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokens import Tokenizer

from cpm_core.hooks.yaml.functions import AGGREGATES, SCALARS, Function
from cpm_core.model.names import nearest
from cpm_core.model.settings import Settings

LONGEST = 4_000
"""Characters of an expression."""
SETTINGS = tuple(one.name for one in fields(Settings) if one.type in ("date", "int", "float", "float | None", "str"))
"""Conventions of the workbook that an expression may name, as `settings.activity_days`."""
TYPES: Mapping[Any, str] = {
    sge.DataType.Type.INT: "int64",
    sge.DataType.Type.BIGINT: "int64",
    sge.DataType.Type.DOUBLE: "float64",
    sge.DataType.Type.FLOAT: "float64",
    sge.DataType.Type.DECIMAL: "decimal(18, 4)",
    sge.DataType.Type.TEXT: "string",
    sge.DataType.Type.VARCHAR: "string",
    sge.DataType.Type.DATE: "date",
    sge.DataType.Type.TIMESTAMP: "timestamp",
    sge.DataType.Type.BOOLEAN: "boolean",
}
"""What a value may be cast to."""
_TYPE_NAMES = ("integer", "double", "decimal", "text", "date", "timestamp", "boolean")

_PARTS: Mapping[type[sge.Expr], frozenset[str]] = {
    sge.Column: frozenset({"this", "table"}),
    sge.Identifier: frozenset({"this", "quoted"}),
    sge.Literal: frozenset({"this", "is_string"}),
    sge.Boolean: frozenset({"this"}),
    sge.Null: frozenset(),
    sge.Star: frozenset(),
    sge.Paren: frozenset({"this"}),
    sge.Not: frozenset({"this"}),
    sge.Neg: frozenset({"this"}),
    **dict.fromkeys(
        (sge.And, sge.Or, sge.EQ, sge.NEQ, sge.LT, sge.LTE, sge.GT, sge.GTE, sge.Add, sge.Sub, sge.Mul, sge.Mod),
        frozenset({"this", "expression"}),
    ),
    sge.Div: frozenset({"this", "expression", "typed", "safe"}),
    sge.DPipe: frozenset({"this", "expression", "safe"}),
    sge.Is: frozenset({"this", "expression"}),
    sge.In: frozenset({"this", "expressions"}),
    sge.Between: frozenset({"this", "low", "high"}),
    sge.Like: frozenset({"this", "expression", "negate"}),
    sge.ILike: frozenset({"this", "expression", "negate"}),
    sge.Case: frozenset({"this", "ifs", "default"}),
    sge.If: frozenset({"this", "true", "false"}),
    sge.Cast: frozenset({"this", "to"}),
    sge.DataType: frozenset({"this", "nested"}),
    sge.Anonymous: frozenset({"this", "expressions"}),
    sge.Distinct: frozenset({"expressions"}),
}
"""All that an expression may be made of. Another part (a window, a filter, a subquery) is refused, not passed over."""


class ExpressionError(ValueError):
    """An expression cannot be read, or asks for what there is not."""

    def __init__(self, what: str, near: tuple[str, ...] = (), fix: str = "") -> None:
        super().__init__(what)
        self.what, self.near, self.fix = what, near, fix


class _Parser(Parser):
    """The general SQL of sqlglot, whose functions all stay as they are written."""

    FUNCTIONS = {}  # noqa: RUF012  # the parent's shape
    FUNCTION_PARSERS = {"CAST": Parser.FUNCTION_PARSERS["CAST"]}  # noqa: RUF012  # as above
    NO_PAREN_FUNCTIONS = {}  # noqa: RUF012  # as above


def parsed(text: str, *, aggregates: bool = False) -> sge.Expr:
    """Read an expression.

    Args:
        text: As it is written.
        aggregates: It is of many rows, so that `sum` and others may stand in it, and columns within them only.

    Raises:
        ExpressionError: It does not parse, or holds what an expression may not.
    """
    tree = tree_of(text)
    for node in tree.walk():
        _check(node, aggregates)
    if aggregates:
        _check_within(tree, inside=False)
    return tree


def tree_of(text: str) -> sge.Expr:
    """Parse a text; what its parts are is not looked at.

    Raises:
        ExpressionError: It does not parse.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"it has {len(text):,} characters, and {LONGEST:,} are the most")
    try:
        found = _Parser().parse(Tokenizer().tokenize(text), text)
    except SqlglotError as error:
        raise ExpressionError(f"{text!r} does not parse{_at(error)}", fix=_parse_fix(text)) from None
    except RecursionError:
        raise ExpressionError("it is nested too deeply") from None
    if len(found) != 1 or found[0] is None:
        raise ExpressionError("it holds no expression, or several", fix="Write one, without ';'.")
    tree: sge.Expr = found[0]
    return tree


def _at(error: SqlglotError) -> str:
    told = getattr(error, "errors", None)
    return f", near {told[0]['highlight']!r}" if told and told[0].get("highlight") else ""


def _parse_fix(text: str) -> str:
    return "Texts stand in single quotes: channel = 'phone'." if text.count("'") % 2 else ""


def _check(node: sge.Expr, aggregates: bool) -> None:
    if isinstance(node, sge.DataType):
        _check_type(node)
    allowed = _PARTS.get(type(node))
    extra = [] if allowed is None else [name for name, value in node.args.items() if value and name not in allowed]
    if allowed is None or extra:
        fix = "An expression is of columns, values, operators, CASE, CAST and the functions of docs/yaml_plugins.md."
        raise ExpressionError(f"{shown(node)} is not allowed here", fix=fix)
    if isinstance(node, sge.Anonymous):
        _check_call(node, aggregates)
    elif isinstance(node, sge.Column):
        _check_column(node)
    elif isinstance(node, sge.Is) and not isinstance(node.expression, sge.Null):
        raise ExpressionError(f"{shown(node)} is not allowed here", fix="`is` goes with null only.")
    elif (
        isinstance(node, sge.Binary) and not isinstance(node, sge.Is) and sge.Null in map(type, (node.left, node.right))
    ):
        raise ExpressionError(f"{shown(node)} is neither true nor false", fix="Write `is null` or `is not null`.")
    elif isinstance(node, sge.Star | sge.Distinct) and not _counted(node):
        raise ExpressionError(f"{shown(node)} is not allowed here", fix="Write it within count().")


def _check_type(node: sge.DataType) -> None:
    if node.this not in TYPES:
        name = str(node.args.get("kind") or shown(node))
        raise ExpressionError(
            f"there is no type {name}", nearest(name, _TYPE_NAMES), f"There are: {', '.join(_TYPE_NAMES)}."
        )


def _counted(node: sge.Expr) -> bool:
    call = node.parent
    if not isinstance(call, sge.Anonymous) or str(call.this).lower() != "count":
        return False
    return isinstance(node, sge.Star) or len(node.expressions) == 1


def _check_call(node: sge.Anonymous, aggregates: bool) -> None:
    name, valid = str(node.this).lower(), {**SCALARS, **(AGGREGATES if aggregates else {})}
    if name in AGGREGATES and not aggregates:
        fix = "The measure adds up (`total`, `ratio`, `mean`); an expression is of one row."
        raise ExpressionError(f"{name}() is of many rows, and this expression is of one", fix=fix)
    if name not in valid:
        near = nearest(name, valid)
        fix = "" if near else f"There are: {', '.join(valid)}."
        raise ExpressionError(f"there is no function {node.this!r}", near, fix)
    function: Function = valid[name]
    if not function.least <= len(node.expressions) <= function.most:
        count = len(node.expressions)
        raise ExpressionError(f"{name}() has {count} arguments", fix=f"Write it as {function.usage}.")


def _check_column(node: sge.Column) -> None:
    if node.table and node.table.lower() == "settings":
        if node.name not in SETTINGS:
            what = f"there is no settings.{node.name} that an expression may name"
            raise ExpressionError(what, nearest(node.name, SETTINGS), f"There are: {', '.join(SETTINGS)}.")
    elif node.table:
        fix = f"Write {node.name}: an expression is of the columns of one table."
        raise ExpressionError(f"{shown(node)} names a table", fix=fix)


def _check_within(node: sge.Expr, *, inside: bool) -> None:
    """Of many rows a column is no one value, unless it is summed or counted; and that only once."""
    call = isinstance(node, sge.Anonymous) and str(node.this).lower() in AGGREGATES
    if call and inside:
        raise ExpressionError(f"{shown(node)} stands within another sum or count")
    if isinstance(node, sge.Column) and not inside and not is_setting(node):
        what = f"{node.name} has many values, one a row"
        raise ExpressionError(
            what, fix=f"Write sum({node.name}), max({node.name}) or another of {', '.join(AGGREGATES)}."
        )
    for child in node.iter_expressions():
        _check_within(child, inside=inside or call)


def is_setting(node: sge.Column) -> bool:
    """Whether a name is one of the workbook's conventions."""
    return bool(node.table) and node.table.lower() == "settings"


def settings_in(tree: sge.Expr) -> Iterator[str]:
    """The conventions that an expression names."""
    yield from (node.name for node in tree.find_all(sge.Column) if is_setting(node))


def shown(node: sge.Expr) -> str:
    """A part as it is told in messages, cut short."""
    text = node.sql(normalize_functions=False)
    return text if len(text) <= 60 else text[:57] + "…"
