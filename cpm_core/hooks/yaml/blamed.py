"""Expressions with the line in which each is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from typing import TYPE_CHECKING

import ibis.expr.types as ir

from cpm_core.hooks.yaml.expression import ExpressionError, parsed, settings_in
from cpm_core.hooks.yaml.translate import translated
from cpm_core.model.errors import PluginError

if TYPE_CHECKING:
    from cpm_core.model.settings import Settings

Where = Callable[..., str]
"""Takes the way to a key and says in which file and line it stands."""


@dataclass(frozen=True)
class Expression:
    """An expression of a YAML plugin.

    Attributes:
        text: As it is written.
        key: Its key, as `ratio.of`.
        where: `file:line`.
        aggregates: It is of many rows.
    """

    text: str
    key: str
    where: str = field(compare=False)
    aggregates: bool = False

    @property
    def settings(self) -> tuple[str, ...]:
        """The conventions that it names."""
        return tuple(settings_in(parsed(self.text, aggregates=self.aggregates)))

    def on(self, table: ir.Table, settings: Settings | None = None) -> ir.Value:
        """It on an unbound table.

        Raises:
            PluginError: The table lacks a column, or values of kinds meet that do not go together.
        """
        try:
            return translated(parsed(self.text, aggregates=self.aggregates), table, settings)
        except ExpressionError as error:
            raise self.error(error.what, error.near, error.fix) from error

    def condition(self, table: ir.Table, settings: Settings | None = None) -> ir.BooleanValue:
        """It as a condition.

        Raises:
            PluginError: As above, or it is none.
        """
        value = self.on(table, settings)
        if not isinstance(value, ir.BooleanValue):
            raise self.error(
                f"{self.text!r} is no condition but a {value.type()}", fix="Compare it: `x > 0`, `x = 'a'`."
            )
        return value

    def number(self, table: ir.Table, settings: Settings | None = None) -> ir.Value:
        """It as something that adds up; a condition counts 1 where it holds.

        Raises:
            PluginError: As above, or it is neither number nor condition.
        """
        value = self.on(table, settings)
        if not isinstance(value, ir.NumericValue | ir.BooleanValue):
            raise self.error(f"{self.text!r} is no number but a {value.type()}")
        return value

    def error(self, what: str, near: tuple[str, ...] = (), fix: str = "") -> PluginError:
        """What is wrong with it, with its key and line."""
        return PluginError(f"{self.key}: {what}", where=self.where, nearest=near, fix=fix)


def asking(*names: str) -> Signature:
    """The signature of a function that asks for these names."""
    return Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])
