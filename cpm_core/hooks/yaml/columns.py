"""Columns of the customer profile of a YAML plugin."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import Signature
from typing import Any

from cpm_core.hooks.yaml.blamed import Expression, Where, asking
from cpm_core.hooks.yaml.schema import ColumnKeys
from cpm_core.model.rules import ProfileColumn

_CUSTOMER = "customer_id"


def column_of(name: str, keys: ColumnKeys, where: Where) -> ProfileColumn:
    """The profile column that the keys describe."""
    value = Expression(keys.value, "value", where("value"), aggregates=True)
    condition = None if keys.where is None else Expression(keys.where, "where", where("where"))
    return ProfileColumn(name, keys.title, OfRows(name, keys.table, value, condition), keys.unit, keys.replaces)


@dataclass(frozen=True)
class OfRows:
    """The function of a profile column: one value of each customer's rows of a table."""

    name: str
    table: str
    value: Expression
    where: Expression | None

    def __call__(self, **given: Any) -> Any:
        """A table of `customer_id` and the column.

        Raises:
            PluginError: An expression does not fit the table, or its rows belong to no customer.
        """
        rows, settings = given[self.table], given.get("settings")
        if _CUSTOMER not in rows.columns:
            raise self.value.error(f"the rows of the table {self.table!r} name no customer")
        if self.where is not None:
            rows = rows.filter(self.where.condition(rows, settings))
        return rows.group_by(_CUSTOMER).aggregate(**{self.name: self.value.on(rows, settings)})

    @property
    def __signature__(self) -> Signature:
        """It asks for its table, and for the conventions if an expression names one."""
        named = self.value.settings or (self.where is not None and self.where.settings)
        return asking(self.table, *(["settings"] if named else []))
