"""Tables, columns and KPIs that contributions name, and that somebody has to provide."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cpm_core.hooks.contributions import Contribution
from cpm_core.hooks.examine import arguments_of
from cpm_core.model.actions import Action
from cpm_core.model.errors import Problem
from cpm_core.model.kpi import Kpi
from cpm_core.model.names import nearest
from cpm_core.model.rules import Check, LifecycleRule, ProfileColumn, TierRule
from cpm_core.model.tables import COMPUTED_TABLES, RESERVED_ARGUMENTS, DerivedTable, TableSpec

Key = tuple[str, str]
TABLES: Literal["cpm_tables"] = "cpm_tables"
KPIS: Literal["cpm_kpis"] = "cpm_kpis"
_RIGHT = "Write the right name."
CLOSE = 0.85
"""Likeness from which on a name that may be missing is taken for a slip of the pen."""


@dataclass(frozen=True)
class Named:
    """Something that a contribution names."""

    hook: Literal["cpm_tables", "cpm_kpis"]
    name: str
    words: str
    """How it is named, as `is on table 'order'`."""
    base: bool = False
    """Only a base table will do."""


def references(item: Any) -> Iterator[Named]:
    """What must be there for a contribution."""
    if isinstance(item, Kpi):
        yield from _of_kpi(item)
    elif isinstance(item, DerivedTable):
        yield from (Named(TABLES, name, f"reads the table {name!r}") for name in item.reads)
    elif isinstance(item, ProfileColumn):
        yield from _tables_asked(item.compute)
    elif isinstance(item, TierRule | LifecycleRule | Action):
        yield from (Named(TABLES, name, f"reads the table {name!r}") for name in item.reads)
    elif isinstance(item, Check):
        named = (item.table,) if isinstance(item.table, str) else item.table
        yield from (Named(TABLES, name, f"is on table {name!r}", base=True) for name in named if name != "*")
    elif isinstance(item, TableSpec) and item.parent:
        yield Named(TABLES, item.parent[0], f"belongs to the table {item.parent[0]!r}", base=True)


def _of_kpi(item: Kpi) -> Iterator[Named]:
    if item.table is None:
        yield from (Named(KPIS, name, f"derives from the KPI {name!r}") for name in item.arguments)
    else:
        yield Named(TABLES, item.table, f"is on table {item.table!r}")
        yield from (one for one in _tables_asked(item.compute) if one.name != item.table)
    yield from (Named(TABLES, name, f"reads the table {name!r}") for name in item.reads)
    for name in item.optional:
        table = name.partition(".")[0]
        yield Named(TABLES, table, f"can do without {name!r}, and names the table {table!r}")
    yield from (Named(KPIS, name, f"is told beside the KPI {name!r}") for name in item.beside)
    for factor in item.factors:
        name = factor.removeprefix("1 - ").strip()
        yield Named(KPIS, name, f"is the product of the KPI {name!r}")


def _tables_asked(function: Any) -> Iterator[Named]:
    for argument in arguments_of(function):
        if argument.name not in RESERVED_ARGUMENTS and argument.default is argument.empty:
            yield Named(TABLES, argument.name, f"asks for the table {argument.name!r}")


@dataclass(frozen=True)
class Provision:
    """What there is, and what there would be but for plugins that are quarantined."""

    kept: Mapping[Key, Contribution]
    lost: Mapping[Key, str]
    """The quarantined plugin that would provide something."""
    disabled: Sequence[str] = ()

    def missing(self, one: Contribution) -> Iterator[Problem]:
        """What a contribution names and nobody provides, and dating columns that its table does not have."""
        told = set()
        for named in references(one.item):
            if named.name not in told and not self._has(named):
                told.add(named.name)
                yield self._problem(one, named)
        if not told:
            yield from self._columns(one)
        yield from self._slips(one)

    def _has(self, named: Named) -> bool:
        if named.hook == TABLES and not named.base and named.name in (*COMPUTED_TABLES, *RESERVED_ARGUMENTS):
            return True
        found = self.kept.get((named.hook, named.name))
        return found is not None and (not named.base or isinstance(found.item, TableSpec))

    def _problem(self, one: Contribution, named: Named) -> Problem:
        provider = self.lost.get((named.hook, named.name))
        if provider is not None:
            what = f"{one.words} {named.words}, which plugin {provider!r} would provide, and that one is quarantined"
            return Problem(what, one.where, fix=f"Mend {provider!r}.")
        valid = [name for hook, name in self.kept if hook == named.hook]
        if named.base:
            valid = [name for name in valid if isinstance(self.kept[named.hook, name].item, TableSpec)]
        why = "which is no base table" if named.base else "which nobody provides"
        fix = f"Write the right name, or provide it by {named.hook}."
        if self.disabled:
            fix += f" Turned off are: {', '.join(self.disabled)}."
        return Problem(f"{one.words} {named.words}, {why}", one.where, nearest(named.name, valid), fix)

    def _spec(self, table: str | None) -> TableSpec | None:
        found = self.kept.get((TABLES, str(table)))
        return found.item if found is not None and isinstance(found.item, TableSpec) else None

    def _columns(self, one: Contribution) -> Iterator[Problem]:
        """Columns of base tables that a KPI names apart from its function."""
        if not isinstance(one.item, Kpi) or one.item.table is None:
            return
        item, spec = one.item, self._spec(one.item.table)
        if spec is not None:
            valid = columns_of(spec, item.columns)
            if item.at not in valid:
                what = f"{one.words} is dated by {item.at!r}, a column that the table {spec.id!r} does not have"
                yield Problem(what, one.where, nearest(str(item.at), valid), _declare(item.at, "timestamp"))
        for name in item.optional:
            table, _, column = name.partition(".")
            other = self._spec(table)
            own = item.columns if table == item.table else {}
            if column and other is not None and column not in columns_of(other, own):
                what = f"{one.words} can do without {name!r}, a column that the table does not have"
                yield Problem(what, one.where, nearest(column, columns_of(other, own)), _RIGHT)

    def _slips(self, one: Contribution) -> Iterator[Problem]:
        """Tables that may be missing, and that nobody has because their names are misspelt."""
        valid = [name for hook, name in self.kept if hook == TABLES]
        functions = {"build": "table", "compute": "profile column"}
        if not isinstance(one.item, DerivedTable | ProfileColumn):
            return
        function = next(getattr(one.item, name) for name in functions if hasattr(one.item, name))
        for argument in arguments_of(function):
            if argument.default is argument.empty or argument.name in (*valid, *COMPUTED_TABLES, *RESERVED_ARGUMENTS):
                continue
            near = difflib.get_close_matches(argument.name, valid, cutoff=CLOSE)
            if near:
                what = f"{one.words} asks for the table {argument.name!r}, which nobody provides"
                yield Problem(what, one.where, tuple(near), _RIGHT)


def columns_of(spec: TableSpec, declared: Collection[str] = ()) -> list[str]:
    """The columns of a base table, those that are declared beyond it, and the twins of its times."""
    twins = [f"{column.name}_utc" for column in spec.columns if column.type == "timestamp"]
    return [*(column.name for column in spec.columns), *declared, *twins]


def _declare(column: str | None, kind: str) -> str:
    return f'Write the right name, or declare it: columns={{"{column}": "{kind}"}}.'
