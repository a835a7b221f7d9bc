"""From a parsed expression to an Ibis one on an unbound table."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.operations as ops
import sqlglot.expressions as sge

from cpm_core.hooks.yaml.expression import TYPES, ExpressionError, is_setting, shown
from cpm_core.hooks.yaml.functions import AGGREGATES, SCALARS
from cpm_core.model.names import nearest

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.model.settings import Settings

_BINARY: Mapping[type[sge.Expr], Callable[[Any, Any], Any]] = {
    sge.And: operator.and_,
    sge.Or: operator.or_,
    sge.EQ: operator.eq,
    sge.NEQ: operator.ne,
    sge.LT: operator.lt,
    sge.LTE: operator.le,
    sge.GT: operator.gt,
    sge.GTE: operator.ge,
    sge.Add: operator.add,
    sge.Sub: operator.sub,
    sge.Mul: operator.mul,
    sge.Div: operator.truediv,
    sge.Mod: operator.mod,
    sge.DPipe: operator.add,
}


def translated(tree: sge.Expr, table: ir.Table, settings: Settings | None) -> ir.Value:
    """The expression on a table.

    Args:
        tree: As `expression.parsed` has let it pass.
        table: Unbound.
        settings: The workbook's conventions; None: the expression names none.

    Raises:
        ExpressionError: The table has no such column, or values of kinds meet that do not go together.
    """
    value: ir.Value = _Translation(table, settings).of(tree)
    return value


class _Translation:
    def __init__(self, table: ir.Table, settings: Settings | None) -> None:
        self.table = table
        self.settings = settings
        self.by_kind: Mapping[type[sge.Expr], Callable[[Any], Any]] = {
            sge.Column: self._column,
            sge.Literal: self._literal,
            sge.Boolean: lambda node: ibis.literal(bool(node.this)),
            sge.Null: lambda node: ibis.null(),
            sge.Paren: lambda node: self.of(node.this),
            sge.Not: self._not,
            sge.Neg: lambda node: -self.of(node.this),
            sge.Is: lambda node: self.of(node.this).isnull(),
            sge.In: lambda node: self.of(node.this).isin([self.of(one) for one in node.expressions]),
            sge.Between: lambda node: self.of(node.this).between(self.of(node.args["low"]), self.of(node.args["high"])),
            sge.Like: lambda node: self._like(node, "like"),
            sge.ILike: lambda node: self._like(node, "ilike"),
            sge.Case: self._case,
            sge.If: lambda node: self._cases([node], node.args.get("false")),
            sge.Cast: self._cast,
            sge.Anonymous: self._call,
        }

    def of(self, node: sge.Expr) -> Any:
        """The Ibis expression of a part."""
        try:
            if type(node) in _BINARY:
                return _BINARY[type(node)](self.of(node.this), self.of(node.expression))
            return self.by_kind[type(node)](node)
        except ExpressionError:
            raise
        except Exception as error:
            said = next(iter(str(error).splitlines()), "")
            what = f"{shown(node)} does not fit its values{self._kinds(node)}"
            raise ExpressionError(what, fix="" if isinstance(error, KeyError) else said) from error

    def _kinds(self, node: sge.Expr) -> str:
        names = dict.fromkeys(one.name for one in node.find_all(sge.Column) if one.name in self.table.columns)
        return ": " + ", ".join(f"{name} is {self.table[name].type()}" for name in names) if names else ""

    def _column(self, node: sge.Column) -> Any:
        if is_setting(node):
            return ibis.literal(getattr(self.settings, node.name))
        if node.name not in self.table.columns:
            hint = f"A text stands in single quotes: '{node.name}'." if node.this.quoted else ""
            raise ExpressionError(
                f"{self._named()} has no column {node.name!r}",
                nearest(node.name, self.table.columns),
                hint or "Write the right name, or declare it: `columns: {name: type}`.",
            )
        return self.table[node.name]

    def _named(self) -> str:
        tables = self.table.op().find(ops.UnboundTable)
        return f"the table {tables[0].name!r}" if tables else "the table"

    def _literal(self, node: sge.Literal) -> Any:
        if node.is_string:
            return ibis.literal(node.this)
        return ibis.literal(int(node.this) if node.this.isdigit() else float(node.this))

    def _not(self, node: sge.Not) -> Any:
        inner = node.this
        if isinstance(inner, sge.Is):
            return self.of(inner.this).notnull()
        if isinstance(inner, sge.In):
            return self.of(inner.this).notin([self.of(one) for one in inner.expressions])
        return ~self.of(inner)

    def _like(self, node: sge.Like | sge.ILike, method: str) -> Any:
        found = getattr(self.of(node.this), method)(self.of(node.expression))
        return ~found if node.args.get("negate") else found

    def _case(self, node: sge.Case) -> Any:
        if node.this is None:
            return self._cases(node.args["ifs"], node.args.get("default"))
        subject = self.of(node.this)
        branches = [(subject == self.of(one.this), self.of(one.args["true"])) for one in node.args["ifs"]]
        return self._chosen(branches, node.args.get("default"))

    def _cases(self, ifs: list[sge.If], default: sge.Expr | None) -> Any:
        return self._chosen([(self.of(one.this), self.of(one.args["true"])) for one in ifs], default)

    def _chosen(self, branches: list[tuple[Any, Any]], default: sge.Expr | None) -> Any:
        return ibis.cases(*branches, else_=None if default is None else self.of(default))

    def _cast(self, node: sge.Cast) -> Any:
        kind, inner = TYPES[node.to.this], node.this
        if kind in ("date", "timestamp") and isinstance(inner, sge.Literal) and inner.is_string:
            # Read here, so that an engine is not asked to cast what is no date.
            read = date.fromisoformat if kind == "date" else datetime.fromisoformat
            try:
                return ibis.literal(read(inner.this))
            except ValueError:
                raise ExpressionError(f"{inner.this!r} is no {kind}", fix="Write it as 2024-01-31.") from None
        return self.of(inner).cast(kind)

    def _call(self, node: sge.Anonymous) -> Any:
        name, given = str(node.this).lower(), node.expressions
        if name == "count" and isinstance(given[0], sge.Star):
            return self.table.count()
        if name == "count" and isinstance(given[0], sge.Distinct):
            return self.of(given[0].expressions[0]).nunique()
        return (SCALARS.get(name) or AGGREGATES[name]).make(*(self.of(one) for one in given))
