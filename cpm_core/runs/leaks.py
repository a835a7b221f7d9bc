"""The last line of defence: no file of a run that is kept or published holds a secret that this process knows."""

from __future__ import annotations

import contextlib
import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path

from cpm_core.model.errors import Problem, RunError
from cpm_core.model.secrets import holds, known, scrubbed

TEXTS = (".html", ".ipynb", ".json", ".txt", ".log", ".csv", ".md", ".svg")
"""Files that are scrubbed where they stand; any other that holds a secret is not published."""
DEEPEST = 3
"""Archives within archives that are opened."""


class LeakError(RunError):
    """A file holds a secret, and was not published."""


def clean(folder: Path) -> None:
    """Scrub the texts of a folder, and see that no file of it holds a secret then.

    Raises:
        LeakError: One does, by its name.
    """
    if not known():
        return
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    for path in files:
        if path.suffix in TEXTS:
            _scrub(path)
    wrong = [path for path in files if path.suffix not in TEXTS and leaks(path)]
    if wrong:
        raise LeakError([_problem(path.relative_to(folder)) for path in wrong])


def leaks(path: Path) -> bool:
    """Whether a file holds a secret: in its bytes, in a member of an archive, in a cell of a table."""
    if path.suffix == ".parquet":
        return any(map(holds, _cells(path)))
    return any(map(holds, contents(path.read_bytes())))


def contents(data: bytes, depth: int = DEEPEST) -> Iterator[bytes]:
    """The bytes of a file, and those that are packed in it."""
    yield data
    if depth:
        for start, unpacked in _PACKED.items():
            if data.startswith(start):
                # What cannot be unpacked was looked at as it is.
                with contextlib.suppress(OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError):
                    for one in unpacked(data):
                        yield from contents(one, depth - 1)


def _of_zip(data: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name.encode()
            yield archive.read(name)


def _of_pdf(data: bytes) -> Iterator[bytes]:
    for part in data.split(b"stream")[1::2]:
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(part.strip(b"\r\n"))


def _of_gzip(data: bytes) -> Iterator[bytes]:
    yield gzip.decompress(data)


_PACKED: Mapping[bytes, Callable[[bytes], Iterator[bytes]]] = {
    b"PK\x03\x04": _of_zip,
    b"\x1f\x8b": _of_gzip,
    b"%PDF": _of_pdf,
}


def _cells(path: Path) -> Iterator[bytes]:
    """The texts of a Parquet file, a batch of a column at a time, and the names of its columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    schema = file.schema_arrow
    yield repr([schema.names, schema.metadata]).encode()
    names = [one.name for one in schema if not pa.types.is_primitive(one.type)]
    for batch in file.iter_batches(columns=names):
        for found in batch.columns:
            column = found.dictionary if pa.types.is_dictionary(found.type) else found
            if pa.types.is_nested(column.type):
                yield repr(column.to_pylist()).encode()
            # Cells in one piece; a secret is found at worst where two cells together make it.
            yield b"".join(bytes(one) for one in column.buffers()[2:] if one is not None)


def _scrub(path: Path) -> None:
    # Bytes that are no UTF-8, and ends of lines, stay as they are.
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    clean_text = scrubbed(text)
    if clean_text != text:
        aside = path.with_name(f".{path.name}.clean")
        aside.write_bytes(clean_text.encode("utf-8", "surrogateescape"))
        aside.replace(path)


def _problem(path: Path) -> Problem:
    return Problem(
        f"{path} holds a secret, and nothing is published",
        where=str(path),
        fix="See which figure, row or section shows it, and leave it out there.",
    )
