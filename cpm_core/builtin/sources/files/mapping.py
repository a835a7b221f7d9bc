"""From columns of a source's own to canonical ones: what `files` and `database` share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cpm_core.api import CpmError, DataError, Delivery, Problem, nearest


def delivered(context: Any, table: Callable[[Any, Any], Any]) -> dict[str, Delivery]:
    """The deliveries of all tables of the options, each made by ``table(context, its options)``.

    Raises:
        CpmError: All that is wrong with any of them; a path that leads nowhere is the params' fault, and
            counts for more than the data's.
    """
    found: dict[str, Delivery] = {}
    errors: list[CpmError] = []
    for name, spec in context.options.tables.items():
        try:
            given = table(context, spec)
            given = turned(context, given, spec) if spec.reverse else given
            found[name] = Delivery(given, loaded_until=spec.loaded_until)
        except CpmError as error:
            errors.append(error)
    if errors:
        worst = max(errors, key=lambda error: error.exit_code)
        raise type(worst)([problem for error in errors for problem in error.problems])
    return found


def named(columns: Mapping[str, Any], there: Sequence[str], where: str) -> dict[str, str]:
    """Canonical name to source column, of those that are mapped by a column's name.

    Raises:
        DataError: Some of them are not there; the nearest columns are named.
    """
    plain = {name: rule for name, rule in columns.items() if isinstance(rule, str)}
    lost = [
        Problem(
            f"there is no column {column!r} for {name!r}",
            where,
            nearest(column, there) or tuple(there[:5]),
            f"Change `{name}: {column}` under columns.",
        )
        for name, column in plain.items()
        if column not in there
    ]
    if lost:
        raise DataError(lost)
    return plain


def turned(context: Any, surveys: Any, spec: Any) -> Any:
    """Scores from the other end of their scale. One outside it stays as it is, and is refused as it was delivered.

    Raises:
        DataError: A column that it takes is missing.
    """
    lost = [name for name in ("score", "scale_min", "scale_max", "kind") if name not in surveys.columns]
    if lost:
        raise DataError(
            f"to turn scores with `reverse`, the column {lost[0]!r} is needed",
            where=getattr(spec, "path", None) or getattr(spec, "table", None) or "query",
            fix=f"Map it: columns: {{{lost[0]}: <source column>}}.",
        )
    score, low, high = (context.number(surveys[name]) for name in ("score", "scale_min", "scale_max"))
    mine = score.between(low, high)
    if isinstance(spec.reverse, list):
        mine &= surveys.kind.cast("string").strip().isin(spec.reverse)
    plain = surveys.score.cast("string")
    return surveys.mutate(score=mine.fill_null(False).ifelse((low + high - score).cast("string"), plain))
