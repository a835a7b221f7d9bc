"""The tables of a workbook by name: prepared base tables, and tables derived from them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.operations as ops

from cpm_core.engine import dialects
from cpm_core.engine.engine import Engine
from cpm_core.engine.limits import failure_of
from cpm_core.hooks.isolation import is_built_in
from cpm_core.model.errors import PluginError
from cpm_core.model.limits import Limits
from cpm_core.model.periods import Period
from cpm_core.model.settings import Settings
from cpm_core.model.tables import CORE_TABLES
from cpm_core.tables import building, calendar, conform
from cpm_core.tables.computed import Computed
from cpm_core.tables.failures import COLUMN, Broken, Failures
from cpm_core.tables.lineage import base_columns
from cpm_core.tables.prepared import Prepared

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.hooks.isolation import Failure
    from cpm_core.hooks.registry import Provided
    from cpm_core.model.tables import DerivedTable, TableSpec


PERIODS_SCHEMA = ibis.schema({"period_start": "date", "period_end": "date", "last_day": "date", "label": "string"})


class Catalog:
    """Unbound tables by name, and the derived ones stored when they are first needed.

    Args:
        engine: Where the prepared tables are known by their names.
        prepared: What was prepared.
        specs: Base-table specs.
        derived: Derived tables.
        periods: The measured periods, oldest first.
        settings: The workbook's conventions.
        store: Folder for derived tables.
        computed: Tables that the core works out in this process.
        limits: How long a function of a plugin and a query may take.
    """

    def __init__(
        self,
        engine: Engine,
        prepared: Prepared,
        specs: Mapping[str, Provided[TableSpec]],
        derived: Mapping[str, Provided[DerivedTable]],
        periods: Sequence[Period],
        settings: Settings,
        store: Path,
        computed: Mapping[str, Computed] | None = None,
        *,
        limits: Limits | None = None,
    ) -> None:
        self.engine = engine
        self.periods = tuple(periods)
        self.limits = limits or Limits()
        self.failures = Failures(store)
        self._computed = computed or {}
        self._folder = store
        self.prepared = prepared
        self.settings = settings
        self._specs = specs
        self._derived = derived
        self._stored: set[str] = set()
        self._has_calendar = False
        self._has_periods = False
        self._schemas: dict[str, ibis.Schema] = {}
        self._expressions: dict[str, list[tuple[Settings, ir.Table]]] = {}
        self._definitions: dict[str, str] = {}
        self._unique: dict[tuple[str, str], bool] = {}
        self._lacking: dict[str, tuple[str, str] | None] = {}
        for name in prepared.tables:
            engine.show(prepared.folder, name)

    @property
    def folder(self) -> Path:
        """The work folder: what is worked out of the tables may be kept there."""
        return self._folder

    @property
    def delivered(self) -> set[str]:
        """Base tables that are there."""
        return set(self.prepared.tables)

    def first_day(self, tables: Collection[str]) -> date | None:
        """The first day of what happened in some base tables; None where nothing happens in any of them."""
        there = [one for name, one in self.prepared.tables.items() if name in tables and self._specs[name].item.event]
        return min((one.first_day for one in there if one.first_day), default=None)

    def is_derived(self, name: str) -> bool:
        """Whether a table is an expression on others."""
        return name in self._derived

    def is_computed(self, name: str) -> bool:
        """Whether a table is worked out in this process."""
        return name in self._computed

    def knows(self, name: str) -> bool:
        """Whether there is such a table at all, delivered or not."""
        return name in self._specs or name in self._derived or name in self._computed or name in CORE_TABLES

    def names(self) -> list[str]:
        """Base tables that are there, and others that can be made of them."""
        made = sorted({*self._derived, *self._computed} - {name for name in self._derived if name.startswith(COLUMN)})
        return [*sorted(self.delivered), *(name for name in made if self.missing(name) is None)]

    def missing(self, name: str) -> str | None:
        """The base table for want of which a table cannot be had; None if it can.

        Of tables that may be missing each, one must be there if nothing else is read.
        """
        if name in self._computed:
            known = self._computed[name]
            gone = next(filter(None, map(self.missing, known.reads)), None)
            # With nothing beside its key there is nothing in it.
            nothing = gone is None and len(self._columns(known)) == len(known.key)
            return next(iter(known.absent(self).values())) if nothing else gone
        if name in self._derived:
            item = self._derived[name].item
            # Without a table that is there, but of the whole, it would be less than it is.
            if uncut := next((one for one in item.optional if one in self.prepared.uncut), None):
                return uncut
            if item.reads:
                return next(filter(None, map(self.missing, item.reads)), None)
            every = [self.missing(one) for one in item.optional]
            return None if None in every else next(iter(every), None)
        return None if name in self.delivered else name

    def absent(self, name: str) -> Mapping[str, str]:
        """The columns of a computed table that cannot be had, and for want of what."""
        return self._computed[name].absent(self)

    def key(self, name: str) -> tuple[str, ...]:
        """The columns that identify a row."""
        if name in self._computed:
            return self._computed[name].key
        return self._derived[name].item.key if name in self._derived else self._specs[name].item.key

    def unique(self, name: str, column: str) -> bool:
        """Whether no two rows of a table have the same value in a column; looked up once."""
        if self.key(name) == (column,):
            return True
        if (name, column) not in self._unique:
            table = self.unbound(name)
            counts = self.engine.frame(table.aggregate(rows=table.count(), values=table[column].nunique()))
            self._unique[name, column] = bool(counts["rows"].iloc[0] == counts["values"].iloc[0])
        return self._unique[name, column]

    def personal(self, name: str) -> set[str]:
        """The columns of a base table that identify a person."""
        return {c.name for c in self._specs[name].item.columns if c.pii} if name in self._specs else set()

    def is_delivered(self, table: str, column: str) -> bool:
        """Whether a source gave a base column (a `_utc` twin comes with its time)."""
        stats = self.prepared.tables.get(table)
        if stats is None:
            return False
        spec = self._specs[table].item
        plain = column.removesuffix("_utc")
        if table == "order_lines" and plain in spec.time:
            return True  # inherited from the order where it is not delivered
        return plain in stats.columns

    def schema(self, name: str) -> ibis.Schema:
        """Columns and types."""
        if name not in self._schemas:
            self.store(name)
            known = self._computed.get(name)
            self._schemas[name] = self._columns(known) if known else self.engine.schema(name)
        return self._schemas[name]

    def unbound(self, name: str) -> ir.Table:
        """A table by schema only; it is bound by its name when the expression runs."""
        return ibis.table(self.schema(name), name=name)

    def expression(self, name: str, settings: Settings) -> ir.Table:
        """A derived table's expression on unbound tables.

        Raises:
            PluginError: Its function failed.
        """
        item = self._derived[name].item
        # Without settings among its arguments it is the same as of any day.
        settings = settings if "settings" in item.given else self.settings
        built = self._expressions.setdefault(name, [])
        known = next((table for one, table in built if one == settings), None)
        if known is None:
            tables = {one: self.unbound(one) if self._there(one) else None for one in (*item.reads, *item.optional)}
            given = {one: self._given(one, settings) for one in item.given}
            known = building.built(self._derived[name], {**tables, **given}, self.limits.definition)
            built.append((settings, known))
        return known

    def _there(self, name: str) -> bool:
        """Whether a table can be had; a profile column that failed is left out."""
        return self.missing(name) is None and not (name.startswith(COLUMN) and self.broken(name) is not None)

    def broken(self, name: str) -> Broken | None:
        """The derived table, itself or one that it reads, that failed: its function, or its query; None if none did.

        A table that did not fail is stored by then, unless the engine lacks an operation of it (:meth:`lacking`).

        Raises:
            PluginError: A built-in's function failed.
        """
        if name not in self._derived or name in self._stored or self.missing(name) is not None:
            return None
        known = self.failures.table(name)
        if known is not None:
            return known
        item = self._derived[name].item
        beneath = (one for one in (*item.reads, *item.optional) if not one.startswith(COLUMN))
        behind = next(filter(None, map(self.broken, beneath)), None)
        if behind is None:
            return self._tried(name)
        if not name.startswith(COLUMN):
            return behind
        return self._noted(name, building.blocked(behind, self._derived[name].where))

    def _tried(self, name: str) -> Broken | None:
        """Store a derived table; if it fails, note how."""
        provided, limit = self._derived[name], self.limits.query
        failure = None
        try:
            lacking = self.lacking(name)
            if lacking is None:
                with self.engine.limited(limit):
                    self._kept(name)
            elif name.startswith(COLUMN):
                failure = building.lacks(provided, self.engine.backend, lacking[1])
        except building.BrokenError as error:
            failure = error.failure
        except Exception as error:
            # The core's own tables do not fail but for the engine's sake, and then no figure is any good.
            if is_built_in(provided.provider):
                raise
            failure = failure_of(error, provided.where)
        return None if failure is None else self._noted(name, failure)

    def _noted(self, name: str, failure: Failure) -> Broken:
        broken = Broken.of_table(name, self._derived[name].provider, failure)
        self.failures.add(broken)
        return broken

    def _kept(self, name: str) -> None:
        """Store a derived table unless it is, and make it known by its name."""
        if not self.engine.has(self._folder, name):
            rows = self._ordered(name)
            self.engine.store(self._folder, name, rows)
        self.engine.show(self._folder, name)
        if name.startswith(COLUMN):
            table = self.engine.table(name)
            key = table[self.key(name)[0]]
            building.check_unique(self.engine.frame(table.aggregate(rows=table.count(), keys=key.nunique())))
        self._stored.add(name)

    def _given(self, name: str, settings: Settings) -> Any:
        """What the core gives by an argument's name."""
        if name == "settings":
            return settings
        if name == "periods":
            self._give_periods()
            return ibis.table(PERIODS_SCHEMA, name=name)
        if not self._has_calendar:
            self._has_calendar = True
            days = [stats.first_day for stats in self.prepared.tables.values() if stats.first_day]
            for one, rows in calendar.rows(self.settings, min(days, default=None)).items():
                self.engine.give(one, ibis.memtable(rows, schema=calendar.schema(one, self.settings)))
        return ibis.table(calendar.schema(name, settings), name=name)

    def _give_periods(self) -> None:
        """Make the measured periods known to the engine, when the first table asks for them."""
        if self._has_periods:
            return
        self._has_periods = True
        rows = [
            {
                "period_start": p.start,
                "period_end": p.end,
                "last_day": min(p.last_day, self.settings.as_of),
                "label": p.label,
            }
            for p in self.periods
        ]
        self.engine.give("periods", ibis.memtable(rows, schema=PERIODS_SCHEMA))

    def definition(self, name: str) -> str:
        """A hash of the definition of a derived or computed table; empty for a base table."""
        if name in self._computed:
            return hashlib.sha256(self._computed[name].definition.encode()).hexdigest()[:12]
        if name not in self._derived:
            return ""
        if name not in self._definitions:
            # The day is no part of a definition; every other convention is.
            fixed = replace(self.settings, as_of=date(2000, 1, 1), since=None, history=1)
            text = dialects.text_of(self.expression(name, fixed))
            if {"calendar", "business_hours"} & {*self._derived[name].item.given}:
                text += repr(self.settings.calendar)
            item = self._derived[name].item
            text += "".join(self.definition(one) for one in (*item.reads, *item.optional) if self._there(one))
            self._definitions[name] = hashlib.sha256(text.encode()).hexdigest()[:12]
        return self._definitions[name]

    def made_of(self, name: str) -> Hashable:
        """All that a table as of any day hangs on but its rows and the settings."""
        if name in self._computed:
            known = self._computed[name]
            return name, self.schema(name), known.definition, known.made_of
        if name not in self._derived:
            spec = self._specs[name].item if name in self._specs else None
            return name, self.schema(name), spec
        item = self._derived[name].item
        behind = tuple(self.made_of(one) for one in (*item.reads, *item.optional) if self._there(one))
        return name, self.schema(name), item.build, behind

    def dated(self, rows: ir.Table) -> tuple[tuple[str, date], ...]:
        """The computed tables as of earlier days that a query reads, as :meth:`at` has stored them."""
        parts = [name.rpartition("_") for name in sorted({node.name for node in rows.op().find(ops.UnboundTable)})]
        return tuple((of, date.fromisoformat(day)) for of, _, day in parts if of in self._computed)

    def lacking(self, name: str) -> tuple[str, str] | None:
        """The derived table, itself or one that it reads, and its operation that the engine does not have; else None."""
        if name not in self._derived:
            return None
        if name not in self._lacking:
            item = self._derived[name].item
            beneath = [self.lacking(one) for one in (*item.reads, *item.optional) if self._there(one)]
            found = next(filter(None, beneath), None)
            if found is None and (operation := self._operation(name)):
                found = name, operation
            self._lacking[name] = found
        return self._lacking[name]

    def _operation(self, name: str) -> str:
        """The operation of a derived table's own expression that the engine does not have; empty if it has all."""
        if self.engine.has(self._folder, name):
            return ""  # it has run
        return dialects.lacking(self._ordered(name), self.engine.backend)

    def _ordered(self, name: str) -> ir.Table:
        """A derived table's rows as they are stored."""
        return self.expression(name, self.settings).order_by(list(self.key(name)))

    def origins(self, pairs: Iterable[tuple[str, str]], settings: Settings | None = None) -> set[tuple[str, str]]:
        """The (base table, column) pairs that columns of any tables are made of, through all that lies between."""
        found: set[tuple[str, str]] = set()
        pending, seen = list(pairs), set()
        while pending:
            table, column = pair = pending.pop()
            if pair in seen or table in CORE_TABLES:
                continue
            seen.add(pair)
            if table in self._computed:
                pending.extend(self._computed[table].made_of)
            elif table in self._derived:
                rows = self.expression(table, settings or self.settings)
                # What a computed table names may be a column that this delivery does not allow.
                pending.extend(base_columns(rows[column]) if column in rows.columns else ())
            else:
                found.add(pair)
        return found

    def store(self, name: str) -> None:
        """Make a derived or computed table in the work folder once; a kernel finds what its runner has stored there.

        Raises:
            PluginError: It failed, or the engine does not have one of its operations.
        """
        if name in self._computed:
            self._keep(name, self._computed[name], self.settings.as_of)
            return
        if name not in self._derived or name in self._stored:
            return
        if (broken := self.broken(name)) is not None:
            raise PluginError([broken.problem])
        if lacking := self.lacking(name):
            table, operation = lacking
            raise PluginError(
                f"derived table {table!r} cannot run on {self.engine.backend}: its operation {operation} is not there",
                where=self._derived[table].where,
            )

    def _columns(self, known: Computed) -> ibis.Schema:
        """The columns of a computed table that can be had."""
        absent = known.absent(self)
        return ibis.schema({name: kind for name, kind in known.schema.items() if name not in absent})

    def _keep(self, stored: str, table: Computed, day: date) -> None:
        """Work a table out as of a day, unless it is there."""
        if stored in self._stored:
            return
        if not self.engine.has(self._folder, stored):
            import pyarrow.parquet as pq

            schema = self._columns(table)
            rows = table.compute(self, day).select(list(schema)).cast(schema.to_pyarrow())
            self._folder.mkdir(parents=True, exist_ok=True)
            aside = self._folder / f"{stored}.{os.getpid()}.arriving"
            pq.write_table(rows.sort_by([(name, "ascending") for name in table.key]), aside)
            self.engine.move(self._folder, stored, aside)
        self.engine.show(self._folder, stored)
        self._stored.add(stored)

    def at(self, name: str, day: date, only: Collection[str] | None = None) -> ir.Table:
        """A table as it was at the end of an earlier day, as an expression on unbound tables.

        Args:
            name: A base, derived or computed table that is not missing.
            day: No later than the workbook's.
            only: Of a derived table, the tables that may be missing which it is to read; left out: all. What it
                would have of the others is as if they were not delivered.
        """
        if name in self._computed:
            known = self._computed[name]
            if day >= self.settings.as_of:
                return self.unbound(name)
            stored = f"{name}_{day:%Y%m%d}"
            self._keep(stored, known, day)
            return ibis.table(self._columns(known), name=stored)
        settings = replace(self.settings, as_of=min(day, self.settings.as_of))
        if name not in self._derived:
            rows = self.unbound(name)
            return rows if day >= self.settings.as_of else conform.until(rows, self._specs[name].item, settings)
        item = self._derived[name].item
        wanted = [one for one in item.optional if only is None or one in only]
        there = [one for one in (*item.reads, *wanted) if self._there(one)]
        given: dict[str, Any] = dict.fromkeys((*item.reads, *item.optional))
        given |= {one: self.at(one, day) for one in there}
        given |= {one: settings if one == "settings" else self._given(one, self.settings) for one in item.given}
        return building.built(self._derived[name], given, self.limits.definition)
