"""KPIs of a YAML plugin: the same objects as those of Python functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Signature
from typing import TYPE_CHECKING, Any

from cpm_core.hooks.yaml.blamed import Expression, Where, asking
from cpm_core.hooks.yaml.formula import formula
from cpm_core.hooks.yaml.schema import KpiKeys
from cpm_core.model.kpi import Kpi
from cpm_core.model.measures import Concentration, Derived, Distinct, Mean, Measure, Quantile, Ratio, Total

if TYPE_CHECKING:
    import ibis.expr.types as ir

_AS_THEY_ARE = ("title", "unit", "better", "table", "at", "reads", "lookback", "stock", "hidden", "columns", "group")
_MORE = ("optional", "needs", "beside", "source", "factors", "replaces")


def kpi_of(name: str, keys: KpiKeys, where: Where) -> Kpi:
    """The KPI that the keys describe; ``where`` says in which line each of them stands."""
    compute = OfKpis(keys.derived) if keys.derived is not None else OfTable(keys, _expressions(keys, where))
    described = keys.description
    return Kpi(
        id=name,
        compute=compute,
        description=described.en if described else "",
        described_zh=described.zh if described else "",
        **{field: getattr(keys, field) for field in (*_AS_THEY_ARE, *_MORE)},
    )


@dataclass(frozen=True)
class OfKpis:
    """The function of a KPI that derives from others."""

    text: str

    def __call__(self, **given: Any) -> Derived:  # noqa: ARG002  # a function of KPIs is given them
        """The formula."""
        return formula(self.text).derived

    @property
    def __signature__(self) -> Signature:
        """It asks for the KPIs that the formula names."""
        return asking(*formula(self.text).names)


@dataclass(frozen=True)
class OfTable:
    """The function of a KPI over one table.

    Attributes:
        keys: As they are written.
        parts: The expressions of the measure, and the condition `where`, by key.
    """

    keys: KpiKeys
    parts: Mapping[str, Expression]

    def __call__(self, **given: Any) -> Measure:
        """The measure on the unbound table.

        Raises:
            PluginError: An expression does not fit the table.
        """
        return _Making(self, given[str(self.keys.table)], given.get("settings")).measure()

    @property
    def __signature__(self) -> Signature:
        """It asks for its table, and for the conventions if an expression names one."""
        named = any(part.settings for part in self.parts.values())
        return asking(str(self.keys.table), *(["settings"] if named else []))


def _expressions(keys: KpiKeys, where: Where) -> dict[str, Expression]:
    """The expressions of a measure, with their places."""
    value = getattr(keys, keys.measure)
    if isinstance(value, str):
        found = {keys.measure: Expression(value, keys.measure, where(keys.measure))}
    else:
        named = {"of", "to", "time", "event", "value", "tie"} & set(type(value).model_fields)
        found = {
            name: Expression(getattr(value, name), f"{keys.measure}.{name}", where(keys.measure, name))
            for name in sorted(named)
        }
    if keys.where is not None:
        found["where"] = Expression(keys.where, "where", where("where"))
    return found


class _Making:
    """One measure on one table."""

    def __init__(self, compute: OfTable, table: ir.Table, settings: Any) -> None:
        self.keys, self.parts = compute.keys, compute.parts
        self.table, self.settings = table, settings
        condition = self.parts.get("where")
        self.where = None if condition is None else condition.condition(table, settings)

    def measure(self) -> Measure:
        makers: Mapping[str, Callable[[], Measure]] = {
            "total": lambda: Total(self.number("total"), self.where),
            "ratio": lambda: Ratio(self.number("of"), self.number("to"), self.keys.cluster),
            "mean": lambda: Mean(self.number("mean"), self.where, self.keys.cluster),
            "distinct": lambda: Distinct(self.value("distinct"), self.where),
            "quantile": self._quantile,
            "concentration": self._concentration,
        }
        return makers[self.keys.measure]()

    def value(self, name: str) -> Any:
        return self.parts[name].on(self.table, self.settings)

    def number(self, name: str) -> Any:
        return self.parts[name].number(self.table, self.settings)

    def _quantile(self) -> Quantile:
        assert self.keys.quantile is not None
        event = self.parts["event"].condition(self.table, self.settings)
        return Quantile(self.number("time"), event, self.where, self.keys.quantile.q)

    def _concentration(self) -> Concentration:
        told = self.keys.concentration
        assert told is not None
        return Concentration(self.number("value"), self.value("tie"), told.kind, self.where, told.share)
