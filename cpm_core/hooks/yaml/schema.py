"""The keys of a YAML plugin and their types."""

from __future__ import annotations

from collections.abc import Callable
from keyword import iskeyword
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from cpm_core.hooks.validate import SLUG
from cpm_core.hooks.yaml import expression
from cpm_core.hooks.yaml.expression import ExpressionError
from cpm_core.hooks.yaml.formula import formula
from cpm_core.model.kpi import Better, Lookback, Unit
from cpm_core.model.tables import ColumnType
from cpm_core.params.keys import Keys
from cpm_core.params.targets import Ends
from cpm_core.params.values import Name, Names, Number, Words, quoted, wrong

MEASURES = ("total", "ratio", "mean", "quantile", "distinct", "concentration", "derived")


def _id(value: str) -> str:
    if not SLUG.fullmatch(value) or iskeyword(value):
        fix = "An id is of small letters, digits and _, begins with a letter, and has 60 of them at most."
        raise wrong(f"{quoted(value)} is no id", fix=fix)
    return value


def _read(reading: Callable[[str], Any]) -> Callable[[str], str]:
    """Refuse a text that does not read as an expression; the text itself stays."""

    def check(value: str) -> str:
        try:
            reading(value)
        except ExpressionError as error:
            raise wrong(error.what, error.near, error.fix) from None
        return value

    return check


Id = Annotated[str, AfterValidator(_id)]
Row = Annotated[Name, AfterValidator(_read(expression.parsed))]
"""An expression of the columns of one row."""
Rows = Annotated[Name, AfterValidator(_read(lambda text: expression.parsed(text, aggregates=True)))]
"""An expression of sums and counts of many rows."""
OfKpis = Annotated[Name, AfterValidator(_read(formula))]
"""A formula of other KPIs."""


class RatioKeys(Keys):
    """The sum of ``of`` over the sum of ``to``; with two conditions a share of rows."""

    of: Row = Field(examples=["channel = 'phone'"])
    to: Row = Field(examples=["ticket_id is not null"])


class QuantileKeys(Keys):
    """A quantile of a time; rows without ``event`` still wait."""

    time: Row = Field(examples=["hours_between(opened_at_utc, resolved_at_utc)"])
    event: Row = Field(examples=["resolved_at is not null"])
    q: Number = Field(0.5, gt=0, lt=1, examples=["0.5"])


class ConcentrationKeys(Keys):
    """How unequally a value is spread."""

    value: Row = Field(examples=["trailing_revenue"])
    tie: Row = Field(examples=["customer_id"])
    kind: Literal["gini", "top"] = Field(examples=["gini"])
    share: Number = Field(0.2, gt=0, le=1, examples=["0.2"])


class KpiKeys(Keys):
    """A KPI: what it is called, and one measure."""

    title: Words
    description: Words | None = None
    unit: Unit = Field(examples=["percent"])
    better: Better = Field(examples=["lower"])
    table: Id | None = Field(None, examples=["tickets"])
    at: Name | None = Field(None, examples=["opened_at"])
    total: Row | None = Field(None, examples=["amount"])
    ratio: RatioKeys | None = None
    mean: Row | None = Field(None, examples=["amount"])
    quantile: QuantileKeys | None = None
    distinct: Row | None = Field(None, examples=["customer_id"])
    concentration: ConcentrationKeys | None = None
    derived: OfKpis | None = Field(None, examples=["revenue / orders"])
    where: Row | None = Field(None, examples=["kind = 'sale'"])
    cluster: Name | None = Field(None, examples=["customer_id"])
    group: Name = Field("other", examples=["service"])
    lookback: Lookback = "none"
    stock: bool = Field(False, examples=["true"])
    hidden: bool = Field(False, examples=["true"])
    columns: dict[Name, ColumnType] = Field({}, examples=["{promised_at: timestamp}"])
    optional: Names = Field((), examples=["[tickets.closed_at]"])
    needs: Names = Field((), examples=["[point_value]"])
    beside: Names = Field((), examples=["[survey_response_rate]"])
    reads: Names = Field((), examples=["[tickets]"])
    factors: Names = Field((), examples=["[active_customers, purchase_frequency]"])
    source: str = ""
    replaces: str = ""

    @property
    def measure(self) -> str:
        """Which measure it is."""
        return next(name for name in MEASURES if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        given = [name for name in MEASURES if getattr(self, name) is not None]
        if len(given) != 1:
            said = f"it has {' and '.join(given)}" if given else "it has no measure"
            raise wrong(said, fix=f"Write one of {', '.join(MEASURES)}.")
        of_table = given[0] != "derived"
        if of_table and (self.table is None or self.at is None):
            raise wrong(f"a {given[0]} needs 'table' and 'at'", fix="Write `table: tickets` and `at: opened_at`.")
        for name in ("table", "at", "where"):
            if not of_table and getattr(self, name) is not None:
                raise wrong(f"a derived KPI has no {name!r}", fix="Take it out: its parts have their own.")
        return self._fitting(given[0])

    def _fitting(self, measure: str) -> Self:
        if self.cluster is not None and measure not in ("ratio", "mean"):
            raise wrong(f"a {measure} has no 'cluster'", fix="Take it out: only a ratio or mean has an interval by it.")
        if self.where is not None and measure == "ratio":
            raise wrong("a ratio has no 'where'", fix="Write the condition into `of` and `to`, joined by `and`.")
        return self


class ColumnKeys(Keys):
    """A column of the customer profile, of the rows that each customer has in one table."""

    title: Words
    table: Id = Field(examples=["orders"])
    value: Rows = Field(examples=["sum(amount)"])
    where: Row | None = Field(None, examples=["kind = 'sale'"])
    unit: Unit = "number"
    replaces: str = ""


class TierCut(Keys):
    """The first two tiers; the third is the rest."""

    VIP: Number = Field(gt=0, examples=["5000"])
    key: Number = Field(gt=0, examples=["1000"])


class CutKeys(Keys):
    """Where tiers are cut: by a limit, a share of the customers, or a share of the value."""

    at_least: TierCut | None = Field(None, examples=["{VIP: 5000, key: 1000}"])
    top_share: TierCut | None = Field(None, examples=["{VIP: 5%, key: 20%}"])
    share_of_value: TierCut | None = Field(None, examples=["{VIP: 50%, key: 80%}"])

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise wrong("a cut is exactly one of at_least, top_share and share_of_value")
        return self

    @field_validator("at_least")
    @classmethod
    def _falling(cls, cut: TierCut | None) -> TierCut | None:
        if cut is not None and cut.key > cut.VIP:
            raise wrong("a higher tier starts at the larger value", fix="Write it as {VIP: 5000, key: 1000}.")
        return cut

    @field_validator("top_share", "share_of_value")
    @classmethod
    def _cumulative(cls, cut: TierCut | None) -> TierCut | None:
        if cut is not None and not cut.VIP <= cut.key <= 1:
            raise wrong("shares are cumulative, and 1 is the whole", fix="Write them as {VIP: 5%, key: 20%}.")
        return cut


class TierKeys(Keys):
    """A rule that sorts customers by one value of the profile."""

    title: Words
    value: Row = Field(examples=["trailing_margin"])
    cut: CutKeys = Field(examples=["{at_least: {VIP: 5000, key: 1000}}"])
    value_title: Words | None = None
    unit: Unit | None = None
    reads: Names = Field((), examples=["[orders]"])
    replaces: str = ""


class ExpectKeys(Keys):
    """What is expected of a table; each with `at_least`, `at_most` or `between`."""

    rows: Ends | None = Field(None, examples=["{at_least: 100}"])
    """Kept rows."""
    recent_rows: Ends | None = Field(None, examples=["{at_least: 100}"])
    """Kept rows of the 28 days that end with the as-of day."""
    reject_share: Ends | None = Field(None, examples=["{at_most: 0.05}"])
    """Refused rows in those that could count."""
    days_old: Ends | None = Field(None, examples=["{at_most: 3}"])
    """Days from the last row, or from what the source says, to the as-of day."""
    empty: dict[Name, Ends] = Field({}, examples=["{channel: {at_most: 0.1}}"])
    """By column, the share of kept rows in which it is empty."""


class CheckKeys(Keys):
    """An expectation on a base table."""

    title: Words
    table: Name | Names = Field(examples=["tickets"])
    level: Literal["warn", "stop"] = "warn"
    expect: ExpectKeys
    replaces: str = ""

    @field_validator("expect")
    @classmethod
    def _something(cls, expect: ExpectKeys) -> ExpectKeys:
        if not expect.model_fields_set:
            raise wrong("nothing is expected", fix="Write for example `expect: {rows: {at_least: 100}}`.")
        return expect


class PluginKeys(Keys):
    """A YAML plugin."""

    version: Name | None = Field(None, examples=["1.0"])
    api: int | None = Field(None, examples=["1"])
    """The version of the API that it is written for."""
    kpis: dict[Id, KpiKeys] = Field({})
    profile_columns: dict[Id, ColumnKeys] = Field({})
    tier_rules: dict[Id, TierKeys] = Field({})
    checks: dict[Id, CheckKeys] = Field({})
