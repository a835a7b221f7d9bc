"""What is asked of each kind of contribution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal

from cpm_core.hooks.words import Wrong, bad_text, choice, columns, function, names, options, text, typo
from cpm_core.model.actions import Action
from cpm_core.model.kpi import CHAPTERS, Better, Kpi, Lookback, Unit
from cpm_core.model.names import nearest
from cpm_core.model.profile import PROFILE_COLUMNS
from cpm_core.model.publishers import Publisher
from cpm_core.model.rules import Check, LifecycleRule, ProfileColumn, Section, TierRule
from cpm_core.model.settings import Settings
from cpm_core.model.tables import (
    COMPUTED_TABLES,
    RESERVED_ARGUMENTS,
    ColumnType,
    DerivedTable,
    Source,
    TableSpec,
)


def _kpi(item: Kpi) -> Iterator[Wrong]:
    yield from choice(item.unit, "unit", Unit)
    yield from choice(item.better, "better", Better)
    yield from choice(item.lookback, "lookback", Lookback)
    yield from typo(item.group, "group", CHAPTERS)
    yield from function(item.compute, "its function")
    yield from function(item.says, "says", ("settings",), optional=True)
    yield from columns(item.columns)
    for name in ("reads", "optional", "needs", "beside", "factors"):
        yield from names(getattr(item, name), name)
    if (item.table is None) != (item.at is None):
        yield Wrong("'table' and 'at' go together", fix="Name both, or none for a KPI that derives from others.")
    for need in item.needs:
        yield from _setting(need)


def _setting(path: str) -> Iterator[Wrong]:
    """A convention by its dotted name, as `sla.response`."""
    model: Any = Settings
    for part in path.split("."):
        valid = [field.name for field in fields(model)] if is_dataclass(model) else []
        if part not in valid:
            yield Wrong(f"needs names {path!r}, which is no setting", nearest(part, valid))
            return
        default: Any = next(field for field in fields(model) if field.name == part).default_factory
        model = default if isinstance(default, type) else None


def _table(item: TableSpec) -> Iterator[Wrong]:
    yield from _reserved(item.id)
    known = [column.name for column in item.columns]
    doubled = [name for name, often in Counter(known).items() if often > 1]
    if doubled:
        yield Wrong(f"it has two columns {doubled[0]!r}")
    yield from _key(item.key, known)
    for column in item.columns:
        yield from choice(column.type, f"the type of column {column.name!r}", ColumnType)
        if column.known_at is not None and column.known_at not in known:
            near = nearest(column.known_at, known)
            yield Wrong(f"column {column.name!r} is known at {column.known_at!r}, which is no column of it", near)
    for name in item.time:
        if name not in known:
            yield Wrong(f"time names {name!r}, which is no column of it", nearest(name, known))
    for rule in item.rules:
        if problem := bad_text(rule.title):
            yield Wrong(f"the title of rule {rule.id!r} {problem}", fix='Write title=Text(en="…", zh="…").')
        yield from function(rule.holds, f"holds of rule {rule.id!r}", ("table",))


def _key(key: Any, known: list[str] | None = None) -> Iterator[Wrong]:
    wrong = list(names(key, "key"))
    yield from wrong
    if not key:
        yield Wrong("it has no key", fix="Name the columns that make a row unique.")
    elif not wrong and known is not None:
        for name in key:
            if name not in known:
                yield Wrong(f"key names {name!r}, which is no column of it", nearest(name, known))


def _reserved(name: str) -> Iterator[Wrong]:
    if name in (*COMPUTED_TABLES, *RESERVED_ARGUMENTS):
        yield Wrong(f"the core makes the table {name!r} itself", fix="Give yours another id.")


def _derived(item: DerivedTable) -> Iterator[Wrong]:
    yield from _reserved(item.id)
    yield from function(item.build, "its function")
    yield from _key(item.key)
    for name in ("reads", "optional", "given"):
        yield from names(getattr(item, name), name)
    if not str(item.at or ""):
        yield Wrong("it has no 'at'", fix="Name the column that dates its rows.")


def _source(item: Source) -> Iterator[Wrong]:
    yield from function(item.fetch, "fetch", ("context",))
    yield from options(item.options)
    for reason in item.reasons:
        yield from text(reason.title, f"the title of reason {reason.id!r}")


def _tier_rule(item: TierRule) -> Iterator[Wrong]:
    yield from function(item.value, "value", ("profile", "options", "settings"))
    yield from function(item.cut, "cut", ("options",))
    yield from function(item.columns, "columns", ("options",), optional=True)
    yield from options(item.options)
    yield from names(item.reads, "reads")
    if item.value_title is not None:
        yield from text(item.value_title, "value_title")
    if item.unit is not None:
        yield from choice(item.unit, "unit", Unit)


def _lifecycle_rule(item: LifecycleRule) -> Iterator[Wrong]:
    yield from function(item.assign, "assign", ("profile", "options", "settings"))
    yield from options(item.options)
    yield from names(item.reads, "reads")
    for key, reason in dict(item.reasons).items():
        yield from text(reason, f"reason {key!r}")


def _profile_column(item: ProfileColumn) -> Iterator[Wrong]:
    yield from choice(item.unit, "unit", Unit)
    yield from function(item.compute, "compute")
    if item.id in PROFILE_COLUMNS or item.id == "customer_id":
        yield Wrong("the profile has a column of that name already", fix="Give yours another id.")


def _action(item: Action) -> Iterator[Wrong]:
    yield from function(item.when, "when", ("profile",), optional=True)
    yield from names(item.reads, "reads")
    if not isinstance(item.owner, str):
        yield from text(item.owner, "owner")


def _check(item: Check) -> Iterator[Wrong]:
    yield from choice(item.level, "level", Literal["warn", "stop"])
    yield from options(item.options)
    yield from function(item.judge, "judge", ("stats",) if item.options is None else ("stats", "options"))
    if not isinstance(item.table, str):
        yield from names(item.table, "table")


def _section(item: Section) -> Iterator[Wrong]:
    yield from function(item.render, "render", ("book",))
    if type(item.order) is not int:
        yield Wrong(f"order is a {type(item.order).__name__}", fix="Write a whole number; sections go by it.")


def _publisher(item: Publisher) -> Iterator[Wrong]:
    yield from function(item.send, "send", ("run", "options"))
    yield from options(item.options)


VALIDATORS: Mapping[type, Callable[[Any], Iterator[Wrong]]] = {
    Kpi: _kpi,
    TableSpec: _table,
    DerivedTable: _derived,
    Source: _source,
    TierRule: _tier_rule,
    LifecycleRule: _lifecycle_rule,
    ProfileColumn: _profile_column,
    Action: _action,
    Check: _check,
    Section: _section,
    Publisher: _publisher,
}
"""What is wrong with a contribution of each kind, if anything."""
