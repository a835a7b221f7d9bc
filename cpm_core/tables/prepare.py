"""Fetch, conform and store: from the sources of a workbook to prepared tables."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from cpm_core.engine.context import SourceContext
from cpm_core.engine.engine import Engine, reading
from cpm_core.model.errors import BeforeDataError, CpmError, DataError
from cpm_core.model.tables import Delivery, Source, TableSpec
from cpm_core.tables import conform, keys, profile, rejects
from cpm_core.tables.hidden import without_secrets
from cpm_core.tables.prepared import Prepared, TableStats

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.model.settings import Settings

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Use:
    """One source as a workbook uses it."""

    name: str
    source: Source
    options: Any
    folder: Path
    places: Mapping[str, str] = field(default_factory=dict)
    """Where each text of the options is written, as `params/x.yaml:12`."""


@dataclass(frozen=True)
class Staged:
    """A judged delivery in a Parquet file."""

    source: str
    table: ir.Table
    columns: tuple[str, ...]
    loaded_until: date | None
    dated: tuple[str, ...]


class Preparation:
    """One pass from sources to prepared tables.

    Args:
        engine: The connection that does the work.
        specs: Base-table specs by id.
        attributes: Types of the attributes that KPIs declare, by table.
        settings: As-of day, `since`, time zone.
        folder: Where the Parquet files go.
        progress: Told what is being done.
    """

    def __init__(
        self,
        engine: Engine,
        specs: Mapping[str, TableSpec],
        attributes: Mapping[str, Mapping[str, str]],
        settings: Settings,
        folder: Path,
        progress: Progress = lambda what: None,
    ) -> None:
        self.engine = engine
        self.specs = specs
        self.attributes = attributes
        self.settings = settings
        self.folder = folder
        self.progress = progress
        self._stage = folder / "stage"
        self._parts: list[str] = []
        self._refused: list[ir.Table] = []

    def run(self, uses: Sequence[Use]) -> Prepared:
        """Prepare all tables.

        Raises:
            DataError: Data cannot be read, a required column is missing, or no row of a table is usable.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.engine.drop(self.folder)  # what an attempt that failed has left
        fingerprints: dict[str, str] = {}
        staged: dict[str, list[Staged]] = {}
        for use in uses:
            self.progress(f"reading {use.name}")
            deliveries, context = fetched(self.engine, use, self.specs, self.settings, self.folder)
            for name, delivery in deliveries.items():
                found = self._staged(name, use.name, delivery, context)
                staged.setdefault(name, []).append(found)
                if context.by_content or not context.fingerprints:
                    part = f"{use.name}:{name}" + (f" {len(staged[name])}" if len(staged[name]) > 1 else "")
                    fingerprints[part] = keys.fingerprint(self.engine, found.table)
            fingerprints |= context.fingerprints
        stats = {name: self._settle(name, staged[name]) for name in self._in_order(staged)}
        self._check_usable(stats)
        if "customers" not in stats:
            stats = {"customers": self._customers_of_others(stats), **stats}
        self._save_rejects()
        prepared = Prepared(self.folder, stats, fingerprints)
        prepared.save()
        self.engine.drop(self._stage)
        shutil.rmtree(self._stage, ignore_errors=True)
        return prepared

    def _staged(self, name: str, source: str, delivery: Delivery, context: SourceContext) -> Staged:
        spec = self.specs[name]
        raw = delivery.table
        conform.check_columns(raw, spec, source)
        columns = tuple(raw.columns)
        if delivery.rejects is not None:
            refused = delivery.rejects.rename({conform.SOURCE_REASON: "reason"})
            raw = raw.mutate(**{conform.SOURCE_REASON: ibis.null("string")})
            raw = raw.union(refused.select(raw.columns))
        self.progress(f"conforming {name}")
        reader, part = reader_of(self.engine, raw), f"{name}-{len(self._parts)}"
        with reading(f"table {name!r} of source {source!r}", ", ".join(context.fingerprints) or source, reader):
            named = reader.named(f"delivered/{part}", raw)
            judged = conform.judged(named, spec, self.attributes.get(name, {}), self.settings, reader.dialect)
            judged = judged.mutate(_source=ibis.literal(source))
            if reader is self.engine.files:
                # Not on a server: its log would tell the query.
                judged = without_secrets(judged)
            table = placed(self.engine, reader, judged, self._stage, part)
        self._parts.append(name)
        return Staged(source, table, columns, delivery.loaded_until, delivery.dated)

    def _in_order(self, staged: Mapping[str, list[Staged]]) -> list[str]:
        """Parents before children."""

        def depth(name: str) -> int:
            parent = self.specs[name].parent
            return 0 if parent is None or parent[0] not in staged else 1 + depth(parent[0])

        return sorted(staged, key=depth)

    def _settle(self, name: str, parts: list[Staged]) -> TableStats:
        """Judge keys over all deliveries of one table, store what is kept and count the rest."""
        spec = self.specs[name]
        self.progress(f"storing {name}")
        whole = stacked([part.table for part in parts])
        parent = spec.parent[0] if spec.parent else ""
        if parent and self.engine.has(self.folder, parent):
            delivered = {column for part in parts for column in part.columns}
            if spec.time and not delivered.intersection(spec.time):
                whole = keys.timed_by_parent(whole, spec, self._settled(parent), self.specs[parent])
            whole = keys.without_orphans(whole, spec, ibis.table(self.engine.table(parent).schema(), name=parent))
        whole = keys.without_repeats(self.engine, whole, spec)
        table = self.engine.store(self._stage, f"settled-{name}", whole)
        kept = table.filter(table[conform.FATE] == conform.KEEP)
        kept = kept.drop(*conform.JUDGEMENT, "_source").order_by(list(spec.key))
        self.engine.store(self.folder, name, kept)
        self.engine.show(self.folder, name)
        self._refused.append(_refused(table, spec))
        return profile.stats(self.engine, table, spec, parts, self.settings.as_of)

    def _settled(self, name: str) -> ir.Table:
        """All rows of a table with their fates."""
        return self.engine.stored(self._stage, f"settled-{name}")

    def _check_usable(self, stats: Mapping[str, TableStats]) -> None:
        self._check_as_of(stats)
        for one in stats.values():
            if one.delivered == 0:
                raise DataError(f"table {one.table!r} has no rows", where=", ".join(one.sources))
            if sum(one.rejected.values()) == one.delivered:
                reasons = ", ".join(f"{reason} ({rows:,})" for reason, rows in one.rejected.items())
                raise DataError(
                    f"every row of table {one.table!r} was rejected: {reasons}{self._for_example(one.table)}",
                    where=", ".join(one.sources),
                    fix="Check the column mapping, and the format of dates and numbers.",
                )

    def _check_as_of(self, stats: Mapping[str, TableStats]) -> None:
        """Customers may be known before anything happens, so that they are asked only where there is nothing else."""
        dated = [one for one in stats.values() if self.specs[one.table].time]
        happens = [one for one in dated if one.table != "customers"] or dated
        if any(one.not_yet for one in happens) and not any(one.kept for one in happens):
            firsts = [self._first_day(one.table) for one in happens]
            first = min((day for day in firsts if day), default=None)
            error = BeforeDataError(
                f"as_of {self.settings.as_of} is before the data" + (f", which starts {first}" if first else ""),
                where="as_of",
                fix="Choose a later as_of.",
            )
            error.first = first
            raise error

    def _for_example(self, name: str) -> str:
        """One refused value of a table, as a person would look for it."""
        settled = self._settled(name)
        bad = settled.filter(settled[conform.VALUE].notnull()).order_by(list(self.specs[name].key)).limit(1)
        found = self.engine.frame(bad.select(column=bad[conform.BLAMED], value=bad[conform.VALUE])).astype(str)
        return "".join(f", as {row.column} {row.value!r}" for row in found.itertuples())

    def _first_day(self, name: str) -> date | None:
        settled = self._settled(name)
        times = [settled[column] for column in self.specs[name].time if column in settled.columns]
        day = self.engine.frame(settled.aggregate(day=ibis.coalesce(*times).min()))["day"].iloc[0]
        return None if pd.isna(day) else day.date()

    def _customers_of_others(self, stats: Mapping[str, TableStats]) -> TableStats:
        """Without a customers table, a customer is an id that another table names."""
        spec = self.specs["customers"]
        tables = [self.engine.table(name) for name in stats]
        ids = [table.select("customer_id") for table in tables if "customer_id" in table.columns]
        if not ids:
            raise DataError("no table names a customer", fix="Deliver customers, orders, tickets or surveys.")
        union = ibis.union(*ids, distinct=True) if len(ids) > 1 else ids[0].distinct()
        judged = conform.judged(union, spec, {}, self.settings, self.engine.dialect)
        self.engine.store(self.folder, "customers", judged.drop(*conform.JUDGEMENT).order_by("customer_id"))
        self.engine.show(self.folder, "customers")
        found = int(self.engine.frame(union.aggregate(n=union.count()))["n"].iloc[0])
        return TableStats("customers", (), found, found, {}, 0, 0, ("customer_id",), None, None, 0, None)

    def _save_rejects(self) -> None:
        tables = self._refused
        whole = ibis.union(*tables) if len(tables) > 1 else tables[0]
        self.engine.save(whole.order_by(list(rejects.COLUMNS)), self.folder / "rejects.parquet")


def fetched(
    engine: Engine, use: Use, specs: Mapping[str, TableSpec], settings: Settings, folder: Path
) -> tuple[Mapping[str, Delivery], SourceContext]:
    """What a source delivers, not yet looked at, and what it was given.

    Raises:
        CpmError: The source cannot deliver, or delivers tables that nobody describes.
    """
    context = SourceContext(
        engine,
        use.folder,
        use.options,
        settings.as_of,
        settings.since,
        settings.timezone,
        folder / "scratch",
        use.places,
    )
    try:
        deliveries = use.source.fetch(context)
    except CpmError:
        raise
    except Exception as error:
        raise DataError(f"source {use.name!r} failed: {type(error).__name__}: {error}") from error
    unknown = [name for name in deliveries if name not in specs]
    if unknown:
        raise DataError(f"source {use.name!r} delivers tables that nobody describes: {', '.join(unknown)}")
    return deliveries, context


def reader_of(engine: Engine, table: ir.Table) -> Engine:
    """Where a delivery is read and judged: on the engine if it lives there, else by the reader of files."""
    return engine if engine.lives_here(table) else engine.files


def placed(engine: Engine, reader: Engine, judged: ir.Table, folder: Path, name: str) -> ir.Table:
    """A judged delivery as a table of the engine; what was read from files goes there by way of one."""
    if reader is engine:
        return engine.store(folder, name, judged)
    path = folder / f"{name}.moving.parquet"
    reader.save(judged, path)
    table = engine.move(folder, name, path)
    path.unlink(missing_ok=True)
    return table


def stacked(tables: list[ir.Table]) -> ir.Table:
    """Tables one under the other; a column that one lacks is null there."""
    if len(tables) == 1:
        return tables[0]
    schema: dict[str, Any] = {}
    for table in tables:
        for name, kind in table.schema().items():
            schema[name] = kind if schema.get(name, kind) == kind else "string"

    def fitted(table: ir.Table) -> ir.Table:
        cells = {n: table[n].cast(k) if n in table.columns else ibis.null(k) for n, k in schema.items()}
        return table.select(**cells)

    return ibis.union(*(fitted(table) for table in tables))


def _refused(table: ir.Table, spec: TableSpec) -> ir.Table:
    bad = table.filter(table[conform.FATE] == conform.REJECT)
    key = ibis.literal(" ").join([bad[name].cast("string").fill_null("?") for name in spec.key])
    return bad.select(
        table=ibis.literal(spec.id),
        source=bad["_source"],
        reason=bad[conform.REASON],
        column=bad[conform.BLAMED],
        key=key,
        value=bad[conform.VALUE],
    )
