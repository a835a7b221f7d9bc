"""From KPIs to measures on unbound tables, and what each needs of the data."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from operator import attrgetter
from typing import Any

import ibis.expr.types as ir

from cpm_core.engine import dialects
from cpm_core.hooks.isolation import Answer, Failure, is_built_in
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.measure.calling import Call, Definition, called
from cpm_core.measure.known import Known, recalled, remember
from cpm_core.model.errors import MeasureError
from cpm_core.model.kpi import Kpi
from cpm_core.model.measures import Aside, Frame, KpiRef, Measure, Total
from cpm_core.model.names import nearest
from cpm_core.model.settings import Settings
from cpm_core.model.text import Text
from cpm_core.tables.derive import Catalog
from cpm_core.tables.lineage import base_columns

_NO_TABLE = Text(en="table {table} is not delivered", zh="没有提供数据表 {table}")
_UNCUT = Text(
    en="table {table} tells the whole alone, and cannot be cut to the customers of this report",
    zh="数据表 {table} 只有整体数据，无法限定到本报告的客户",
)
_NO_COLUMN = Text(en="column {column} is not delivered", zh="没有提供字段 {column}")
_NOT_BUILT = Text(en="no plugin provides the column {column}", zh="没有插件提供字段 {column}")
_NO_SETTING = Text(en="the params do not set settings.{name}", zh="参数文件没有设置 settings.{name}")
_NO_KEY = Text(en="the params do not set {name}", zh="参数文件没有设置 {name}")
_NO_PART = Text(en="{part} has no data", zh="{part} 没有数据")
_ABSENT = Text(
    en="nobody provides it; plugins that could not be loaded: {plugins}",
    zh="没有插件提供该指标；未能加载的插件：{plugins}",
)
_NO_ARGUMENT = Text(en="asks for {name!r}, which is no table", zh="请求了 {name!r}，但没有这个数据表")
_BLOCKED = Text(
    en="blocked, because the {what} of {provider} failed: {why}",
    zh="因 {provider} 提供的{what}失败而无法计算：{why}",
)
_LACKS = Text(
    en="cannot run on {engine}: the operation {operation} of its expression is not there",
    zh="无法在 {engine} 上计算：该引擎不支持表达式中的运算 {operation}",
)
_TABLE_LACKS = Text(
    en="cannot run on {engine}: the operation {operation} of the table {table} is not there",
    zh="无法在 {engine} 上计算：该引擎不支持数据表 {table} 中的运算 {operation}",
)


@dataclass(frozen=True)
class Compiled:
    """A KPI ready to be measured.

    Attributes:
        measure: On unbound tables; None if its function failed.
        reads: Base tables behind its columns.
        parts: KPIs that it derives from.
        missing: Why it cannot be measured on this data; None if it can.
        failed: What its function did wrong, or what the engine does not have of it.
        without: Tables that were not delivered, and that count as nothing in it.
        lacks: What the engine does not have of it; ``failed`` says the same.
        blocked: The table that it cannot be measured on, since that failed.
        call: Its function with its arguments; None where it was not called.
    """

    provided: Provided[Kpi]
    measure: Measure | None
    definition: str
    reads: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    missing: Text | None = None
    failed: Failure | None = None
    without: tuple[str, ...] = ()
    lacks: Text | None = None
    blocked: Text | None = None
    call: Call | None = None

    @property
    def in_pandas(self) -> bool:
        """Whether it is computed in pandas, and not by the engine."""
        return isinstance(self.measure, Frame)

    @property
    def kpi(self) -> Kpi:
        """The definition."""
        return self.provided.item

    @property
    def failure(self) -> str:
        """Why it failed or is blocked, in words; empty if it did not."""
        return self.blocked.en if self.blocked else self.failed.told.en if self.failed else ""


def compile_kpis(
    registry: Registry,
    catalog: Catalog,
    settings: Settings,
    wanted: Iterable[str],
    known: Mapping[str, Known] | None = None,
) -> dict[str, Compiled]:
    """Compile the wanted KPIs, before them what they derive from, and after them what is told beside them.

    The functions of a plugin are called in one child process; those of built-ins in this one. What was ``known`` of
    a KPI on the same tables is not worked out again.

    Raises:
        MeasureError: A KPI is not known, or derives from itself.
    """
    order: dict[str, Provided[Kpi]] = {}
    for name in wanted:
        _ordered(order, registry, name, ())
    ready = {name: _ready(provided, catalog, settings) for name, provided in order.items()}
    calls = {name: one for name, one in ready.items() if isinstance(one, Call)}
    answers = called(calls, catalog.limits.definition)
    compiled: dict[str, Compiled] = {}
    for name, one in ready.items():
        if isinstance(one, Compiled):
            compiled[name] = one
        elif one.item.table is None:
            compiled[name] = _derived(one, answers[name], compiled)
        else:
            compiled[name] = _measured(one, answers[name], catalog, settings, (known or {}).get(name))
    return compiled


def known_of(compiled: Mapping[str, Compiled]) -> dict[str, Known]:
    """What was worked out of the KPIs that were compiled on a table, and did not fail."""
    return {
        name: Known(one.definition, one.reads, one.missing, one.without)
        for name, one in compiled.items()
        if one.measure is not None and one.kpi.table is not None
    }


def _ordered(found: dict[str, Provided[Kpi]], registry: Registry, name: str, path: tuple[str, ...]) -> None:
    """Put a KPI behind what it derives from."""
    if name in found:
        return
    if name not in registry.kpis and registry.quarantined:
        found[name] = absent(name, registry)
        return
    if name not in registry.kpis:
        raise MeasureError(
            f"there is no KPI {name!r}" + (f", which {path[-1]!r} names" if path else ""),
            nearest=nearest(name, registry.kpis),
        )
    if name in path:
        raise MeasureError(f"KPI {name!r} derives from itself: {' -> '.join((*path, name))}")
    provided = registry.kpis[name]
    if provided.item.table is None:
        for part in provided.item.arguments:
            _ordered(found, registry, part, (*path, name))
    found[name] = provided
    for one in provided.item.beside:
        # Told beside it, it may derive from it: the path of what derives from what starts anew.
        _ordered(found, registry, one, (name,))


def absent(name: str, registry: Registry) -> Provided[Kpi]:
    """Stands for a KPI that nobody provides while plugins are quarantined, and that may be one of theirs."""
    title, out = Text(en=name, zh=name), ", ".join(one.name for one in registry.quarantined)
    return Provided(Kpi(name, title, "number", "neither", _nobody), out, "", "")


def _nobody() -> None:
    """The function of a KPI that nobody provides."""


def _ready(provided: Provided[Kpi], catalog: Catalog, settings: Settings) -> Call | Compiled:
    """A KPI's call; or, where it cannot be called for want of something, the KPI as it is."""
    item = provided.item
    if (failed := _failed(provided, catalog)) is not None:
        parts = item.arguments if item.table is None else ()
        return Compiled(provided, None, "", parts=parts, failed=failed)
    if item.table is None:
        refs = {part: KpiRef(part) for part in item.arguments}
        return Call(provided, refs, refs)
    if missing := _missing(item, catalog, settings):
        return Compiled(provided, None, "", missing=missing)
    asked = [item.table, *(name for name in item.arguments if name not in (item.table, "settings"))]
    cannot = next(filter(None, (_cannot(provided, name, catalog) for name in asked)), None)
    if cannot is not None:
        return cannot
    absent = [name for name in item.columns if name not in catalog.schema(item.table)]
    if absent:
        words = _NO_COLUMN if item.table in catalog.delivered else _NOT_BUILT
        return Compiled(provided, None, "", missing=words.format(column=f"{item.table}.{absent[0]}"))
    # The as-of day is no part of a definition: hashed on a fixed day.
    fixed = replace(settings, as_of=date(2000, 1, 1), since=None, history=1)
    given, on_the_day = _arguments(item, catalog, settings), _arguments(item, catalog, fixed)
    return Call(provided, given, on_the_day, catalog.unbound(item.table), item.table in catalog.delivered)


def _cannot(provided: Provided[Kpi], table: str, catalog: Catalog) -> Compiled | None:
    """A KPI whose table is none, cannot be had on this engine, or failed; None if it can."""
    if not catalog.knows(table):
        said = _NO_ARGUMENT.format(name=table)
        failure = Failure(said.en, provided.where, nearest(table, catalog.names()), zh=said.zh)
        return Compiled(provided, None, "", failed=failure)
    if (broken := catalog.broken(table)) is not None:
        blocked = _BLOCKED.format(what=broken.title, provider=broken.provider, why=broken.failure.told)
        return Compiled(provided, None, "", blocked=blocked)
    if behind := catalog.lacking(table):
        said = _TABLE_LACKS.format(engine=catalog.engine.backend, table=behind[0], operation=behind[1])
        failure = Failure(said.en, provided.where, zh=said.zh)
        return Compiled(provided, None, "", failed=failure, lacks=said)
    return None


def _failed(provided: Provided[Kpi], catalog: Catalog) -> Failure | None:
    """Why a KPI is known to fail before it is called; None if it is not."""
    if provided.item.compute is _nobody:
        said = _ABSENT.format(plugins=provided.provider)
        return Failure(said.en, zh=said.zh)
    # What the runner has tried its notebook's kernel does not try again: it would wait for the limit once more.
    known = catalog.failures.kpi(provided.item.id)
    return None if known is None else known.failure


def _derived(call: Call, answer: Answer, compiled: Mapping[str, Compiled]) -> Compiled:
    item = call.item
    made: Definition | None = answer.value
    measure = None if made is None else made.measure
    lacking = [part for part in item.arguments if compiled[part].missing]
    reads = dict.fromkeys(table for part in item.arguments for table in compiled[part].reads)
    definition = _hash(item, repr(measure), *(compiled[part].definition for part in item.arguments))
    without = dict.fromkeys(table for part in item.arguments for table in compiled[part].without)
    return Compiled(
        call.provided,
        measure,
        definition,
        tuple(reads),
        item.arguments,
        compiled[lacking[0]].missing if lacking else None,
        answer.failure,
        tuple(without),
        call=call,
    )


def _missing(item: Kpi, catalog: Catalog, settings: Settings) -> Text | None:
    """A table or a key of the params for want of which a KPI cannot be measured."""
    assert item.table is not None
    gone = catalog.missing(item.table)
    lacking = gone or next((name for name in item.reads if name not in catalog.delivered), None)
    uncut = next((name for name in (lacking, *item.optional) if name in catalog.prepared.uncut), None)
    if uncut:
        return _UNCUT.format(table=uncut)
    if lacking:
        return _NO_COLUMN.format(column=lacking) if "." in lacking else _NO_TABLE.format(table=lacking)
    unset = [name for name in item.needs if attrgetter(name)(settings) is None]
    if unset:
        return (_NO_KEY if "." in unset[0] else _NO_SETTING).format(name=unset[0])
    return None


def _measured(call: Call, answer: Answer, catalog: Catalog, settings: Settings, known: Known | None) -> Compiled:
    item, provided = call.item, call.provided
    if answer.failure is not None:
        return Compiled(provided, None, "", failed=answer.failure, call=call)
    made: Definition = answer.value
    measure = made.measure
    # What a built-in makes hangs on its arguments alone, and most reports of one process give it the same ones.
    same = _same(call, catalog, settings) if is_built_in(provided.provider) else None
    known = known or recalled(same)
    if known is None:
        if operation := _lacks(measure, catalog.engine.backend):
            said = _LACKS.format(engine=catalog.engine.backend, operation=operation)
            failure = Failure(said.en, provided.where, zh=said.zh)
            return Compiled(provided, None, "", failed=failure, lacks=said)
        known = _worked_out(item, made, catalog, settings)
        remember(same, known)
    told = (known.definition, known.reads, (), known.missing, None, known.without)
    return Compiled(provided, measure, *told, call=call)


def _worked_out(item: Kpi, made: Definition, catalog: Catalog, settings: Settings) -> Known:
    definition = _hash(item, *_sql(made.canonical, made.source), catalog.definition(str(item.table)))
    used = columns_behind(item, made.measure, catalog, settings)
    lacking_columns = {f"{t}.{c.removesuffix('_utc')}" for t, c in used if not catalog.is_delivered(t, c)}
    unmapped = sorted(lacking_columns - set(item.optional)) or _nothing_of_a_sum(made.measure, catalog, settings)
    missing = _NO_COLUMN.format(column=unmapped[0]) if unmapped else None
    tables = sorted({table for table, _ in used} | set(item.reads))
    without = tuple(name for name in item.optional if "." not in name and name not in catalog.delivered)
    return Known(definition, tuple(tables), missing, without)


def _same(call: Call, catalog: Catalog, settings: Settings) -> Hashable:
    """All that is known of a built-in KPI hangs on: the conventions, the tables, and which columns were delivered."""
    item = call.item
    about = item.id, item.table, item.at, item.unit, item.lookback, item.stock, item.reads, item.optional
    tables = tuple(catalog.made_of(name) for name in (str(item.table), *item.arguments) if name != "settings")
    delivered = tuple((name, stats.columns) for name, stats in sorted(catalog.prepared.tables.items()))
    return call.provided.provider, about, catalog.engine.backend, repr(settings), tables, delivered


def _arguments(item: Kpi, catalog: Catalog, settings: Settings) -> dict[str, Any]:
    return {name: settings if name == "settings" else catalog.unbound(name) for name in item.arguments}


def _expressions(measure: Measure) -> list[ir.Value]:
    values = [getattr(measure, field.name) for field in fields(measure)]
    values += [part for value in values if isinstance(value, Aside) for part in (value.value, value.of)]
    values += measure.columns if isinstance(measure, Frame) else ()
    return [value for value in values if isinstance(value, ir.Value)]


def _lacks(measure: Measure, engine: str) -> str:
    """An operation of a measure's expressions that an engine does not have; empty if it has all."""
    return next(filter(None, (dialects.lacking(value, engine) for value in _expressions(measure))), "")


def columns_behind(item: Kpi, measure: Measure, catalog: Catalog, settings: Settings) -> set[tuple[str, str]]:
    """Base columns behind a measure, through the derived table if it is on one."""
    direct = set().union(*(base_columns(value) for value in _expressions(measure)), {(str(item.table), str(item.at))})
    return catalog.origins(direct, settings)


def _nothing_of_a_sum(measure: Measure, catalog: Catalog, settings: Settings) -> list[str]:
    """The columns of a sum that is made of none that is delivered, however optional each is."""
    if not (isinstance(measure, Total) and isinstance(measure.value, ir.Value)):
        return []
    made_of = catalog.origins(base_columns(measure.value), settings)
    return [] if any(catalog.is_delivered(*one) for one in made_of) else sorted(f"{t}.{c}" for t, c in made_of)


def _sql(measure: Measure, source: str) -> list[str]:
    """A measure as text: its expressions, and what else it says (a quantile, a share, a pandas function)."""
    plain = [(field.name, getattr(measure, field.name)) for field in fields(measure)]
    said = [f"{name}={value!r}" for name, value in plain if isinstance(value, (str, int, float))]
    aside = getattr(measure, "aside", None)
    said += [f"at_least={aside.at_least!r}"] if aside else []
    said += [source] if source else []
    return [*(dialects.text_of(value.as_table()) for value in _expressions(measure)), *said]


def _hash(item: Kpi, *parts: str) -> str:
    text = "\n".join((item.id, str(item.table), str(item.at), item.unit, item.lookback, str(item.stock), *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
