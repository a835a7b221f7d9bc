"""From KPIs to measures on unbound tables, and what each needs of the data."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from operator import attrgetter
from typing import Any

import ibis.expr.types as ir

from cpm_core.engine import dialects
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.errors import MeasureError
from cpm_core.model.kpi import Kpi
from cpm_core.model.measures import Aside, Derived, Frame, KpiRef, Measure, Operation, Total
from cpm_core.model.names import nearest
from cpm_core.model.settings import Settings
from cpm_core.model.text import Text
from cpm_core.tables.derive import Catalog
from cpm_core.tables.lineage import base_columns

_NO_TABLE = Text(en="table {table} is not delivered", zh="没有提供数据表 {table}")
_NO_COLUMN = Text(en="column {column} is not delivered", zh="没有提供字段 {column}")
_NOT_BUILT = Text(en="no plugin provides the column {column}", zh="没有插件提供字段 {column}")
_NO_SETTING = Text(en="the params do not set settings.{name}", zh="参数文件没有设置 settings.{name}")
_NO_KEY = Text(en="the params do not set {name}", zh="参数文件没有设置 {name}")
_NO_PART = Text(en="{part} has no data", zh="{part} 没有数据")
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
        without: Tables that were not delivered, and that count as nothing in it.
        failure: What its function raised, with the line; empty if it did not.
        lacks: What the engine does not have of it; ``failure`` says the same.
    """

    provided: Provided[Kpi]
    measure: Measure | None
    definition: str
    reads: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    missing: Text | None = None
    failure: str = ""
    without: tuple[str, ...] = ()
    lacks: Text | None = None

    @property
    def in_pandas(self) -> bool:
        """Whether it is computed in pandas, and not by the engine."""
        return isinstance(self.measure, Frame)

    @property
    def kpi(self) -> Kpi:
        """The definition."""
        return self.provided.item


def compile_kpis(
    registry: Registry, catalog: Catalog, settings: Settings, wanted: Iterable[str]
) -> dict[str, Compiled]:
    """Compile the wanted KPIs, before them what they derive from, and after them what is told beside them.

    Raises:
        MeasureError: A KPI is not known, or derives from itself.
    """
    compiled: dict[str, Compiled] = {}
    for name in wanted:
        _compile_into(compiled, registry, catalog, settings, name, ())
    return compiled


def _compile_into(
    compiled: dict[str, Compiled],
    registry: Registry,
    catalog: Catalog,
    settings: Settings,
    name: str,
    path: tuple[str, ...],
) -> None:
    if name in compiled:
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
            _compile_into(compiled, registry, catalog, settings, part, (*path, name))
        compiled[name] = _derived(provided, compiled)
    else:
        compiled[name] = _measured(provided, catalog, settings)
    for one in provided.item.beside:
        # Told beside it, it may derive from it: the path of what derives from what starts anew.
        _compile_into(compiled, registry, catalog, settings, one, (name,))


def _derived(provided: Provided[Kpi], compiled: Mapping[str, Compiled]) -> Compiled:
    item = provided.item
    measure, failure = _called(item, {part: KpiRef(part) for part in item.arguments})
    lacking = [part for part in item.arguments if compiled[part].missing]
    reads = dict.fromkeys(table for part in item.arguments for table in compiled[part].reads)
    definition = _hash(item, repr(measure), *(compiled[part].definition for part in item.arguments))
    missing = compiled[lacking[0]].missing if lacking else None
    without = dict.fromkeys(table for part in item.arguments for table in compiled[part].without)
    return Compiled(provided, measure, definition, tuple(reads), item.arguments, missing, failure, tuple(without))


def _missing(item: Kpi, catalog: Catalog, settings: Settings) -> Text | None:
    """A table or a key of the params for want of which a KPI cannot be measured."""
    assert item.table is not None
    gone = catalog.missing(item.table)
    lacking = gone or next((name for name in item.reads if name not in catalog.delivered), None)
    if lacking:
        return _NO_COLUMN.format(column=lacking) if "." in lacking else _NO_TABLE.format(table=lacking)
    unset = [name for name in item.needs if attrgetter(name)(settings) is None]
    if unset:
        return (_NO_KEY if "." in unset[0] else _NO_SETTING).format(name=unset[0])
    return None


def _measured(provided: Provided[Kpi], catalog: Catalog, settings: Settings) -> Compiled:
    item = provided.item
    assert item.table is not None
    if missing := _missing(item, catalog, settings):
        return Compiled(provided, None, "", missing=missing)
    if behind := catalog.lacking(item.table):
        said = _TABLE_LACKS.format(engine=catalog.engine.backend, table=behind[0], operation=behind[1])
        return Compiled(provided, None, "", failure=said.en, lacks=said)
    absent = [name for name in item.columns if name not in catalog.schema(item.table)]
    if absent:
        words = _NO_COLUMN if item.table in catalog.delivered else _NOT_BUILT
        return Compiled(provided, None, "", missing=words.format(column=f"{item.table}.{absent[0]}"))
    measure, failure = _called(item, _arguments(item, catalog, settings))
    if measure is None:
        return Compiled(provided, None, "", failure=failure)
    if operation := _lacks(measure, catalog.engine.backend):
        said = _LACKS.format(engine=catalog.engine.backend, operation=operation)
        return Compiled(provided, None, "", failure=said.en, lacks=said)
    # The as-of day is no part of a definition: hashed on a fixed day.
    fixed = replace(settings, as_of=date(2000, 1, 1), since=None, history=1)
    canonical, _ = _called(item, _arguments(item, catalog, fixed))
    definition = _hash(item, *_sql(canonical), catalog.definition(item.table))
    used = columns_behind(item, measure, catalog, settings)
    lacking_columns = {f"{t}.{c.removesuffix('_utc')}" for t, c in used if not catalog.is_delivered(t, c)}
    unmapped = sorted(lacking_columns - set(item.optional)) or _nothing_of_a_sum(measure, catalog, settings)
    missing = _NO_COLUMN.format(column=unmapped[0]) if unmapped else None
    tables = sorted({table for table, _ in used} | set(item.reads))
    without = tuple(name for name in item.optional if "." not in name and name not in catalog.delivered)
    return Compiled(provided, measure, definition, tuple(tables), (), missing, failure, without)


def _arguments(item: Kpi, catalog: Catalog, settings: Settings) -> dict[str, Any]:
    return {name: settings if name == "settings" else catalog.unbound(name) for name in item.arguments}


def _called(item: Kpi, arguments: Mapping[str, Any]) -> tuple[Measure | None, str]:
    """Call a KPI's function; its failure is a state of the KPI, not of the report."""
    try:
        measure = item.compute(**arguments)
    except Exception as error:  # noqa: BLE001  # whatever a plugin raises is the KPI's state
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None and trace.tb_frame.f_code is not item.compute.__code__:
            trace = trace.tb_next
        line = trace.tb_lineno if trace else 0
        return None, f"{type(error).__name__}: {error} ({item.compute.__code__.co_filename}:{line})"
    if not isinstance(measure, Measure):
        return None, f"returned a {type(measure).__name__}, not a measure ({item.compute.__code__.co_filename})"
    return measure, ""


def _expressions(measure: Measure | None) -> list[ir.Value]:
    values = [] if measure is None else [getattr(measure, field.name) for field in fields(measure)]
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


def _sql(measure: Measure | None) -> list[str]:
    """A measure as text: its expressions, and what else it says (a quantile, a share)."""
    if measure is None:
        return []
    plain = [(field.name, getattr(measure, field.name)) for field in fields(measure)]
    said = [f"{name}={value!r}" for name, value in plain if isinstance(value, (str, int, float))]
    aside = getattr(measure, "aside", None)
    said += [f"at_least={aside.at_least!r}"] if aside else []
    said += [_source(measure)] if isinstance(measure, Frame) else []
    return [*(dialects.text_of(value.as_table()) for value in _expressions(measure)), *said]


def _source(measure: Frame) -> str:
    """The text of a pandas function, so that a changed one is another definition."""
    function = inspect.unwrap(getattr(measure.function, "func", measure.function))
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return repr((code.co_code, code.co_consts, code.co_names)) if code else repr(type(function))


def _hash(item: Kpi, *parts: str) -> str:
    text = "\n".join((item.id, str(item.table), str(item.at), item.unit, item.lookback, str(item.stock), *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def refs(formula: object) -> set[KpiRef]:
    """The KPIs that a formula names."""
    if isinstance(formula, KpiRef):
        return {formula}
    if isinstance(formula, Operation):
        return refs(formula.left) | refs(formula.right)
    if isinstance(formula, Derived):
        return refs(formula.numerator) | refs(formula.denominator)
    return set()
