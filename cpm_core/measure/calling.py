"""Call the functions of KPIs: those of plugins in a child process, one a plugin."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from cpm_core.hooks.isolation import Answer, Task, each, here, home_of, is_built_in
from cpm_core.hooks.registry import Provided
from cpm_core.measure import shape
from cpm_core.model.kpi import Kpi
from cpm_core.model.measures import Frame, Measure
from cpm_core.tables.misspelt import misspelt

if TYPE_CHECKING:
    import ibis.expr.types as ir

_DECLARE = "If a source is to map it beyond the table's spec, declare it: columns={{{name!r}: 'string'}}."


@dataclass(frozen=True)
class Call:
    """A KPI's function and what it is given.

    Attributes:
        arguments: By name: unbound tables, KPIs, settings.
        fixed: The same as of a fixed day, on which definitions are hashed.
        table: Its own table, unbound; None for a KPI that derives from others.
        attributes: Whether that may have columns beyond its spec.
    """

    provided: Provided[Kpi]
    arguments: Mapping[str, Any]
    fixed: Mapping[str, Any]
    table: ir.Table | None = None
    attributes: bool = False

    @property
    def item(self) -> Kpi:
        """The KPI."""
        return self.provided.item

    def measure(self, arguments: Mapping[str, Any]) -> Measure:
        """What the function returns.

        Raises:
            UnfitError: It is no measure of the KPI's table.
        """
        try:
            measure = self.item.compute(**arguments)
        except Exception as error:
            unfit = misspelt(error, arguments, _DECLARE if self.attributes else "", str(self.item.table))
            if unfit is None:
                raise
            raise unfit from error
        shape.check(measure, self.item, self.table)
        found: Measure = measure
        return found


@dataclass(frozen=True)
class Definition:
    """What a KPI's function returned.

    Attributes:
        measure: As of the workbook's day.
        canonical: As of the fixed day.
        source: The text of a pandas function.
    """

    measure: Measure
    canonical: Measure
    source: str = ""


def called(calls: Mapping[str, Call], limit: float) -> dict[str, Answer]:
    """What each KPI's function returned, a :class:`Definition`, or how it failed.

    Args:
        calls: By KPI.
        limit: Seconds that a function of a plugin may take.
    """
    by_plugin: dict[str, list[str]] = {}
    for name, call in calls.items():
        by_plugin.setdefault(call.provided.provider, []).append(name)
    found: dict[str, Answer] = {}
    for provider, names in by_plugin.items():
        tasks = [task(calls[name], partial(_define, calls[name])) for name in names]
        home = home_of(calls[names[0]].provided.file)
        answers = here(tasks, home) if is_built_in(provider) else each(tasks, limit, home)
        found |= dict(zip(names, answers, strict=True))
    return found


def task(call: Call, run: partial[Any]) -> Task:
    """Work on behalf of a KPI's function."""
    return Task(call.item.compute, run, call.provided.where)


def _define(call: Call) -> Definition:
    measure = call.measure(call.arguments)
    canonical = call.measure(call.fixed) if "settings" in call.arguments else measure
    if not isinstance(measure, Frame):
        return Definition(measure, canonical)
    source = _source(measure)
    if not is_built_in(call.provided.provider):
        # It may not pickle, and nobody but a child calls it.
        measure = canonical = replace(measure, function=_elsewhere)
    return Definition(measure, canonical, source)


def _elsewhere(rows: object) -> NoReturn:
    raise NotImplementedError("a plugin's pandas function is called in a child process only")


def _source(measure: Frame) -> str:
    """The text of a pandas function, so that a changed one is another definition."""
    function = inspect.unwrap(getattr(measure.function, "func", measure.function))
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return repr((code.co_code, code.co_consts, code.co_names)) if code else repr(type(function))
