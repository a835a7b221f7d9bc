"""What a KPI may be: a measure over one table, or derived from other KPIs.

The fields of measures are Ibis expressions on an unbound table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from cpm_core.model.text import Text


@dataclass(frozen=True)
class Aside:
    """A sum told beside a figure, such as the tickets not yet due, or the share of revenue that has a cost.

    Attributes:
        value: Summed over the figure's rows, and over those that count in neither of its parts.
        words: Says it, with ``{value}`` (the sum) or ``{share}`` (the sum over that of ``of``).
        of: What ``value`` is a share of; None: it is told as it is.
        at_least: Below this share the figure is `no data`, with the words as its reason.

    Raises:
        ValueError: The words have another placeholder.
    """

    value: Any
    words: Text
    of: Any = None
    at_least: float | None = None

    def __post_init__(self) -> None:
        try:
            self.words.format(value="", share="")
        except (LookupError, ValueError) as error:
            raise ValueError(
                f"the words of an Aside take no other placeholder than {{value}} and {{share}}: {error!r}"
            ) from None


@dataclass(frozen=True)
class Total:
    """Sum of ``value`` over rows (True counts 1). Adds up over periods and members."""

    value: Any
    where: Any = None
    aside: Aside | None = None


@dataclass(frozen=True)
class Ratio:
    """Sum of ``numerator`` over sum of ``denominator``; a row whose numerator is null counts in neither.

    With two booleans it is a share, with a Wilson interval; otherwise a ratio of sums, with the
    delta method over rows. ``cluster`` names the column whose rows are not independent.
    """

    numerator: Any
    denominator: Any
    cluster: str | None = None
    aside: Aside | None = None


@dataclass(frozen=True)
class Mean:
    """Mean of ``value`` over the rows where it is not null, with Student's t interval."""

    value: Any
    where: Any = None
    cluster: str | None = None
    interval: Literal["t", "nps"] = "t"
    """`nps`: adjusted Wald for values in {-100, 0, 100}."""
    aside: Aside | None = None


@dataclass(frozen=True)
class Quantile:
    """The ``q`` quantile of a time by Kaplan-Meier (1958); rows where ``event`` is false are censored."""

    time: Any
    event: Any
    where: Any = None
    q: float = 0.5


@dataclass(frozen=True)
class Distinct:
    """Number of different values over the rows where ``where`` holds. Does not add up."""

    value: Any
    where: Any = None


@dataclass(frozen=True)
class Concentration:
    """How unequally ``value`` is spread over the rows where it is above zero, ranked within the period and member.

    Rows of equal value are ranked by ``tie``. `gini`: the Gini coefficient, sum of (2 i - n - 1) x_i over
    n times the sum of x, i the rank from the smallest (Gini 1912; Sen 1973). `top`: the share of the
    sum that the largest ceil(``share`` n) rows hold. Does not add up over members.

    Raises:
        ValueError: There is no such kind, or the share is none.
    """

    value: Any
    tie: Any
    kind: Literal["gini", "top"]
    where: Any = None
    share: float = 0.2

    def __post_init__(self) -> None:
        if self.kind not in ("gini", "top") or not 0 < self.share <= 1:
            raise ValueError(f"a Concentration is gini, or top of a share in (0, 1]; not {self.kind}, {self.share}")


@dataclass(frozen=True)
class Frame:
    """What a pandas function makes of the rows of one period and member: the escape for all that no other measure says.

    Slower than they are: the rows are fetched, at most five million, and it has no interval. Does not add up.

    Attributes:
        function: Gets a DataFrame with one row a row of the table (decimals as floats, times as timestamps, in the
            order of the table's key) and returns a number, a pair of numerator and denominator, or None where
            the figure is not defined.
        columns: Columns of the KPI's table, or named expressions on it: all that is fetched.
        where: The rows that count; None: all.

    Raises:
        ValueError: There is no column, or two of one name.
    """

    function: Callable[[Any], Any]
    columns: tuple[Any, ...]
    where: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        if not self.names or len(set(self.names)) < len(self.names):
            raise ValueError("a Frame needs at least one column, and each name once")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that the function gets."""
        return tuple(column.get_name() for column in self.columns)


class Formula:
    """Arithmetic on other KPIs' values: `a + b`, `a - b`, `a * b`, and `a.year_before()`."""

    def __add__(self, other: Formula) -> Formula:
        return Operation("+", self, other)

    def __sub__(self, other: Formula) -> Formula:
        return Operation("-", self, other)

    def __mul__(self, other: Formula) -> Formula:
        return Operation("*", self, other)


@dataclass(frozen=True)
class KpiRef(Formula):
    """The value of another KPI in the same period and member, or in the same period a year before."""

    id: str
    year_back: bool = False

    def year_before(self) -> KpiRef:
        """The same KPI in the same period of the year before."""
        return KpiRef(self.id, year_back=True)


@dataclass(frozen=True)
class Operation(Formula):
    """Two formulas joined by an operator."""

    sign: Literal["+", "-", "*"]
    left: Formula
    right: Formula

    def __post_init__(self) -> None:
        _check_formula(self.left, self.right)


@dataclass(frozen=True)
class Derived:
    """``numerator / denominator + plus`` of other KPIs; `undefined` where the denominator is not positive."""

    numerator: Formula
    denominator: Formula | None = None
    plus: float = 0.0

    def __post_init__(self) -> None:
        _check_formula(self.numerator, *([] if self.denominator is None else [self.denominator]))


def _check_formula(*parts: object) -> None:
    for part in parts:
        if not isinstance(part, Formula):
            what = "year_before without its brackets" if callable(part) else repr(part)
            raise TypeError(f"a Derived is of KPIs, joined by +, - and *; {what} is none")


Measure: TypeAlias = Total | Ratio | Mean | Quantile | Distinct | Concentration | Frame | Derived
