"""Formulas of other KPIs: `revenue / orders`, `revenue / year_before(revenue) - 1`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlglot.expressions as sge

from cpm_core.hooks.validate import SLUG
from cpm_core.hooks.yaml.expression import ExpressionError, shown, tree_of
from cpm_core.model.measures import Derived, Formula, KpiRef

_SIGNS: Mapping[type[sge.Expr], Callable[[Any, Any], Any]] = {
    sge.Add: operator.add,
    sge.Sub: operator.sub,
    sge.Mul: operator.mul,
}
_FIX = "Write KPIs joined by +, - and *, at most one such over another, and a number added: `revenue / year_before(revenue) - 1`."


@dataclass(frozen=True)
class Parsed:
    """A formula, and the KPIs that it names, each once, in its order."""

    derived: Derived
    names: tuple[str, ...]


def formula(text: str) -> Parsed:
    """Read a formula.

    Raises:
        ExpressionError: It does not parse, or is more than a formula may be.
    """
    tree = tree_of(text)
    fraction, plus = _without_number(tree)
    fraction = fraction.unnest()
    if isinstance(fraction, sge.Div):
        derived = Derived(_of(fraction.this), _of(fraction.expression), plus)
    else:
        derived = Derived(_of(fraction), plus=plus)
    names = dict.fromkeys(node.name for node in tree.find_all(sge.Column, bfs=False))
    return Parsed(derived, tuple(names))


def _without_number(tree: sge.Expr) -> tuple[sge.Expr, float]:
    """What is left without a number that is added or taken off at the end, and that number."""
    if isinstance(tree, sge.Add | sge.Sub) and isinstance(tree.expression, sge.Literal):
        number = tree.expression
        if not number.is_string:
            return tree.this, float(number.this) * (-1 if isinstance(tree, sge.Sub) else 1)
    return tree, 0.0


def _of(node: sge.Expr) -> Formula:
    node = node.unnest()
    if type(node) in _SIGNS:
        joined: Formula = _SIGNS[type(node)](_of(node.this), _of(node.expression))
        return joined
    if isinstance(node, sge.Column) and not node.table and SLUG.fullmatch(node.name):
        return KpiRef(node.name)
    if isinstance(node, sge.Anonymous) and str(node.this).lower() == "year_before" and len(node.expressions) == 1:
        inner = _of(node.expressions[0])
        if isinstance(inner, KpiRef):
            return inner.year_before()
    raise ExpressionError(f"{shown(node)} is not allowed in a formula of KPIs", fix=_FIX)
