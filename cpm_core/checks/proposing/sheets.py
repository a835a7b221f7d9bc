"""One's own files as they lie there: encodings found by trying, every sheet of a workbook, every column counted."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model.errors import UsageError
from cpm_core.model.names import nearest
from cpm_core.params.paths import shown

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.engine.duck import DuckEngine

CSV = (".csv", ".tsv", ".txt", ".gz")
EXCEL = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
PARQUET = (".parquet",)
MOST_ROWS = 1_000_000
"""Rows of a large file whose different values are counted; dates are looked at in all of them."""
LARGE = 512 * 1024 * 1024
"""Bytes of a file above which it is read anew for each question."""
SAMPLE = 10_000
"""Rows whose values are tried against formats."""


@dataclass(frozen=True)
class Column:
    """One column of a file."""

    name: str
    type: str
    """The engine's type; text for everything but Parquet."""
    filled: int
    distinct: int


@dataclass(frozen=True)
class Sheet:
    """A file, several files of the same columns, or one sheet of an Excel workbook.

    ``relation`` names all its rows on the engine, ``sample`` some of them.
    """

    files: tuple[Path, ...]
    sheet: str | None
    encoding: str | None
    """None: UTF-8, or no text file."""
    rows: int
    columns: tuple[Column, ...]
    relation: str
    sample: str
    engine: DuckEngine
    untitled: int = 0
    """Columns of an Excel sheet without a heading."""

    @property
    def label(self) -> str:
        """What a person calls it."""
        name = shown(self.files[0].with_name(pattern_of(self.files)))
        return name if self.sheet is None else f"{name} ({self.sheet})"

    def column(self, name: str) -> Column:
        """One of its columns."""
        return next(column for column in self.columns if column.name == name)

    def ask(self, select: str, *, sample: bool = False, where: str = "true") -> tuple[Any, ...]:
        """The one row of aggregates over its rows."""
        return self.all(f"SELECT {select} FROM {self.sample if sample else self.relation} WHERE {where}")[0]

    def all(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        found: list[tuple[Any, ...]] = self.engine.connection.raw_sql(query).fetchall()
        return found


def look(engine: DuckEngine, paths: Sequence[str]) -> list[Sheet]:
    """Read files; those of one folder with the same columns and names alike count as one.

    Raises:
        UsageError: A file is not there, or is of no kind that can be read.
        DataError: A file cannot be read.
    """
    alike: dict[tuple[Any, ...], list[tuple[Path, ir.Table]]] = {}
    for file in dict.fromkeys(_existing(path) for path in paths):
        for sheet, encoding, table in _tables(engine, file):
            kind = (file.parent, file.suffix, table.columns, sheet, encoding)
            # Sheets of one workbook, and workbooks, stay apart.
            own = (file,) if file.suffix.lower() in EXCEL else ()
            alike.setdefault((*kind, *own), []).append((file, table))
    sheets: list[Sheet] = []
    for (_, _, _, sheet, encoding, *_), group in alike.items():
        for part in _whole_or_apart(group):
            sheets.append(_counted(engine, len(sheets), tuple(file for file, _ in part), sheet, encoding, part[0][1]))
    return [sheet for sheet in sheets if sheet.rows and sheet.columns]


def _whole_or_apart(group: list[tuple[Path, ir.Table]]) -> list[list[tuple[Path, ir.Table]]]:
    """Files of the same columns as one where a pattern of their names finds them and no others."""
    files = [file for file, _ in group]
    found = [path.resolve() for path in files[0].parent.glob(pattern_of(files))]
    return [group] if set(found) == set(files) else [[one] for one in group]


def _existing(path: str) -> Path:
    file = Path(path).expanduser()
    if not file.is_file():
        beside = [one.name for one in file.parent.iterdir()] if file.parent.is_dir() else []
        raise UsageError(f"there is no file {path}", where=str(Path.cwd()), nearest=nearest(file.name, beside))
    if file.suffix.lower() not in (*CSV, *EXCEL, *PARQUET):
        kinds = "CSV (.csv, .tsv, .txt, .gz), Parquet (.parquet) and Excel (.xlsx) can be."
        raise UsageError(f"{shown(file)} is no kind of file that can be read", fix=kinds)
    return file.resolve()


def _tables(engine: DuckEngine, file: Path) -> Iterator[tuple[str | None, str | None, ir.Table]]:
    """Sheet, encoding and rows of each table in a file."""
    from cpm_core.engine import files

    kind = file.suffix.lower()
    if kind in EXCEL:
        names = files.sheet_names(file)
        for name in names:
            # A workbook's only sheet needs no name.
            yield name if len(names) > 1 else None, None, files.read_excel(engine, [file], name)
    elif kind in PARQUET:
        yield None, None, files.read_parquet(engine, [file])
    else:
        encoding = encoding_of(file)
        readable = file if encoding is None else files.to_utf8(file, encoding, _utf8(engine))
        yield None, encoding, files.read_csv(engine, [readable])


def pattern_of(files: Sequence[Path]) -> str:
    """One name for several files: what their names begin and end with, and `*` between; for one file its name."""
    names = [file.name for file in files]
    if len(names) == 1:
        return names[0]
    start = _common(names)
    end = _common([name[len(start) :][::-1] for name in names])[::-1]
    return f"{start}*{end}"


def _common(names: Sequence[str]) -> str:
    """What names begin with."""
    shortest = min(names, key=len)
    return next((shortest[:i] for i, c in enumerate(shortest) if any(name[i] != c for name in names)), shortest)


def _counted(
    engine: DuckEngine, number: int, files: tuple[Path, ...], sheet: str | None, encoding: str | None, table: ir.Table
) -> Sheet:
    """How many rows a sheet has, and how many different values each column."""
    from cpm_core.engine import files as readers
    from cpm_core.engine.engine import reading

    if len(files) > 1:
        given = [file if encoding is None else readers.to_utf8(file, encoding, _utf8(engine)) for file in files]
        reader = readers.read_parquet if files[0].suffix.lower() in PARQUET else readers.read_csv
        table = reader(engine, given)
    relation, sample = f"sheet_{number}", f"sample_{number}"
    connection = engine.connection
    # What is not too large is read once: many questions are asked of it.
    kind = "TABLE" if sum(file.stat().st_size for file in files) <= LARGE else "VIEW"
    with reading(files[0].name, shown(files[0]), engine):
        connection.raw_sql(f"CREATE OR REPLACE TEMP {kind} {relation} AS {connection.compile(table)}")
        connection.raw_sql(
            f"CREATE OR REPLACE TEMP TABLE {sample} AS "
            f"SELECT * FROM (SELECT * FROM {relation} LIMIT {MOST_ROWS}) USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE (1)"
        )
        names = [name for name in table.columns if not str(name).startswith("Unnamed: ")]
        parts = "".join(f", count({plain(n)}), count(DISTINCT {plain(n)})" for n in names)
        counted = relation if kind == "TABLE" else f"(SELECT * FROM {relation} LIMIT {MOST_ROWS})"
        row = connection.raw_sql(f"SELECT (SELECT count(*) FROM {relation}){parts} FROM {counted}").fetchall()[0]
    kinds = {str(name): str(kind) for name, kind in table.schema().items()}
    columns = tuple(Column(n, kinds[n], row[1 + 2 * i], row[2 + 2 * i]) for i, n in enumerate(names))
    untitled = len(table.columns) - len(names)
    return Sheet(files, sheet, encoding, row[0], columns, relation, sample, engine, untitled)


def _utf8(engine: DuckEngine) -> Path:
    return engine.scratch / "utf8"


def plain(name: str) -> str:
    """A column as trimmed text in SQL; nothing counts as null."""
    return f"nullif(trim(CAST({quoted(name)} AS VARCHAR)), '')"


def quoted(name: str) -> str:
    """A column's name in SQL; words that are no part of the language stay as they are."""
    return name if name.isidentifier() and name.lower() not in _keywords() else '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=1)
def _keywords() -> frozenset[str]:
    import duckdb

    query = "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"
    return frozenset(word for (word,) in duckdb.connect().execute(query).fetchall())


def encoding_of(file: Path) -> str | None:
    """The encoding of a text file, found by trying; None for UTF-8.

    Text that is not UTF-8 is GB 18030 where nearly all of its bytes beyond ASCII stand in pairs, as
    Chinese characters do, and Windows Western where they stand alone, as accented letters do.
    """
    if file.suffix.lower() == ".gz":
        return None
    with file.open("rb") as stream:
        start = stream.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _decodes(file, "utf-8"):
        return None
    if _in_pairs(file) and _decodes(file, "gb18030"):
        return "gb18030"
    return "cp1252" if _decodes(file, "cp1252") else "latin-1"


def _decodes(file: Path, encoding: str) -> bool:
    try:
        with file.open(encoding=encoding, newline="") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _in_pairs(file: Path) -> bool:
    with file.open("rb") as stream:
        raw = stream.read(1 << 20)
    runs = [len(run) for run in "".join("x" if byte >= 0x80 else " " for byte in raw).split()]
    alone = sum(1 for run in runs if run == 1)
    return bool(runs) and alone < 0.2 * len(runs)
