"""Which column a function asked for that its table does not have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.common.exceptions import IbisTypeError

from cpm_core.hooks.isolation import UnfitError
from cpm_core.model.names import nearest
from cpm_core.model.text import Text

_NO_SUCH = Text(en="{table} has no column {name!r}", zh="{table} 没有字段 {name!r}")


def asked_of(error: Exception, given: Mapping[str, Any]) -> tuple[str, ir.Table | None]:
    """The column that there is not, and the table that was asked for it; of another error no table.

    Args:
        error: What a function raised.
        given: Its arguments.
    """
    if isinstance(error, AttributeError) and isinstance(error.obj, ir.Table):
        return str(error.name), error.obj
    found = re.match(r"Column '(.*?)' is not found in table", str(error)) if isinstance(error, IbisTypeError) else None
    tables = [one for one in given.values() if isinstance(one, ir.Table)]
    return (found[1], tables[0]) if found and len(tables) == 1 else ("", None)


def misspelt(error: Exception, given: Mapping[str, Any], fix: str = "", home: str = "its table") -> UnfitError | None:
    """What to say of a function that asked for a column that there is not; None if that is not what it raised.

    Args:
        error: What it raised.
        given: Its arguments.
        fix: What to do, with ``{name}`` for the column.
        home: What to call a table that is none of the arguments.
    """
    name, table = asked_of(error, given)
    if table is None:
        return None
    op = table.op()
    words = _NO_SUCH.format(table=op.name if isinstance(op, ops.UnboundTable) else home, name=name)
    return UnfitError(words, nearest(name, table.columns), fix.format(name=name))
