"""Reading files into text-true tables, and fingerprints of what was read."""

from __future__ import annotations

import glob
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import ibis

from cpm_core.engine.duck import DuckEngine
from cpm_core.engine.engine import pattern_of, reading
from cpm_core.model.errors import DataError, UsageError
from cpm_core.model.names import nearest
from cpm_core.params.paths import shown

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

_WHOLE_HASH_LIMIT = 64 * 1024 * 1024


def matching(pattern: Path, place: str, folder: Path) -> list[Path]:
    """The files that a path or glob names, sorted.

    Args:
        pattern: A path or a glob.
        place: Where it is written.
        folder: What is seen from this folder may be a glob; its own name is none, as that of `shop [2]`.

    Raises:
        UsageError: There is none: whoever wrote the path should mend it, and no data is at fault.
    """
    asked = Path(pattern_of(folder)) / pattern.relative_to(folder) if pattern.is_relative_to(folder) else pattern
    found = [pattern] if pattern.is_file() else sorted(Path(one) for one in glob.glob(str(asked), recursive=True))  # noqa: PTH207  # the pattern may be absolute
    found = [one for one in found if one.is_file()]
    if not found:
        beside = [one.name for one in pattern.parent.glob("*")] if pattern.parent.is_dir() else []
        raise UsageError(
            f"there is no file {shown(pattern)}",
            where=place,
            nearest=nearest(pattern.name, beside),
            fix="Write the path as it is seen from the params file.",
        )
    return found


def fingerprint(file: Path) -> str:
    """What tells a changed file: sha256 of its bytes, or for large ones of size, ends and time."""
    digest = hashlib.sha256()
    size = file.stat().st_size
    with file.open("rb") as stream:
        if size <= _WHOLE_HASH_LIMIT:
            digest.update(stream.read())
        else:
            digest.update(f"{size} {file.stat().st_mtime_ns}".encode())
            digest.update(stream.read(1 << 20))
            stream.seek(-(1 << 20), 2)
            digest.update(stream.read())
    return digest.hexdigest()


def in_partitions(files: list[Path], base: Path) -> bool:
    """Whether files lie in folders such as `year=2024`, whose names are a column of theirs.

    Args:
        files: As they were found from the base.
        base: Where the reader of the files is at home: folders above it have names of another meaning.
    """
    below = (file.relative_to(base) if file.is_relative_to(base) else file for file in files)
    return any("=" in part for file in below for part in file.parts[:-1])


def _hive(partitioned: bool) -> dict[str, bool]:
    """DuckDB's option: by itself it takes every folder on the way for a partition, over a file's own column."""
    return {} if partitioned else {"hive_partitioning": False}


def read_csv(engine: DuckEngine, files: list[Path], *, partitioned: bool = False) -> ir.Table:
    """CSV files as text in every column, so that `007` and a stray word survive to be judged.

    Args:
        engine: That reads them.
        files: With the same columns, by name.
        partitioned: Whether names of folders such as `year=2024` are columns.

    Raises:
        DataError: A file is empty or no CSV.
    """
    for file in files:
        if file.stat().st_size == 0:
            raise DataError("the file is empty", where=shown(file))
    with reading(files[0].name, shown(files[0]), engine):
        return engine.connection.read_csv(
            [pattern_of(file) for file in files],
            all_varchar=True,
            header=True,
            union_by_name=True,
            **_hive(partitioned),
        )


def sniffed_types(engine: DuckEngine, file: Path) -> dict[str, str]:
    """DuckDB's guess at the type of each column of a CSV file; dates of another format than ISO count as text."""
    with reading(file.name, shown(file), engine):
        # The path is a value of ours, quoted; sniff_csv takes no parameters in a subquery.
        quoted = pattern_of(file).replace("'", "''")
        rows = engine.connection.raw_sql(
            "SELECT c.name, c.type, DateFormat, TimestampFormat "
            f"FROM (SELECT unnest(Columns) AS c, * FROM sniff_csv('{quoted}', header=true))"
        ).fetchall()
    foreign = {
        kind: bool(form) and not str(form).startswith("%Y-")
        for _, _, *forms in rows
        for kind, form in zip(("DATE", "TIMESTAMP"), forms, strict=True)
    }
    return {str(name): "VARCHAR" if foreign.get(str(kind)) else str(kind) for name, kind, *_ in rows}


def read_parquet(engine: DuckEngine, files: list[Path], *, partitioned: bool = False) -> ir.Table:
    """Parquet files with their own types, columns matched by name; ``partitioned`` as for :func:`read_csv`."""
    with reading(files[0].name, shown(files[0]), engine):
        paths = [pattern_of(file) for file in files]
        return engine.connection.read_parquet(paths, union_by_name=True, **_hive(partitioned))


def read_excel(engine: DuckEngine, files: list[Path], sheet: str | None = None) -> ir.Table:
    """Sheets of Excel workbooks as text in every column; numbers without decimals stay whole, `NA` stays a word.

    Raises:
        DataError: A sheet is not there, or a file is no Excel workbook.
    """
    import pandas as pd

    frames = []
    for file in files:
        with _workbook(file) as book:
            names = [str(name) for name in book.sheet_names]
            if sheet is not None and sheet not in names:
                raise DataError(
                    f"there is no sheet {sheet!r}", where=shown(file), nearest=nearest(sheet, names) or tuple(names[:3])
                )
            frames.append(pd.read_excel(book, sheet or 0, dtype=str, keep_default_na=False, na_values=[""]))
    frame = pd.concat(frames, ignore_index=True)
    frame.columns = [str(column) for column in frame.columns]
    schema = ibis.schema(dict.fromkeys(frame.columns, "string"))
    rows = ibis.memtable(frame.astype(object).where(frame.notna(), None), schema=schema)
    # A table of the engine's own, so that SQL can name it.
    name = f"excel_{hashlib.sha256(repr((files, sheet)).encode()).hexdigest()[:12]}"
    return engine.connection.create_table(name, rows, temp=True, overwrite=True)


def sheet_names(file: Path) -> tuple[str, ...]:
    """The sheets of an Excel workbook.

    Raises:
        DataError: The file is no Excel workbook.
    """
    with _workbook(file) as book:
        return tuple(str(name) for name in book.sheet_names)


def _workbook(file: Path) -> pd.ExcelFile:
    import pandas as pd

    try:
        return pd.ExcelFile(file, engine="calamine")
    except Exception as error:
        raise DataError(f"{file.name} is no Excel workbook: {error}", where=shown(file)) from error


def to_utf8(file: Path, encoding: str, folder: Path) -> Path:
    """A copy of a text file in UTF-8, made in a stream.

    Raises:
        DataError: The encoding is unknown, or the file is not in it.
    """
    target = folder / f"{hashlib.sha256(str(file).encode()).hexdigest()[:8]}-{file.name}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with file.open(encoding=encoding, newline="") as old, target.open("w", encoding="utf-8", newline="") as new:
            while chunk := old.read(1 << 20):
                new.write(chunk)
    except (LookupError, UnicodeDecodeError) as error:
        raise DataError(f"{file.name} cannot be read as {encoding!r}: {error}", where=shown(file)) from error
    return target
