"""A measure as a formula that a person reads, from its compiled expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import ibis
import ibis.expr.types as ir
import sqlglot
from sqlglot import exp

from cpm_core.measure.parts import is_share
from cpm_core.model.measures import (
    Concentration,
    Derived,
    Distinct,
    Formula,
    Frame,
    KpiRef,
    Mean,
    Measure,
    Operation,
    Quantile,
    Ratio,
    Total,
)

SIGNS: Mapping[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "≠",
    exp.GT: ">",
    exp.GTE: "≥",
    exp.LT: "<",
    exp.LTE: "≤",
    exp.Add: "+",
    exp.Sub: "−",
    exp.Mul: "×",
    exp.Div: "/",
    exp.And: "and",
    exp.Or: "or",
}


class Formulas:
    """Writes formulas of measures that were compiled as of a day: days of the calendar are told from it."""

    def __init__(self, as_of: date) -> None:
        self._as_of = as_of

    def of(self, measure: Measure) -> str:
        """The formula."""
        makers: Mapping[type, Callable[..., str]] = {
            Total: self._total,
            Ratio: self._ratio,
            Mean: self._mean,
            Quantile: self._quantile,
            Distinct: self._distinct,
            Concentration: self._concentration,
            Frame: self._frame,
            Derived: self._derived,
        }
        return makers[type(measure)](measure)

    # Measures -------------------------------------------------------------------------------------

    def _total(self, measure: Total) -> str:
        return self._sum(measure.value, measure.where)

    def _sum(self, value: ir.Value, where: ir.Value | None = None) -> str:
        """`Σ amount where …` of numbers, `rows where …` of conditions."""
        node = self._node(value)
        conditions = self._conjuncts(where)
        if isinstance(value, ir.BooleanValue):
            conditions = list(dict.fromkeys([*self._conjuncts(value), *conditions]))
            return "number of rows" + self._where(conditions)
        branches = node.args.get("ifs") if isinstance(node, exp.Case) else None
        if branches and len(branches) == 1:
            truth, otherwise = branches[0].args["true"], node.args.get("default")
            condition = branches[0].this
            if _is_nothing(otherwise):
                return f"Σ {self._words(truth, inner=True)}" + self._where([self._words(condition), *conditions])
            if _is_nothing(truth) and otherwise is not None:
                negated = self._words(_negated(condition))
                return f"Σ {self._words(otherwise, inner=True)}" + self._where([negated, *conditions])
        return f"Σ {self._words(node, inner=True)}" + self._where(conditions)

    def _ratio(self, measure: Ratio) -> str:
        if not is_share(measure):
            sides = [self._sum(side) for side in (measure.numerator, measure.denominator)]
            return " ÷ ".join(f"({side})" if " where " in side else side for side in sides)
        among = self._conjuncts(measure.denominator)
        within = [one for one in self._conjuncts(measure.numerator) if one not in among]
        return f"of the rows{self._where(among)}, the share with {' and '.join(within)}"

    def _mean(self, measure: Mean) -> str:
        return f"mean of {self._words(self._node(measure.value))}{self._where(self._conjuncts(measure.where))}"

    def _quantile(self, measure: Quantile) -> str:
        name = "median" if measure.q == 0.5 else f"{measure.q:.0%} quantile"
        rest = f"; rows without {self._words(self._node(measure.event))} are censored (Kaplan–Meier)"
        return f"{name} of {self._words(self._node(measure.time))}{self._where(self._conjuncts(measure.where))}{rest}"

    def _distinct(self, measure: Distinct) -> str:
        return (
            f"number of different {self._words(self._node(measure.value))}{self._where(self._conjuncts(measure.where))}"
        )

    def _concentration(self, measure: Concentration) -> str:
        value = self._words(self._node(measure.value))
        rows = self._where([f"{value} > 0", *self._conjuncts(measure.where)])
        if measure.kind == "gini":
            return f"Σ (2i − n − 1) × {value} ÷ (n × Σ {value}), i the rank from the smallest of the n rows{rows}"
        return f"Σ {value} of the largest ⌈{measure.share:.0%} of n⌉ ÷ Σ {value}, of the n rows{rows}"

    def _frame(self, measure: Frame) -> str:
        named = getattr(measure.function, "__name__", "a function")
        return f"{named}({', '.join(measure.names)}) in pandas{self._where(self._conjuncts(measure.where))}"

    def _derived(self, measure: Derived) -> str:
        text = _arithmetic(measure.numerator, inner=measure.denominator is not None)
        if measure.denominator is not None:
            text = f"{text} ÷ {_arithmetic(measure.denominator, inner=True)}"
        return text + (f" {'+' if measure.plus > 0 else '−'} {abs(measure.plus):g}" if measure.plus else "")

    # Expressions ----------------------------------------------------------------------------------

    def _node(self, value: ir.Value) -> exp.Expr:
        """The SQL of an expression as a tree, without the names of tables."""
        statement = sqlglot.parse_one(str(ibis.to_sql(value.as_table(), dialect="duckdb")), dialect="duckdb")
        found: exp.Expr = statement.expressions[0].unalias()
        return found

    def _conjuncts(self, condition: ir.Value | None) -> list[str]:
        """The conditions that must all hold, in words."""
        if condition is None:
            return []
        node = self._node(condition)
        parts = list(node.flatten()) if isinstance(node, exp.And) else [node]
        return list(dict.fromkeys(self._words(_bare(part)) for part in parts))

    def _where(self, conditions: list[str]) -> str:
        return f" where {' and '.join(dict.fromkeys(conditions))}" if conditions else ""

    def _words(self, node: exp.Expr, *, inner: bool = False) -> str:
        """A node in words; ``inner``: it stands beside others, and is put into brackets if it is a sum."""
        sign = SIGNS.get(type(node))
        if sign:
            # Sums need brackets beside a product or another sum, not beside a comparison.
            beside = not isinstance(node, exp.Predicate)
            text = f"{self._words(node.this, inner=beside)} {sign} {self._words(node.expression, inner=beside)}"
            return f"({text})" if inner and isinstance(node, (exp.Add, exp.Sub, exp.And, exp.Or)) else text
        if isinstance(node, exp.Paren):
            return self._words(node.this, inner=inner)
        for kind, write in self._writers().items():
            if isinstance(node, kind):
                return write(node)
        return node.sql(dialect="duckdb").lower()

    def _writers(self) -> Mapping[type[exp.Expr], Callable[..., str]]:
        return {
            exp.Column: lambda node: node.name.removesuffix("_utc"),
            exp.Literal: lambda node: node.sql() if node.is_string else f"{float(node.name):g}",
            exp.Null: lambda _: "nothing",
            exp.Cast: self._cast,
            exp.DateFromParts: self._day,
            exp.Coalesce: self._coalesce,
            exp.Not: self._not,
            exp.Is: lambda node: f"{self._words(node.this)} is empty",
            exp.Neg: lambda node: f"−{self._words(node.this, inner=True)}",
            exp.Abs: lambda node: f"|{self._words(node.this)}|",
            exp.Interval: lambda node: f"{node.this.name} {str(node.args['unit']).lower()}s",
            exp.Least: lambda node: f"the least of {self._list(node)}",
            exp.Greatest: lambda node: f"the greatest of {self._list(node)}",
            exp.Case: self._case,
            exp.In: lambda node: f"{self._words(node.this)} one of {', '.join(map(self._words, node.expressions))}",
        }

    def _list(self, node: exp.Expr) -> str:
        return " and ".join(self._words(one) for one in [node.this, *node.expressions])

    def _cast(self, node: exp.Expr) -> str:
        inner = self._words(node.this)
        return f"day of {inner}" if node.args["to"].is_type("date") else inner

    def _day(self, node: exp.Expr) -> str:
        year, month, day = (int(node.args[part].name) for part in ("year", "month", "day"))
        back = (self._as_of - date(year, month, day)).days
        return f"as-of day − {back} days" if back else "as-of day"

    def _coalesce(self, node: exp.Expr) -> str:
        (otherwise,) = node.expressions
        inner = self._words(node.this)
        return inner if isinstance(otherwise, exp.Boolean) else f"{inner} (else {self._words(otherwise)})"

    def _not(self, node: exp.Expr) -> str:
        held = node.this.unnest()
        return (
            f"{self._words(held.this)} is known" if isinstance(held, exp.Is) else f"not {self._words(held, inner=True)}"
        )

    def _case(self, node: exp.Expr) -> str:
        parts = [f"{self._words(one.args['true'])} if {self._words(one.this)}" for one in node.args["ifs"]]
        otherwise = node.args.get("default")
        return ", ".join([*parts, f"else {self._words(otherwise)}"] if otherwise is not None else parts)


def _bare(node: exp.Expr) -> exp.Expr:
    """A node without the brackets round it."""
    found: exp.Expr = node.unnest()
    return found


def _is_nothing(node: exp.Expr | None) -> bool:
    """Whether it adds nothing to a sum."""
    if node is None or isinstance(node, exp.Null):
        return True
    return isinstance(node, exp.Literal) and not node.is_string and float(node.name) == 0


def _negated(node: exp.Expr) -> exp.Expr:
    held = node.unnest()
    return exp.NEQ(this=held.this, expression=held.expression) if isinstance(held, exp.EQ) else exp.Not(this=held)


def _arithmetic(formula: Formula, *, inner: bool = False) -> str:
    """A derived KPI's side, by the ids of its parts."""
    if isinstance(formula, KpiRef):
        return f"{formula.id} of the year before" if formula.year_back else formula.id
    assert isinstance(formula, Operation)
    sign = {"*": "×", "-": "−"}.get(formula.sign, formula.sign)
    text = f"{_arithmetic(formula.left, inner=True)} {sign} {_arithmetic(formula.right, inner=True)}"
    return f"({text})" if inner else text
