"""One delivery, row by row: typed, judged, and told what becomes of it.

Every row gets a fate: `keep`, `reject` (with reason, column and value), `not yet` (after the as-of
day: it does not exist, and is no reject) or `before` (before `since`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt

from cpm_core.engine.dialects import is_unbound
from cpm_core.model.errors import DataError
from cpm_core.model.names import nearest
from cpm_core.model.settings import Settings
from cpm_core.tables import casts, rejects, times

if TYPE_CHECKING:
    import ibis.expr.operations as ops
    import ibis.expr.types as ir

    from cpm_core.engine.dialect import Dialect
    from cpm_core.model.tables import Column, TableSpec

FATE, REASON, BLAMED, VALUE = "_fate", "_reason", "_column", "_value"
SOURCE_REASON = "_source_reason"
KEEP, REJECT, NOT_YET, BEFORE = "keep", "reject", "not yet", "before"
MOVED, REPEATED = "_moved", "_repeated"
_RAW = "_raw_"
JUDGEMENT = (FATE, REASON, BLAMED, VALUE, MOVED, REPEATED)


def check_columns(raw: ir.Table, spec: TableSpec, source: str) -> None:
    """See that the required columns are there.

    Raises:
        DataError: Some are not; the nearest delivered columns are named.
    """
    missing = [c.name for c in spec.columns if c.required and c.name not in raw.columns]
    if missing:
        delivered = [name for name in raw.columns if name != SOURCE_REASON]
        close = [name for column in missing for name in nearest(column, delivered)]
        raise DataError(
            f"table {spec.id!r} of source {source!r} lacks the required column {', '.join(map(repr, missing))}",
            where=f"delivered: {', '.join(delivered[:12])}{' …' if len(delivered) > 12 else ''}",
            nearest=dict.fromkeys(close),
            fix=f"Map it: columns: {{{missing[0]}: <source column>}}.",
        )


def judged(
    raw: ir.Table, spec: TableSpec, attributes: Mapping[str, str], settings: Settings, dialect: Dialect
) -> ir.Table:
    """The typed columns of a delivery with each row's fate.

    Args:
        raw: What the source delivered, in canonical names; attributes keep their own.
        spec: The table's spec.
        attributes: Types of the attributes that KPIs declare; others stay as delivered.
        settings: As-of day, `since` and time zone.
        dialect: Of the engine on which ``raw`` lies.
    """
    said = tuple(attributes.items())
    # Fate hangs on these three conventions alone.
    days = settings.as_of, settings.since, settings.timezone
    if not is_unbound(raw.op()):
        return _judged(raw.op(), spec, said, days, dialect)
    return _once(raw.op(), spec, said, days, dialect)


def _judged(
    raw: ops.Relation,
    spec: TableSpec,
    attributes: tuple[tuple[str, str], ...],
    days: tuple[date, date | None, str],
    dialect: Dialect,
) -> ir.Table:
    settings = Settings(as_of=days[0], since=days[1], timezone=days[2])
    zone = settings.timezone
    declared = {**{c.name: c.type for c in spec.columns}, **dict(attributes)}
    table = _typed(raw.to_expr(), spec, declared, zone, dialect)
    verdicts = _verdicts(table, spec, declared, {name for name in declared if name in raw.schema})
    table = table.mutate(
        **{
            REASON: ibis.cases(*((bad, reason) for bad, reason, _, _ in verdicts)),
            BLAMED: ibis.cases(*((bad, ibis.literal(column)) for bad, _, column, _ in verdicts)),
            VALUE: ibis.cases(*((bad, value) for bad, _, _, value in verdicts)),
        }
    )
    table = table.mutate(**{FATE: _fate(table, spec, settings)})
    table = table.mutate(**_known(table, spec, settings))
    there = [name for name in _times(declared) if name in table.columns]  # an attribute may not be delivered
    table = table.mutate(**{f"{name}_utc": times.utc(table, name, zone, dialect) for name in there})
    originals = [name for name in table.columns if name.startswith(_RAW)]
    return table.drop(*originals, *times.columns(table), SOURCE_REASON)


# Workbooks of one process judge the same tables in the same way: what is not bound to rows is said once.
_once = lru_cache(maxsize=256)(_judged)


def _typed(raw: ir.Table, spec: TableSpec, declared: Mapping[str, str], zone: str, dialect: Dialect) -> ir.Table:
    """Every declared column in its type, attributes as they are, and beside them what the judging needs."""
    delivered = [name for name in declared if name in raw.columns]
    clock_times = [name for name in _times(declared) if name in delivered]
    read = times.read(casts.trimmed(raw, declared, dialect), clock_times, zone, dialect)
    typed = {
        name: times.local(read, name, zone, dialect)
        if name in clock_times
        else casts.cast(read[name], declared[name], dialect)  # type: ignore[arg-type]  # types of attributes are checked at load
        for name in delivered
    }
    undelivered = {c.name: ibis.null(_dtype(c.type)) for c in spec.columns if c.name not in delivered}
    kept = {name: read[name] for name in raw.columns if name not in declared and name != SOURCE_REASON}
    originals = {_RAW + name: read[name] for name in delivered if declared[name] != "string"}
    reason = read[SOURCE_REASON] if SOURCE_REASON in raw.columns else ibis.null(dt.string)
    moved, repeated = times.odd(read, clock_times, zone)
    helpers = {name: read[name] for name in times.columns(read)}
    # Whole numbers of one width: a delivery without times has none to count, and is put under one that has.
    odd = {name: count.cast(dt.int64) for name, count in ((MOVED, moved), (REPEATED, repeated))}
    beside = {SOURCE_REASON: reason, **odd}
    return read.select(**typed, **undelivered, **kept, **originals, **helpers, **beside)


def _dtype(kind: str) -> dt.DataType:
    return {
        "string": dt.string,
        "timestamp": dt.Timestamp(),
        "decimal": casts.MONEY,
        "float64": dt.float64,
        "int64": dt.int64,
        "boolean": dt.boolean,
    }[kind]


def _times(declared: Mapping[str, str]) -> list[str]:
    return [name for name, kind in declared.items() if kind == "timestamp"]


Verdict = tuple["ir.BooleanValue", "ir.StringValue", str, "ir.StringValue"]


def _verdicts(table: ir.Table, spec: TableSpec, declared: Mapping[str, str], delivered: set[str]) -> list[Verdict]:
    """Conditions under which a row is refused, first one first: reason, column and value."""
    nothing = ibis.null(dt.string)
    source_says = table[SOURCE_REASON]
    found: list[Verdict] = [(source_says.notnull(), source_says, "", nothing)]
    personal = {c.name for c in spec.columns if c.pii}
    # In the order of the spec: of several reasons the first is told, the same one in every run.
    for name in (one for one in declared if one in delivered):
        if declared[name] != "string":
            original = table[_RAW + name]
            reason = rejects.NOT_A_TIME if declared[name] == "timestamp" else rejects.NOT_A_NUMBER
            value = nothing if name in personal else original.cast(dt.string).substr(0, 60)
            found.append((original.notnull() & table[name].isnull(), ibis.literal(reason), name, value))
    for column in spec.columns:
        if column.required:
            found.append((table[column.name].isnull(), ibis.literal(rejects.MISSING), column.name, nothing))
        if column.choices:
            cell = table[column.name]
            wrong = cell.notnull() & cell.notin(column.choices)
            found.append((wrong, ibis.literal(rejects.UNKNOWN_KIND), column.name, cell.substr(0, 60)))
    for rule in spec.rules:
        value = table[rule.column].cast(dt.string) if rule.column else nothing
        broken = ~rule.holds(table).fill_null(True)
        found.append((broken, ibis.literal(rule.id), rule.column, value))
    return found


def end_of(settings: Settings) -> datetime:
    """The first moment after the as-of day."""
    return datetime.combine(settings.as_of + timedelta(days=1), time())


def _fate(table: ir.Table, spec: TableSpec, settings: Settings) -> ir.StringValue:
    cases: list[tuple[ir.BooleanValue, str]] = []
    dated = [table[name] for name in spec.time if name in table.columns]
    if dated:
        moment = ibis.coalesce(*dated)
        cases.append((moment >= end_of(settings), NOT_YET))
        if settings.since and spec.event:
            cases.append((moment < datetime.combine(settings.since, time()), BEFORE))
    cases.append((table[REASON].notnull(), REJECT))
    return ibis.cases(*cases, else_=KEEP)


def until(table: ir.Table, spec: TableSpec, settings: Settings) -> ir.Table:
    """A prepared table as it was at the end of an earlier as-of day: neither later rows, nor what became known later."""
    dated = [table[name] for name in spec.time if name in table.columns]
    hidden = _known(table, spec, settings)
    hidden |= {
        f"{name}_utc": value.isnull().ifelse(ibis.null(), table[f"{name}_utc"])
        for name, value in hidden.items()
        if f"{name}_utc" in table.columns
    }
    rows = table.filter(~(ibis.coalesce(*dated) >= end_of(settings)).fill_null(False)) if dated else table
    return rows.mutate(**hidden) if hidden else rows


def _known(table: ir.Table, spec: TableSpec, settings: Settings) -> dict[str, ir.Value]:
    """Values that became known after the as-of day read as null."""
    end = end_of(settings)

    def hidden(column: Column) -> ir.Value:
        unknown = table[column.known_at].fill_null(datetime.min.replace(year=1900)) >= end
        return unknown.ifelse(ibis.null(), table[column.name])

    return {column.name: hidden(column) for column in spec.columns if column.known_at in table.columns}
