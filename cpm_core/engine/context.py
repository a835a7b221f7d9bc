"""What a source's function is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis.expr.datatypes as dt
from ibis.common.exceptions import TableNotFound
from sqlglot.errors import SqlglotError

from cpm_core.engine import files
from cpm_core.engine.engine import Engine, first_lines, reading
from cpm_core.model.errors import DataError
from cpm_core.model.names import nearest
from cpm_core.model.secrets import scrubbed

if TYPE_CHECKING:
    import ibis.expr.types as ir


class SourceContext:
    """Readers that remember the fingerprint of what they read.

    Attributes:
        options: The source's validated options (None if it takes none).
        as_of: The last day that counts.
        since: The first day that counts, or None.
        timezone: The workbook's time zone.
        work: A scratch folder of this run.
        fingerprints: sha256 of each file that was read.
        by_content: Whether something else than files was read, so that a fingerprint must be of the rows.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        options: Any,
        as_of: date,
        since: date | None,
        timezone: str,
        work: Path,
        places: Mapping[str, str] | None = None,
    ) -> None:
        self.options = options
        self.as_of = as_of
        self.since = since
        self.timezone = timezone
        self.work = work
        self.fingerprints: dict[str, str] = {}
        self.by_content = False
        self._engine, self._files = engine, engine.files
        self._folder = folder
        self._places = places or {}

    def path(self, text: str | Path) -> Path:
        """A path of the params file: relative ones are relative to it."""
        return self._folder / Path(text).expanduser()

    def read_csv(self, path: str | Path, encoding: str | None = None) -> ir.Table:
        """One CSV file or a glob; every column is text. Folders such as `year=2024` in the path are a column too."""
        found = self._found(path)
        read = self._utf8(found, encoding)
        partitioned = read == found and files.in_partitions(found, self._folder)
        return files.read_csv(self._files, read, partitioned=partitioned)

    def _utf8(self, found: list[Path], encoding: str | None) -> list[Path]:
        if not encoding or encoding.lower().replace("-", "") in ("utf8", "utf8sig"):
            return found
        return [files.to_utf8(file, encoding, self.work / "utf8") for file in found]

    def csv_types(self, path: str | Path, encoding: str | None = None) -> dict[str, str]:
        """The likely SQL type of each column of a CSV file (of the first one of a glob)."""
        return files.sniffed_types(self._files, self._utf8(self._found(path)[:1], encoding)[0])

    def read_parquet(self, path: str | Path) -> ir.Table:
        """One Parquet file or a glob, with its own types. Folders such as `year=2024` in the path are a column too."""
        found = self._found(path)
        return files.read_parquet(self._files, found, partitioned=files.in_partitions(found, self._folder))

    def read_excel(self, path: str | Path, sheet: str | None = None) -> ir.Table:
        """One sheet of one Excel workbook or of each of a glob; every column is text."""
        return files.read_excel(self._files, self._found(path), sheet)

    def sql(self, query: str, **tables: ir.Table) -> ir.Table:
        """A DuckDB select over files (paths relative to the params file) or over named tables."""
        asked = query
        if tables:
            named = ", ".join(f"{name} AS ({self._files.connection.compile(table)})" for name, table in tables.items())
            query = f"WITH {named} SELECT * FROM ({query})"
        folder = str(self._folder).replace("'", "''")
        self._files.connection.raw_sql(f"SET file_search_path = '{folder}'")
        for quoted in re.findall(r"'([^']+\.[A-Za-z]{2,8})'", asked):
            for file in sorted(self._folder.glob(quoted)) if not Path(quoted).is_absolute() else [Path(quoted)]:
                if file.is_file():
                    self._remember(file)
        where = self._places.get(asked, " ".join(scrubbed(asked).split())[:80])
        with reading("the query", where, self._files):
            return self._files.connection.sql(query)

    def database_table(self, name: str) -> ir.Table:
        """A table of the engine's own database: `schema.table`, or a bare name.

        Raises:
            UsageError: The engine has none.
            DataError: There is no such table, or it may not be read.
        """
        return self._of_database(name, self._engine.database_table)

    def database_query(self, query: str, **tables: ir.Table) -> ir.Table:
        """A select in the SQL of the engine's own database, over its tables or over named ones."""
        asked = query.strip().rstrip(";")
        if tables:
            named = ", ".join(f"{name} AS ({self._engine.connection.compile(table)})" for name, table in tables.items())
            asked = f"WITH {named} SELECT * FROM ({asked}) AS asked"
        return self._of_database(asked, self._engine.database_query, query)

    def number(self, value: ir.Value) -> ir.FloatingValue:
        """A column as numbers, null where it holds none; of files or of the engine's own database."""
        engine = self._engine if self._engine.lives_here(value) else self._files
        found: ir.FloatingValue = engine.dialect.try_cast(value, dt.float64)
        return found

    def _of_database(self, asked: str, find: Callable[[str], ir.Table], said: str = "") -> ir.Table:
        self.by_content = True
        place = self._places.get(said or asked, " ".join(scrubbed(said or asked).split())[:80])
        try:
            with reading("the query" if said else f"table {asked!r}", place, self._engine):
                return find(asked)
        except TableNotFound:
            near = nearest(asked, self._engine.database_tables())
            raise DataError(f"the database has no table {asked!r}", where=place, nearest=near) from None
        except SqlglotError as error:
            raise DataError(f"the query cannot be read: {first_lines(str(error))}", where=place) from error

    def _remember(self, file: Path) -> None:
        """Note what was read; a file that the source made itself by its name there, which is the same in every run."""
        made = file.is_relative_to(self.work)
        name = file.relative_to(self.work) if made else file
        self.fingerprints[str(name)] = files.fingerprint(file)

    def _found(self, path: str | Path) -> list[Path]:
        found = files.matching(self.path(path), self._places.get(str(path), ""), self._folder)
        for file in found:
            self._remember(file)
        return found
