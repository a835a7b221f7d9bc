"""What a workbook knows of its data: sources, prepared tables, periods."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.engine.versions import versions_of_record
from cpm_core.hooks.agreement import attributes_of
from cpm_core.model.errors import ParamsError
from cpm_core.model.periods import Period, with_rows
from cpm_core.params.canonical import canonical_json
from cpm_core.params.strictness import is_strict

if TYPE_CHECKING:
    from cpm_core.engine.engine import Engine
    from cpm_core.hooks.registry import Provided, Registry
    from cpm_core.model.settings import Settings
    from cpm_core.model.tables import TableSpec
    from cpm_core.model.text import Locale
    from cpm_core.params.schema import Params
    from cpm_core.tables.derive import Catalog
    from cpm_core.tables.outline import Outline
    from cpm_core.tables.prepare import Use
    from cpm_core.tables.prepared import Prepared

WORK = "CPM_WORK"
"""Environment variable: a folder that a runner has prepared and measured for this workbook."""
IDENTITY = "identity"
TABLES = "tables"
"""File of a work folder that names the folder of the prepared tables, which several runs may share."""
CUT = "cut"
"""Folder of a work folder with the tables of a part of the customers."""


class Data:
    """The part of a workbook that is about its data."""

    params: Params
    registry: Registry
    settings: Settings
    locale: Locale
    work: Path
    _progress: Callable[[str], None]
    _shared: Path | None
    _warnings: list[str] | None
    _removal: weakref.finalize[..., Any] | None

    def identity(self) -> str:
        """A hash of all that the figures depend on but the data: params, plugins (those left out too), strictness, versions."""
        plugins = [f"strict {is_strict(self.params)}", *self.registry.record]
        versions = [f"{name} {version}" for name, version in versions_of_record().items()]
        text = "\n".join([canonical_json(self.params), *plugins, *versions])
        return hashlib.sha256(text.encode()).hexdigest()

    def prepare(self) -> Prepared:
        """Fetch and conform the sources into the work folder; the second time nothing is done.

        Raises:
            DataError: The data cannot be read or used, or a check of level `stop` is not met.
        """
        if self._warnings is None:
            from cpm_core.tables.checks import judge

            self._warnings = judge(self._prepared, self.params, self.registry)
        return self._prepared

    def warnings(self) -> list[str]:
        """What checks of plugins find wrong with the tables, in words."""
        self.prepare()
        return list(self._warnings or ())

    @cached_property
    def _engine(self) -> Engine:
        from cpm_core.engine.open import open_engine

        engine = open_engine(self.params.engine, self.work, self.params.folder)
        if self._removal is not None and self._removal.detach():
            # A table may outlive the workbook (`cpm.open(...).tables["orders"]`), and holds the connection.
            engine.own(self.work)
        return engine

    @cached_property
    def _prepared(self) -> Prepared:
        from cpm_core.tables.prepare import Preparation
        from cpm_core.tables.prepared import MANIFEST, Prepared

        if read(self.work / IDENTITY) == self.identity():
            return Prepared.load(Path(read(self.work / TABLES)))
        folder = self.tables_folder
        if (folder / MANIFEST).is_file():
            prepared = Prepared.load(folder)
        else:
            specs, attributes = self._specs(), attributes_of(self.registry)
            preparation = Preparation(self._engine, specs, attributes, self.settings, folder, self._progress)
            prepared = preparation.run(self._uses())
        self.work.mkdir(parents=True, exist_ok=True)
        (self.work / TABLES).write_text(str(folder.absolute()), encoding="utf-8")
        (self.work / IDENTITY).write_text(self.identity(), encoding="utf-8")
        return prepared

    @cached_property
    def _cut(self) -> Prepared:
        """The prepared tables of the customers that `only` names; without it the whole ones, which workbooks share."""
        whole = self.prepare()
        if not self.params.only:
            return whole
        from cpm_core.tables.cut import cut

        return cut(self._engine, whole, self._specs(), self.params, self.work / CUT)

    def members(self, name: str) -> list[str]:
        """The members of a column of the customers, or of `table.column`, as `only` names them, in order.

        Raises:
            ParamsError: No table has the column, or it identifies a person.
        """
        from cpm_core.tables.cut import members

        return members(self._engine, self.prepare(), self._specs(), self.params, name)

    def lacking(self, name: str, members: Collection[str]) -> tuple[list[str], list[str]]:
        """Members of a column that no row has, as `only` names both; and if there are such, some that there are.

        Raises:
            ParamsError: No table has the column, or it identifies a person.
            DataError: The data cannot be read.
        """
        from cpm_core.tables.cut import check_fit, lacking

        check_fit(self.prepare(), self._specs(), self.params, name)
        return lacking(self._engine, self.prepare(), name, members)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Delivered tables that cannot be cut to the customers that `only` names."""
        return self._cut.uncut

    @property
    def tables_folder(self) -> Path:
        """Where the prepared tables go: a folder of their own in the shared one, if there is one."""
        return self.work / "prepared" if self._shared is None else self._shared / self._delivery()[:16]

    def _delivery(self) -> str:
        """A hash of all that prepared tables depend on but the data."""
        params = self.params
        sources = [use.model_dump(mode="json") for use in params.sources]
        plugins = self.registry.record
        said = [
            sources,
            str(params.folder.absolute()),
            str(params.as_of),
            str(params.since),
            params.timezone,
            params.engine,
        ]
        parts = [*map(repr, said), repr(attributes_of(self.registry)), *plugins, repr(versions_of_record())]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _table_makers(self) -> tuple[str, ...]:
        """What of the plugins prepared tables depend on: sources in use, base tables, and attributes of KPIs."""
        from cpm_core.hooks.fingerprint import fingerprint

        registry = self.registry
        sources = (registry.sources[use.use] for use in self.params.sources)
        used: list[Provided[Any]] = [*sources, *registry.tables.values()]
        makers = {one.provider for one in used}
        files = (f"{one.name} {one.version} {one.content}" for one in registry.plugins if one.name in makers)
        # The code that they call may lie in modules that plugins share.
        items = (f"{one.provider} {one.item.id} {fingerprint(one.item)}" for one in used)
        return (*files, *items, repr(attributes_of(registry)))

    def outline(self) -> tuple[Outline, Catalog]:
        """What the sources deliver by their headers alone, and its tables without rows."""
        from cpm_core.tables.derive import Catalog
        from cpm_core.tables.outline import outline

        folder = self.work / "outline"
        found = outline(self._engine, self._specs(), attributes_of(self.registry), self.settings, folder, self._uses())
        from cpm_core.customers.computed import computed_tables

        tables, derived = self.registry.tables, self.registry.derived
        given = self._allowed(found)
        computed = computed_tables(self.params, self.registry, (), given.tables)
        limits = self.params.limits.limits()
        return found, Catalog(self._engine, given, tables, derived, (), self.settings, folder, computed, limits=limits)

    def _allowed(self, found: Outline) -> Prepared:
        """What is left of the delivered tables by `only`; what is wrong with it goes to the errors."""
        if not self.params.only or found.errors:
            return found.prepared
        from cpm_core.tables.cut import allowed

        try:
            return allowed(found.prepared, self._specs(), self.params)
        except ParamsError as error:
            found.errors.append(error)
            return found.prepared

    def _specs(self) -> dict[str, TableSpec]:
        return {name: provided.item for name, provided in self.registry.tables.items()}

    def _uses(self) -> list[Use]:
        """The sources with their options, and where these are written."""
        from cpm_core.tables.uses import uses_of

        return uses_of(self.params, self.registry)

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """sha256 of each file that the sources read."""
        return self._prepared.fingerprints

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The measured periods, oldest first: the shown ones and the year before, as far as there is data."""
        specs = self.registry.tables
        stats = [one for one in self._prepared.tables.values() if specs[one.table].item.event]
        return with_rows(self.settings, min((one.first_day for one in stats if one.first_day), default=None))

    @cached_property
    def _catalog(self) -> Catalog:
        from cpm_core.customers.computed import computed_tables
        from cpm_core.customers.profile import with_columns
        from cpm_core.tables.derive import Catalog

        prepared = self._cut
        tables, derived = self.registry.tables, with_columns(self.registry.derived, self.registry.profile_columns)
        computed = computed_tables(self.params, self.registry, self.periods, prepared.tables)
        limits = self.params.limits.limits()
        return Catalog(
            self._engine, prepared, tables, derived, self.periods, self.settings, self.work, computed, limits=limits
        )

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name, as Ibis tables on the workbook's engine."""
        from cpm_core.tables.named import Tables

        return Tables(self._catalog)


def read(path: Path) -> str:
    """A small file's text; empty where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
