"""The functions that an expression may call, and what each is in Ibis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis

from cpm_core.model.business import epoch_seconds


@dataclass(frozen=True)
class Function:
    """One function.

    Attributes:
        usage: How it is written.
        make: Makes the Ibis expression.
        least: Arguments that it needs.
        most: Arguments that it takes.
        aggregate: It makes one value of many rows.
    """

    usage: str
    make: Callable[..., Any]
    least: int = 1
    most: int = 1
    aggregate: bool = False


def _day(value: Any) -> Any:
    return value.date() if value.type().is_timestamp() else value


def _days_between(first: Any, second: Any) -> Any:
    return _day(second).delta(_day(first), unit="day").cast("int64")


def _hours_between(first: Any, second: Any) -> Any:
    return (epoch_seconds(second) - epoch_seconds(first)) / 3600.0


def _rounded(value: Any, digits: Any = None) -> Any:
    return value.round() if digits is None else value.round(digits)


def _substring(value: Any, start: Any, length: Any = None) -> Any:
    return value.substr(start - 1, length)


SCALARS: Mapping[str, Function] = {
    "abs": Function("abs(x)", lambda x: x.abs()),
    "round": Function("round(x, digits)", _rounded, most=2),
    "floor": Function("floor(x)", lambda x: x.floor()),
    "ceil": Function("ceil(x)", lambda x: x.ceil()),
    "sqrt": Function("sqrt(x)", lambda x: x.sqrt()),
    "ln": Function("ln(x)", lambda x: x.ln()),
    "lower": Function("lower(x)", lambda x: x.lower()),
    "upper": Function("upper(x)", lambda x: x.upper()),
    "trim": Function("trim(x)", lambda x: x.strip()),
    "length": Function("length(x)", lambda x: x.length()),
    "substring": Function("substring(x, start, length)", _substring, 2, 3),
    "contains": Function("contains(x, 'text')", lambda x, part: x.contains(part), 2, 2),
    "starts_with": Function("starts_with(x, 'text')", lambda x, part: x.startswith(part), 2, 2),
    "ends_with": Function("ends_with(x, 'text')", lambda x, part: x.endswith(part), 2, 2),
    "coalesce": Function("coalesce(x, y, …)", ibis.coalesce, 2, 20),
    "nullif": Function("nullif(x, y)", lambda x, y: x.nullif(y), 2, 2),
    "greatest": Function("greatest(x, y, …)", ibis.greatest, 2, 20),
    "least": Function("least(x, y, …)", ibis.least, 2, 20),
    "year": Function("year(time)", lambda x: x.year()),
    "quarter": Function("quarter(time)", lambda x: x.quarter()),
    "month": Function("month(time)", lambda x: x.month()),
    "day": Function("day(time)", lambda x: x.day()),
    "weekday": Function("weekday(time)", lambda x: x.day_of_week.index() + 1),
    "hour": Function("hour(time)", lambda x: x.hour()),
    "date": Function("date(time)", _day),
    "days_between": Function("days_between(first, second)", _days_between, 2, 2),
    "hours_between": Function("hours_between(first, second)", _hours_between, 2, 2),
}
"""Of one row. A weekday is 1 on Mondays and 7 on Sundays; days between are whole local days."""

AGGREGATES: Mapping[str, Function] = {
    "sum": Function("sum(x)", lambda x: x.sum(), aggregate=True),
    "count": Function("count(*)", lambda x: x.count(), aggregate=True),
    "avg": Function("avg(x)", lambda x: x.mean(), aggregate=True),
    "min": Function("min(x)", lambda x: x.min(), aggregate=True),
    "max": Function("max(x)", lambda x: x.max(), aggregate=True),
}
"""Of the rows of one customer. `count(x)` counts where x is not null, `count(distinct x)` its different values."""
