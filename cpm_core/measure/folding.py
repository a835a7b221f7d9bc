"""Many sums in one pass: conditions become keys, values are summed once.

KPIs over one table ask for many sums of few columns, which differ in their conditions: amounts of
sales, of returns, the number of either. Summed row by row each costs a pass over a CASE. Instead
the conditions that hold for a row are the bits of a number, rows are grouped by it beside the slices,
and each different value is summed once. Which sums belong to which KPI is then told by the bits, on
groups instead of rows. Sums of decimals stay exact; a null adds nothing, as in SQL.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir

from cpm_core.measure.truth import FALSE, TRUE, holds

BITS = 60
"""Conditions in one number; more of them make a second one."""
ROWS = "rows"


@dataclass(frozen=True)
class Term:
    """A number times columns' values; without factors, the number itself."""

    number: Any
    factors: tuple[ops.Value, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One of two trees, by a condition; where that is null, ``no``."""

    condition: ops.Value
    yes: Tree
    no: Tree


Tree: TypeAlias = Term | Choice
ONE, ZERO = Term(1), Term(0)
HARMLESS = (
    *(ops.Field, ops.Literal, ops.Comparison, ops.And, ops.Or, ops.Not, ops.IsNull, ops.NotNull, ops.Coalesce),
    *(
        ops.Negate,
        ops.Abs,
        ops.Add,
        ops.Subtract,
        ops.Multiply,
        ops.IfElse,
        ops.SearchedCase,
        ops.Between,
        ops.InValues,
    ),
)
"""What no value makes fail, so that it may be worked out where its condition does not hold too."""


def tree(op: ops.Value) -> Tree:
    """What a row adds, taken apart into conditions and values."""
    return _choice(op, ONE, ZERO) if op.dtype.is_boolean() else _apart(op)


@functools.singledispatch
def _apart(op: ops.Value) -> Tree:
    """By kind of operation; one that is not told below is a value of its own."""
    return Term(1, (op,))


@_apart.register
def _(op: ops.Literal) -> Tree:
    return ZERO if op.value is None else Term(op.value)


@_apart.register
def _(op: ops.Coalesce) -> Tree:
    or_nothing = len(op.arg) == 2 and tree(op.arg[1]) == ZERO
    return tree(op.arg[0]) if or_nothing else Term(1, (op,))  # a null adds nothing anyway


@_apart.register
def _(op: ops.IfElse) -> Tree:
    return _choice(op.bool_expr, tree(op.true_expr), tree(op.false_null_expr)) if _harmless(op) else Term(1, (op,))


@_apart.register
def _(op: ops.SearchedCase) -> Tree:
    if not _harmless(op):
        return Term(1, (op,))
    found = tree(op.default)
    for condition, result in reversed(list(zip(op.cases, op.results, strict=True))):
        found = _choice(condition, tree(result), found)
    return found


@_apart.register
def _(op: ops.Negate) -> Tree:
    return _mapped(tree(op.arg), lambda term: Term(-term.number, term.factors))


@_apart.register
def _(op: ops.Abs) -> Tree:
    whole = tree(op.arg)
    above = ops.Greater(op.arg, ops.Literal(0, dt.int8))
    return _choice(above, whole, _mapped(whole, lambda term: Term(-term.number, term.factors)))


@_apart.register
def _(op: ops.Cast) -> Tree:
    if op.to.is_floating() or op.arg.dtype.is_boolean():
        return _mapped(tree(op.arg), lambda term: _cast(term, op.to))
    return Term(1, (op,))


@_apart.register
def _(op: ops.Multiply) -> Tree:
    return _product(tree(op.left), tree(op.right), {}) if op.dtype.is_floating() else Term(1, (op,))


def _harmless(op: ops.Node) -> bool:
    """Whether no branch can fail (a division by zero, text that is no number) where it was not asked for."""
    if isinstance(op, ops.Cast):
        fine = op.to.is_numeric() and (op.arg.dtype.is_numeric() or op.arg.dtype.is_boolean())
    else:
        fine = isinstance(op, HARMLESS)
    inner = () if isinstance(op, ops.Field) else (arg for arg in op.__children__ if isinstance(arg, ops.Value))
    return fine and all(_harmless(arg) for arg in inner)


def _choice(condition: ops.Value, yes: Tree, no: Tree) -> Tree:
    when = holds(condition)
    if yes == no or when == TRUE:
        return yes
    return no if when == FALSE else Choice(when, yes, no)


def _mapped(given: Tree, change: Callable[[Term], Term]) -> Tree:
    if isinstance(given, Term):
        return change(given)
    return _choice(given.condition, _mapped(given.yes, change), _mapped(given.no, change))


def _cast(term: Term, to: dt.DataType) -> Term:
    number = float(term.number) if to.is_floating() else term.number
    return Term(number, tuple(f if f.dtype == to else ops.Cast(f, to) for f in term.factors))


def _exact(factors: tuple[ops.Value, ...]) -> tuple[ops.Value, ...]:
    """What is summed for a term: a decimal or whole number that turns into a float does so when its sum is made."""
    match factors:
        case (ops.Cast(arg=arg, to=to),) if to.is_floating() and (arg.dtype.is_decimal() or arg.dtype.is_integer()):
            return (arg,)
    return factors


def _product(left: Tree, right: Tree, known: Mapping[ops.Value, bool]) -> Tree:
    """The tree of a product; a condition that is decided on the way is not asked again."""
    if isinstance(left, Term) and isinstance(right, Term):
        factors = tuple(sorted((*left.factors, *right.factors), key=lambda factor: factor.name))
        return Term(left.number * right.number, factors) if left.number and right.number else ZERO
    if isinstance(left, Term):
        left, right = right, left
    assert isinstance(left, Choice)
    condition = left.condition
    if condition in known:
        return _product(left.yes if known[condition] else left.no, right, known)
    yes = _product(left.yes, right, {**known, condition: True})
    return _choice(condition, yes, _product(left.no, right, {**known, condition: False}))


class Fold:
    """Named sums of row values, as keys and sums that all of them are made of.

    Args:
        values: What each row adds to each sum; a boolean adds 1 where it holds.
    """

    def __init__(self, values: Mapping[str, ir.Value]) -> None:
        self._trees = {name: tree(value.op()) for name, value in values.items()}
        self.names = tuple(values)
        parts = [part for one in self._trees.values() for part in _walk(one)]
        self._bits = {c: i for i, c in enumerate(dict.fromkeys(p.condition for p in parts if isinstance(p, Choice)))}
        terms = [_exact(part.factors) for part in parts if isinstance(part, Term) and part.number and part.factors]
        self._leaves = {factors: f"sum_{i}" for i, factors in enumerate(dict.fromkeys(terms))}
        self.keys = tuple(f"bits_{i}" for i in range(-(-len(self._bits) // BITS)))

    def columns(self) -> dict[str, ir.Value]:
        """Per row: the keys, and the values to be summed."""
        numbers: dict[str, list[ir.Value]] = {}
        for condition, bit in self._bits.items():
            key, place = self.keys[bit // BITS], bit % BITS
            held = condition.to_expr().ifelse(ibis.literal(1 << place, dt.int64), ibis.literal(0, dt.int64))
            numbers.setdefault(key, []).append(held)
        found: dict[str, ir.Value] = {key: functools.reduce(operator.add, held) for key, held in numbers.items()}
        for factors, name in self._leaves.items():
            found[name] = functools.reduce(operator.mul, (factor.to_expr() for factor in factors))
        return found

    def sums(self, rows: ir.Table) -> dict[str, ir.Value]:
        """The aggregates of one group of rows."""
        return {ROWS: rows.count(), **{name: rows[name].sum() for name in self._leaves.values()}}

    def folded(self, groups: ir.Table) -> dict[str, ir.Value]:
        """The named sums over groups with keys and sums."""
        held = {c: (groups[self.keys[bit // BITS]] & (1 << bit % BITS)) != 0 for c, bit in self._bits.items()}

        def value(part: Tree) -> Any:
            if isinstance(part, Choice):
                return held[part.condition].ifelse(value(part.yes), value(part.no))
            of = groups[ROWS]
            if part.factors and part.number:
                summed = _exact(part.factors)
                # Where all rows of a group are null its sum is too, and adds nothing.
                of = groups[self._leaves[summed]].fill_null(0)
                of = of if summed == part.factors else of.cast(part.factors[0].dtype)
            return of if part.number == 1 else -of if part.number == -1 else of * part.number

        return {name: value(one).sum() for name, one in self._trees.items()}


def _walk(part: Tree) -> Iterator[Tree]:
    yield part
    if isinstance(part, Choice):
        yield from _walk(part.yes)
        yield from _walk(part.no)
