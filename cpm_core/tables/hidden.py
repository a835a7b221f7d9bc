"""Rows in which a secret stands, as where a service repeats the token that it was asked with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpm_core.model.secrets import HIDDEN, values

if TYPE_CHECKING:
    import ibis.expr.types as ir


def without_secrets(table: ir.Table) -> ir.Table:
    """A table whose texts hold no secret that is known; the same one if none is."""
    for value in values():
        texts = [name for name, kind in table.schema().items() if kind.is_string()]
        table = table.mutate(**{name: table[name].replace(value, HIDDEN) for name in texts})
    return table
