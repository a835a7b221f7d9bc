"""Queries that were put together once: reports of one process often ask the same of other rows.

To put a query together takes about as long as to run it on the customers of one branch.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Generic, TypeVar

from cpm_core.measure import labels, slices
from cpm_core.model.periods import Period
from cpm_core.model.settings import Settings
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.measure.fused import Group

MOST = 500
"""Queries that are kept."""
Made = TypeVar("Made")

_known: OrderedDict[Hashable, tuple[ir.Table, tuple[tuple[str, date], ...]]] = OrderedDict()


class Once(Generic[Made]):
    """Makes something when it is first asked for."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make, self._made = make, list[Made]()

    def __call__(self) -> Made:
        """What it makes."""
        if not self._made:
            self._made.append(self._make())
        return self._made[0]


def known(key: Hashable, build: Callable[[], ir.Table], catalog: Catalog | None = None) -> ir.Table:
    """The query of a key, on unbound tables; it is built if it was not.

    Args:
        key: All that the query depends on, but the rows.
        build: Puts it together.
        catalog: Where it will run, if it may read computed tables as of earlier days: what building a query has
            stored for another catalog is stored for this one too.
    """
    if key not in _known:
        rows = build()
        _known[key] = rows, () if catalog is None else catalog.dated(rows)
        while len(_known) > MOST:
            _known.popitem(last=False)
    _known.move_to_end(key)
    rows, dated = _known[key]
    if catalog is not None:
        for name, day in dated:
            catalog.at(name, day)
    return rows


def asked(
    group: Group, kpis: Sequence[str], catalog: Catalog, periods: Sequence[Period], settings: Settings
) -> tuple[Hashable, ...]:
    """All that the queries of some KPIs depend on, but the rows.

    Raises:
        MeasureError: A slice would count rows more than once.
    """
    slices.check_unique(group.slices, catalog)
    tables = {group.table, *(one.table for one in group.slices)}
    labelled = labels.periods(catalog) if any(one.is_label for one in group.slices) else ()
    return (
        group.table,
        group.at,
        tuple((name, group.definitions.get(name, repr(group.kpis[name]))) for name in kpis),
        group.slices,
        tuple(group.clusters.items()),
        tuple(periods),
        labelled,
        # A definition leaves the day out, and an expression may name it.
        repr(settings),
        tuple((name, catalog.schema(name)) for name in sorted(tables)),
    )
