"""Headers only: what sources deliver, as tables without rows, so that what they allow can be told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import ibis

from cpm_core.engine.engine import Engine, reading
from cpm_core.model.errors import CpmError, DataError, Problem
from cpm_core.model.tables import TableSpec
from cpm_core.tables import conform
from cpm_core.tables.prepare import Use, fetched, placed, reader_of, stacked
from cpm_core.tables.prepared import Prepared, TableStats

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.model.settings import Settings

_CUSTOMER = "customer_id"


@dataclass
class Outline:
    """What is delivered, without rows.

    Attributes:
        prepared: One Parquet file without rows a table, to be read as if it were prepared.
        errors: What stands in the way of a run, source by source and table by table.
    """

    prepared: Prepared
    errors: list[CpmError] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        """All that is wrong, in words."""
        return list(dict.fromkeys(problem for error in self.errors for problem in error.problems))


def outline(
    engine: Engine,
    specs: Mapping[str, TableSpec],
    attributes: Mapping[str, Mapping[str, str]],
    settings: Settings,
    folder: Path,
    uses: Sequence[Use],
) -> Outline:
    """Look at what the sources deliver, and read none of its rows.

    Args:
        engine: The connection that looks.
        specs: Base-table specs by id.
        attributes: Types of the attributes that KPIs declare, by table.
        settings: As-of day, `since`, time zone.
        folder: Where the Parquet files go.
        uses: The workbook's sources.
    """
    folder.mkdir(parents=True, exist_ok=True)
    engine.drop(folder)  # what an earlier look has left
    found: dict[str, list[tuple[str, ir.Table]]] = {}
    errors: list[CpmError] = []
    for use in uses:
        try:
            deliveries, _ = fetched(engine, use, specs, settings, folder)
        except CpmError as error:
            errors.append(error)
            continue
        for name, delivery in deliveries.items():
            try:
                conform.check_columns(delivery.table, specs[name], use.name)
                found.setdefault(name, []).append((use.name, delivery.table))
            except CpmError as error:
                errors.append(error)
    stats = {
        name: _saved(engine, specs[name], attributes.get(name, {}), settings, folder, found[name]) for name in found
    }
    if "customers" not in stats and any(_CUSTOMER in one.columns for one in stats.values()):
        nobody = ibis.memtable([], schema=ibis.schema({_CUSTOMER: "string"}))
        stats["customers"] = _saved(engine, specs["customers"], {}, settings, folder, [("", nobody)])
    elif "customers" not in stats and not errors:
        errors.append(DataError("no table names a customer", fix="Deliver customers, orders, tickets or surveys."))
    return Outline(Prepared(folder, stats), errors)


def _saved(
    engine: Engine,
    spec: TableSpec,
    attributes: Mapping[str, str],
    settings: Settings,
    folder: Path,
    parts: Sequence[tuple[str, ir.Table]],
) -> TableStats:
    """A table of the spec's columns and the delivered ones, without rows."""
    judged = [
        _judged(engine, spec, attributes, settings, folder / str(place), source, table)
        for place, (source, table) in enumerate(parts)
    ]
    engine.store(folder, spec.id, stacked(judged).drop(*conform.JUDGEMENT))
    columns = tuple(dict.fromkeys(column for _, table in parts for column in table.columns))
    sources = tuple(source for source, _ in parts if source)
    return TableStats(spec.id, sources, 0, 0, {}, 0, 0, columns, None, None, 0, None)


def _judged(
    engine: Engine,
    spec: TableSpec,
    attributes: Mapping[str, str],
    settings: Settings,
    folder: Path,
    source: str,
    table: ir.Table,
) -> ir.Table:
    """One delivery without its rows, judged where it lives."""
    reader = reader_of(engine, table)
    with reading(f"table {spec.id!r} of source {source!r}", source, reader):
        judged = conform.judged(table.limit(0), spec, attributes, settings, reader.dialect)
        return placed(engine, reader, judged, folder, spec.id)
