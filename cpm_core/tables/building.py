"""Call the function of a derived table: that of a plugin in a child process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import ibis.expr.types as ir

from cpm_core.hooks.isolation import Failure, Task, UnfitError, each, home_of, in_words, is_built_in
from cpm_core.model.errors import CpmError, PluginError
from cpm_core.model.names import nearest
from cpm_core.model.text import Text
from cpm_core.tables.failures import Broken
from cpm_core.tables.misspelt import misspelt

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.hooks.registry import Provided
    from cpm_core.model.tables import DerivedTable

_NO_TABLE = Text(en="returned a {kind}, not a table", zh="返回的是 {kind}，而不是数据表")
_NO_COLUMN = Text(en="its table has no column {name!r}", zh="其数据表没有字段 {name!r}")
_BOUND = Text(en="it reads a table of a connection, {name!r}", zh="它读取了某个数据库连接中的表 {name!r}")
_LACKS = Text(
    en="cannot run on {engine}: the operation {operation} is not there",
    zh="无法在 {engine} 上计算：该引擎不支持运算 {operation}",
)
_BLOCKED = Text(en="blocked, because the {what} of {provider} failed", zh="因 {provider} 提供的{what}失败而无法计算")
_TWICE = Text(
    en="it has {rows} rows for {keys} customers, and each may be in it once",
    zh="{keys} 位客户却有 {rows} 行，而每位客户只能出现一次",
)


class BrokenError(PluginError):
    """A plugin's function of tables failed."""

    failure = Failure("")

    @classmethod
    def of(cls, provided: Provided[DerivedTable], failure: Failure) -> BrokenError:
        """The error of a table whose function failed."""
        made = cls([Broken.of_table(provided.item.id, provided.provider, failure).problem])
        made.failure = failure
        return made


def built(provided: Provided[DerivedTable], given: Mapping[str, Any], limit: float) -> ir.Table:
    """What a derived table's function makes of the tables and whatever else it is given.

    Args:
        provided: The table.
        given: Its arguments.
        limit: Seconds that a plugin's function may take.

    Raises:
        PluginError: It failed.
    """
    item = provided.item
    if is_built_in(provided.provider):
        try:
            own = _own(item.build, tuple((name, _plain(one)) for name, one in given.items()))
        except CpmError:
            raise
        except Exception as error:
            what = f"derived table {item.id!r} of {provided.provider!r} failed: {in_words(error)}"
            raise PluginError(what, where=provided.where) from error
        return own
    task = Task(item.build, partial(_checked, item, given), provided.where)
    (answer,) = each([task], limit, home_of(provided.file))
    if answer.failure is not None:
        raise BrokenError.of(provided, answer.failure)
    made: ir.Table = answer.value
    return made


# Workbooks of one process build the same tables of the same columns, and building takes longer than asking.
@lru_cache(maxsize=512)
def _own(build: Callable[..., Any], given: tuple[tuple[str, Any], ...]) -> ir.Table:
    """What a built-in's function returns, which hangs on its arguments alone."""
    table: ir.Table = build(**{name: one.to_expr() if isinstance(one, ops.Node) else one for name, one in given})
    return table


def _plain(given: Any) -> Any:
    """An argument as it can be looked up: expressions are not compared, what they stand for is."""
    return given.op() if isinstance(given, ir.Expr) else given


def _checked(item: DerivedTable, given: Mapping[str, Any]) -> ir.Table:
    """The table, which has a key and a time, and lives on no connection."""
    try:
        table = item.build(**given)
    except Exception as error:
        unfit = misspelt(error, given)
        if unfit is None:
            raise
        raise unfit from error
    if not isinstance(table, ir.Table):
        raise UnfitError(_NO_TABLE.format(kind=type(table).__name__), fix="Return an expression on its arguments.")
    for name in (*item.key, item.at):
        if name not in table.columns:
            raise UnfitError(
                _NO_COLUMN.format(name=name), nearest(name, table.columns), "Its key and its time need it."
            )
    for held in table.op().find((ops.DatabaseTable, ops.SQLQueryResult)):
        words = _BOUND.format(name=getattr(held, "name", "…"))
        raise UnfitError(words, fix="Ask for a table by an argument of its name.")
    return table


def blocked(behind: Broken, where: str) -> Failure:
    """What cannot be made of a table that failed."""
    said = _BLOCKED.format(what=behind.title, provider=behind.provider)
    return Failure(said.en, where, zh=said.zh)


def lacks(provided: Provided[DerivedTable], engine: str, operation: str) -> Failure:
    """An engine does not have an operation of a plugin's table."""
    said = _LACKS.format(engine=engine, operation=operation)
    return Failure(said.en, provided.where, zh=said.zh)


def check_unique(counted: pd.DataFrame) -> None:
    """See that no two rows have the same key.

    Args:
        counted: One row: `rows` and `keys` of a table.

    Raises:
        UnfitError: Some do.
    """
    rows, keys = int(counted["rows"].iloc[0]), int(counted["keys"].iloc[0])
    if rows > keys:
        raise UnfitError(_TWICE.format(rows=rows, keys=keys), fix="Aggregate it by customer_id.")
