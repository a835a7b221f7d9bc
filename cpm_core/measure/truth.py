"""Conditions in fewer words: the same rows hold, and a null counts as not holding.

What a measure asks of a row comes out of its definition in layers (a CASE that is not null, and
whose value is not zero, …). Worked out row by row that costs more than the sums. Here it is said
as plainly as it can be, so that equal conditions become the same one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

TRUE, FALSE = ops.Literal(True, dt.boolean), ops.Literal(False, dt.boolean)


@functools.singledispatch
def holds(op: ops.Value) -> ops.Value:
    """A condition that is true on the same rows as this one, and else false or null."""
    return op


@holds.register
def _(op: ops.Literal) -> ops.Value:
    return TRUE if op.value else FALSE


@holds.register
def _(op: ops.And) -> ops.Value:
    return _all((holds(op.left), holds(op.right)))


@holds.register
def _(op: ops.Or) -> ops.Value:
    return _any((holds(op.left), holds(op.right)))


@holds.register
def _(op: ops.Coalesce) -> ops.Value:
    return holds(op.arg[0]) if len(op.arg) == 2 and holds(op.arg[1]) == FALSE else op


@holds.register
def _(op: ops.NotNull) -> ops.Value:
    return given(op.arg)


@holds.register
def _(op: ops.NotEquals) -> ops.Value:
    of_zero = isinstance(op.right, ops.Literal) and op.right.dtype.is_numeric() and op.right.value == 0
    return nonzero(op.left) if of_zero and op.left.dtype.is_numeric() else op


@functools.singledispatch
def given(op: ops.Value) -> ops.Value:
    """When a value is not null."""
    return ops.NotNull(op)


@given.register
def _(op: ops.Literal) -> ops.Value:
    return FALSE if op.value is None else TRUE


@given.register(ops.NotNull)
@given.register(ops.IsNull)
def _(op: ops.NotNull | ops.IsNull) -> ops.Value:  # noqa: ARG001  # a call by kind has this form
    return TRUE


@given.register
def _(op: ops.Coalesce) -> ops.Value:
    return TRUE if any(given(one) == TRUE for one in op.arg) else ops.NotNull(op)


@given.register
def _(op: ops.Cast) -> ops.Value:
    plain = op.to.is_numeric() and (op.arg.dtype.is_numeric() or op.arg.dtype.is_boolean())
    return given(op.arg) if plain else ops.NotNull(op)


@given.register(ops.Negate)
@given.register(ops.Abs)
def _(op: ops.Negate | ops.Abs) -> ops.Value:
    return given(op.arg)


@given.register(ops.Add)
@given.register(ops.Subtract)
@given.register(ops.Multiply)
@given.register(ops.Comparison)
def _(op: ops.Binary) -> ops.Value:
    whole = isinstance(op, (*(ops.Add, ops.Subtract, ops.Multiply), *COMPARED))
    return _all((given(op.left), given(op.right))) if whole else ops.NotNull(op)


@given.register
def _(op: ops.IfElse) -> ops.Value:
    return _either(op.bool_expr, given(op.true_expr), given(op.false_null_expr))


COMPARED = (ops.Equals, ops.NotEquals, ops.Less, ops.LessEqual, ops.Greater, ops.GreaterEqual)
"""Comparisons that are null where a side is."""


@functools.singledispatch
def nonzero(op: ops.Value) -> ops.Value:
    """When a number is neither null nor zero."""
    return ops.NotEquals(op, ops.Literal(0, dt.int8))


@nonzero.register
def _(op: ops.Literal) -> ops.Value:
    return TRUE if op.value else FALSE


@nonzero.register
def _(op: ops.Cast) -> ops.Value:
    if op.arg.dtype.is_boolean() and op.to.is_numeric():
        return holds(op.arg)
    widened = op.to.is_floating() and (op.arg.dtype.is_decimal() or op.arg.dtype.is_integer())
    return nonzero(op.arg) if widened else ops.NotEquals(op, ops.Literal(0, dt.int8))


@nonzero.register(ops.Negate)
@nonzero.register(ops.Abs)
def _(op: ops.Negate | ops.Abs) -> ops.Value:
    return nonzero(op.arg)


@nonzero.register
def _(op: ops.IfElse) -> ops.Value:
    return _either(op.bool_expr, nonzero(op.true_expr), nonzero(op.false_null_expr))


def _either(condition: ops.Value, yes: ops.Value, no: ops.Value) -> ops.Value:
    """``yes`` where the condition holds, ``no`` elsewhere, where it is null too."""
    when = holds(condition)
    if yes == no or when == TRUE:
        return yes
    if when == FALSE:
        return no
    other = ops.Not(ops.Coalesce((when, FALSE)))
    if no == FALSE:
        return _all((when, yes))
    if yes == FALSE:
        return _all((other, no))
    if yes == TRUE:
        return _any((when, no))
    return _any((other, yes)) if no == TRUE else ops.IfElse(when, yes, no)


def _all(parts: Iterable[ops.Value]) -> ops.Value:
    """All of them; what others imply is left out."""
    found = list(dict.fromkeys(one for part in parts for one in _parts(part, ops.And) if one != TRUE))
    if FALSE in found:
        return FALSE
    for one in tuple(found):
        if any(_implied(one, other) for other in found if other != one):
            found.remove(one)
    return functools.reduce(ops.And, found) if found else TRUE


def _any(parts: Iterable[ops.Value]) -> ops.Value:
    """One of them at least."""
    found = list(dict.fromkeys(one for part in parts for one in _parts(part, ops.Or) if one != FALSE))
    if TRUE in found:
        return TRUE
    if len(found) == 2 and (both := _whichever(*found)) is not None:
        return both
    return functools.reduce(ops.Or, found) if found else FALSE


def _parts(op: ops.Value, kind: type[ops.Binary]) -> list[ops.Value]:
    return [*_parts(op.left, kind), *_parts(op.right, kind)] if isinstance(op, kind) else [op]


def _whichever(left: ops.Value, right: ops.Value) -> ops.Value | None:
    """What is left of `(c and x) or (not c and x)`; None if it is not of that form."""
    first, second = _parts(left, ops.And), _parts(right, ops.And)
    rest = [one for one in first if one in second]
    alone = [*(one for one in first if one not in rest), *(one for one in second if one not in rest)]
    opposite = len(alone) == 2 and ops.Not(ops.Coalesce((alone[0], FALSE))) == alone[1]
    opposite = opposite or (len(alone) == 2 and ops.Not(ops.Coalesce((alone[1], FALSE))) == alone[0])
    return _all(rest) if opposite and len(first) == len(second) else None


def _implied(one: ops.Value, by: ops.Value) -> bool:
    """Whether a condition holds wherever another does."""
    if one == by:
        return True
    if isinstance(one, ops.Or):
        return _implied(one.left, by) or _implied(one.right, by)
    # A comparison that holds has both its sides.
    return isinstance(one, ops.NotNull) and isinstance(by, COMPARED) and one.arg in (by.left, by.right)
