"""PostgreSQL's SQL where ibis writes it wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis.expr.datatypes as dt
from ibis.backends.sql.compilers.postgres import PostgresCompiler as IbisCompiler

if TYPE_CHECKING:
    import ibis.expr.operations as ops


class PostgresCompiler(IbisCompiler):  # type: ignore[misc]  # ibis ships no types
    """ibis' compiler for PostgreSQL, mended; `tests/test_upstream_pins.py` tells when a mend is needed no more."""

    __slots__ = ()

    def visit_Cast(self, op: ops.Cast, *, arg: Any, to: dt.DataType) -> Any:  # noqa: N802  # ibis' name
        """A cast; booleans turn to numbers by way of the one integer type that PostgreSQL has a cast to."""
        if op.arg.dtype.is_boolean() and to.is_numeric() and not to.is_boolean():
            arg = self.cast(arg, dt.int32)
        return super().visit_Cast(op, arg=arg, to=to)
