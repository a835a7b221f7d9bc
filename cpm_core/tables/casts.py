"""From whatever a source delivers to the types of a spec. A value that cannot be cast becomes null."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.engine.dialect import Dialect
    from cpm_core.model.tables import ColumnType

MONEY = dt.Decimal(18, 4)
_PLAIN: dict[str, dt.DataType] = {
    "decimal": MONEY,
    "float64": dt.float64,
    "int64": dt.int64,
    "boolean": dt.boolean,
}

_RAGGED = r"^[\s\v]|[\s\v]$"


def as_text(value: ir.Value, dialect: Dialect) -> ir.StringValue:
    """Trimmed text; empty is null; a float without decimals is written whole (`1001.0` is `1001`)."""
    text: ir.StringValue
    if isinstance(value.type(), dt.String):
        # Looking whether there is something to trim takes half the time of trimming.
        text = value.re_search(_RAGGED).ifelse(value.strip(), value).nullif("")
    elif isinstance(value.type(), dt.Floating):
        number = _number(value)
        text = ibis.coalesce(_whole(number, dialect).cast(dt.string), number.cast(dt.string))
    else:
        text = value.cast(dt.string)
    return text


def trimmed(raw: ir.Table, names: Container[str], dialect: Dialect) -> ir.Table:
    """The same table with the text columns ``names`` trimmed, once for all that reads them."""
    texts = [name for name in raw.columns if name in names and isinstance(raw[name].type(), dt.String)]
    return raw.mutate(**{name: as_text(raw[name], dialect) for name in texts}) if texts else raw


def cast(value: ir.Value, kind: ColumnType, dialect: Dialect) -> ir.Value:
    """A value in the type of a spec's column that is no time; text is trimmed already."""
    text = isinstance(value.type(), dt.String)
    if kind == "string":
        return value if text else as_text(value, dialect)
    if kind == "float64":
        return _number(dialect.try_cast(value, dt.float64))
    if kind == "int64" and isinstance(value.type(), (dt.String, dt.Floating, dt.Decimal)):
        return _whole(value, dialect)
    if isinstance(value.type(), dt.Floating):
        value = _number(value)
    return dialect.try_cast(value, _PLAIN[kind])


def _whole(value: ir.Value, dialect: Dialect) -> ir.Value:
    """A whole number, null if it is none: an engine would round 2.5 to a number that nobody delivered."""
    whole = dialect.try_cast(value, dt.int64)
    return (whole.cast(dt.float64) == dialect.try_cast(value, dt.float64)).ifelse(whole, ibis.null())


def _number(value: ir.Value) -> ir.Value:
    """NaN and infinity are no numbers of a business, and no decimal holds them."""
    return (value.isnan() | value.isinf()).ifelse(ibis.null(), value)
