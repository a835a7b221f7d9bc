"""Small workbooks from tables that stand in the test itself."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from types import ModuleType
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from cpm_core.api import Delivery, Reject, Source, Text, hookimpl
from cpm_core.hooks.discovery import Plugin, find_plugins
from cpm_core.hooks.registry import Registry
from cpm_core.params.schema import Params
from cpm_core.workbook import Workbook

Given = str | pa.Table | pd.DataFrame


def grid(text: str) -> pa.Table:
    """A table as it is written: columns apart by blanks, every cell text, `-` for nothing.

    >>> grid('''order_id amount
    ...         1        10.50
    ...         2        -    ''')
    """
    lines = [line.split() for line in text.strip().splitlines() if line.strip()]
    names, cells = lines[0], lines[1:]
    assert all(len(row) == len(names) for row in cells), f"a row does not have {len(names)} cells"
    columns = zip(*cells, strict=True) if cells else [[] for _ in names]
    return pa.table(
        {
            name: pa.array([None if c == "-" else c for c in column], pa.string())
            for name, column in zip(names, columns, strict=True)
        }
    )


def delivered(given: Given) -> Any:
    """Any of the ways to write a table, as an Ibis one."""
    return ibis.memtable(grid(given) if isinstance(given, str) else given)


def given_source(
    tables: Mapping[str, Given],
    *,
    name: str = "given",
    rejects: Mapping[str, Given] | None = None,
    loaded_until: Mapping[str, date] | None = None,
    dated: tuple[str, ...] = (),
) -> Source:
    """A source that delivers the tables of a test."""

    def fetch(context: Any) -> dict[str, Delivery]:
        refused, until = rejects or {}, loaded_until or {}
        return {
            table: Delivery(
                delivered(rows),
                rejects=delivered(refused[table]) if table in refused else None,
                loaded_until=until.get(table, context.as_of if loaded_until is None else None),
                dated=dated,
            )
            for table, rows in tables.items()
        }

    reasons = (Reject("no customer", Text(en="a row without a customer", zh="没有客户的行")),)
    return Source(id=name, title=Text(en="Given", zh="给定"), fetch=fetch, reasons=reasons)


def plugin(name: str, **hooks: Sequence[Any]) -> Plugin:
    """A plugin in memory: what each hook returns, by the hook's name."""
    module = ModuleType(name)
    for hook, items in hooks.items():
        setattr(module, hook, _hook(hook, items))
    return Plugin(name, "1", "folder", f"{name}.py", module)


def _hook(name: str, items: Sequence[Any]) -> Any:
    def give() -> Sequence[Any]:
        return items

    give.__name__ = name
    return hookimpl(give)


@cache
def _builtins() -> tuple[Plugin, ...]:
    return tuple(find_plugins(None))


def book(
    tables: Mapping[str, Given] | None = None,
    *,
    sources: Sequence[Source] = (),
    plugins: Iterable[Plugin] = (),
    rejects: Mapping[str, Given] | None = None,
    loaded_until: Mapping[str, date] | None = None,
    **params: Any,
) -> Workbook:
    """A workbook on the tables, complete through the as-of day unless ``loaded_until`` says otherwise.

    ``params`` are keys of a params file; left out are UTC, months and a history of one.
    """
    given = [*sources]
    if tables is not None:
        given.append(given_source(tables, rejects=rejects, loaded_until=loaded_until))
    registry = Registry([*_builtins(), plugin("test_sources", cpm_sources=given), *plugins])
    uses = [{"use": source.id} for source in given]
    defaults = {"workbook": "small", "history": 1, "engine": {"threads": 1}, "sources": uses}
    return Workbook(Params.model_validate({**defaults, **params}), registry)


def facts(tables: Mapping[str, Given], **params: Any) -> pd.DataFrame:
    """The facts of a workbook on the tables; see :func:`book`."""
    made = book(tables, **params)
    try:
        return made.facts()
    finally:
        made.close()


def fact(frame: pd.DataFrame, kpi: str, period: str, slice_: str = "", member: str = "") -> pd.Series:
    """The one fact of a KPI, period and member."""
    keys = {"kpi": kpi, "period": period, "slice": slice_, "member": member}
    found = frame[(frame[list(keys)] == pd.Series(keys)).all(axis=1)]
    assert len(found) == 1, f"{len(found)} facts of {keys}"
    return found.iloc[0]
