"""Which conventions of the params a KPI depends on: those whose change changes what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any, cast

import ibis.expr.operations as ops
import ibis.expr.types as ir

from cpm_core.engine.dialects import text_of
from cpm_core.model.calendar import Sla
from cpm_core.model.kpi import Kpi
from cpm_core.model.measures import Aside, Measure
from cpm_core.model.settings import Settings
from cpm_core.model.value import Value
from cpm_core.tables.derive import Catalog
from cpm_core.tables.lineage import base_columns, columns_on_the_way

OTHERS: Mapping[str, Any] = {
    "activity_days": 91,
    "survey_window_days": 15,
    "survey_unit": "customer",
    "conversion_days": 91,
    "resolution_window_days": 8,
    "min_cost_coverage": 0.8,
    "nrr_window": "period",
    "cost_centers": ("one", "two"),
    "coverage_tiers": ("one",),
    "point_value": 2.0,
    "breakage": 0.5,
    "sla": Sla(response={"default": 9.0}, resolution={"default": 41.0}),
    "value": Value(horizon_months=13),
}
"""Another value of each convention. (The calendar is no part of expressions: it comes as tables.)"""
OF_COMPUTED: Mapping[str, tuple[str, ...]] = {"customer_values": ("min_cost_coverage", "value")}
"""Those that a table rests on which the core works out itself: no expression tells them."""
GLOBAL = (
    *("as_of", "since", "period", "history", "year_starts", "timezone", "currency", "min_n", "confidence"),
    *("tier_history", "tier_margin", "tier_capacity"),
)
"""Settings that are no conventions of one KPI."""
_CALENDAR = frozenset(("calendar", "business_hours"))


class _Watched:
    """Settings that remember what was read of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self._settings, name)


class Conventions:
    """Compares KPIs and their tables under one convention and another.

    Args:
        catalog: Every table.
        settings: The conventions that others are compared with.

    Raises:
        LookupError: There is a convention of which nothing here knows another value.
    """

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self._catalog, self._settings = catalog, settings
        unknown = {one.name for one in fields(Settings)} - set(GLOBAL) - set(OTHERS) - {"calendar"}
        if unknown:
            raise LookupError(f"give another value of {', '.join(sorted(unknown))} in tools/kpi_conventions.py")
        self._changed = cache(self._changed_columns)
        self._text = cache(lambda table: text_of(catalog.expression(table, settings)))
        self._read = cache(self._read_by)

    def of(self, kpi: Kpi) -> list[str]:
        """The names of the conventions that a KPI on a table depends on."""
        plain = repr(self._measure(kpi, self._settings))
        found = {name for name in OTHERS if repr(self._measure(kpi, self._other(name))) != plain}
        found |= set(OF_COMPUTED.get(str(kpi.table), ()))
        if kpi.table and self._catalog.is_derived(kpi.table):
            values = expressions(self._measure(kpi, self._settings))
            columns = {column for value in values for _, column in base_columns(value)}
            for name in OTHERS:
                found |= {name} if columns & self._changed(kpi.table, name) else set()
            table = self._catalog.expression(kpi.table, self._settings)
            behind = {home for column in columns for home, _ in base_columns(table[column])}
            found |= {"calendar"} if behind & _CALENDAR else set()
        return sorted(found)

    def _other(self, name: str) -> Settings:
        return replace(self._settings, **{name: OTHERS[name]})

    def _measure(self, kpi: Kpi, settings: Settings) -> Measure:
        given = {name: settings if name == "settings" else self._catalog.unbound(name) for name in kpi.arguments}
        measure: Measure = kpi.compute(**given)
        return measure

    def _read_by(self, table: str) -> frozenset[str]:
        """The settings that a derived table's function looks at: no others can change it."""
        watched = _Watched(self._settings)
        self._catalog.expression(table, cast("Settings", watched))
        return frozenset(watched.read)

    def _changed_columns(self, table: str, name: str) -> frozenset[str]:
        """The columns of a derived table that a convention changes: all, if it only chooses the table's rows."""
        if name not in self._read(table):
            return frozenset()
        plain, other = (self._catalog.expression(table, one) for one in (self._settings, self._other(name)))
        if self._text(table) == text_of(other):
            return frozenset()
        changed = {column for column in plain.columns if _constants(plain[column]) != _constants(other[column])}
        return frozenset(changed or plain.columns)


def expressions(measure: Measure) -> list[ir.Value]:
    """The Ibis expressions of a measure, those told aside too."""
    values = [getattr(measure, one.name) for one in fields(measure)]
    values += [part for one in values if isinstance(one, Aside) for part in (one.value, one.of)]
    return [one for one in values if isinstance(one, ir.Value)]


def _constants(value: ir.Value) -> frozenset[Any]:
    """The constants in what a value is made of."""
    nodes = (one.values.get(name) for one, name in columns_on_the_way(value) if hasattr(one, "values"))
    return frozenset(_literals(node for node in nodes if node is not None))


def _literals(nodes: Iterable[ops.Node]) -> Iterable[Any]:
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, ops.Literal):
            yield node.value
        else:
            stack.extend(child for child in node.__children__ if not isinstance(child, ops.Relation))
