"""The tiny book as it is kept between checks: each of its tables as a file, worked out once a version of the core."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cpm_core.engine.versions import versions_of_record
from cpm_core.model.periods import Period
from cpm_core.model.settings import Settings
from cpm_core.runs.key import code_hash
from cpm_core.tables.prepared import Prepared
from cpm_core.testing.asking import catalog_of

if TYPE_CHECKING:
    import ibis

    from cpm_core.workbook import Workbook

_OUTLINE = "outline.pickle"
_UNUSED_DAYS = 30
"""Books of other versions go when nobody has asked for them so long."""


@dataclass(frozen=True)
class Kept:
    """The tiny book on disk.

    Attributes:
        folder: One Parquet file a table: base, derived and computed ones.
        prepared: What became of the delivered rows.
        schemas: Columns and types of each table.
        origins: The columns of base tables that each column of the other tables is made of, by table.
        periods: The measured ones, oldest first.
        settings: Its conventions.
    """

    folder: Path
    prepared: Prepared
    schemas: Mapping[str, ibis.Schema]
    origins: Mapping[str, Mapping[str, frozenset[tuple[str, str]]]]
    periods: tuple[Period, ...]
    settings: Settings


def kept(progress: Callable[[str], None]) -> Kept:
    """The tiny book; it is worked out if this version of the core has not kept it yet, which takes some seconds.

    Args:
        progress: Told what takes long.
    """
    home = _home()
    folder = home / f"tiny-{_version()}"
    if not (folder / _OUTLINE).is_file():
        progress("working out the tiny book, once for this version")
        try:
            _make(folder)
            _tidy(home, folder)
        except OSError:  # the home folder may be read-only: then it is worked out each time
            folder = Path(tempfile.mkdtemp(prefix="cpm-tiny-")) / "book"
            _make(folder)
    schemas, origins, periods, settings = pickle.loads((folder / _OUTLINE).read_bytes())  # noqa: S301  # our own, in the user's own cache
    return Kept(folder, Prepared.load(folder), schemas, origins, periods, settings)


def _home() -> Path:
    said = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(said) if said else Path.home() / ".cache") / "cpm"


def _version() -> str:
    """A hash of all that the book's tables come from: the package's code, and the versions beneath it."""
    text = f"{code_hash()} {sorted(versions_of_record().items())}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _make(folder: Path) -> None:
    """Work the book out beside its place, and move it there when it is whole."""
    from cpm_core.testing import tiny_book

    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="arriving-", dir=folder.parent))
    book = tiny_book()
    try:
        shutil.copytree(book.prepare().folder, aside, dirs_exist_ok=True)
        schemas = {}
        for name, table in book.tables.items():
            schemas[name] = table.schema()
            if not (aside / f"{name}.parquet").is_file():
                table.to_parquet(aside / f"{name}.parquet")
        (aside / _OUTLINE).write_bytes(pickle.dumps((schemas, _origins(book, schemas), book.periods, book.settings)))
        aside.chmod(0o755)
        _place(aside, folder)
    finally:
        book.close()
        shutil.rmtree(aside, ignore_errors=True)


def _origins(book: Workbook, schemas: Mapping[str, ibis.Schema]) -> dict[str, dict[str, frozenset[tuple[str, str]]]]:
    catalog = catalog_of(book)
    made = [name for name in schemas if catalog.is_derived(name) or catalog.is_computed(name)]
    return {name: {column: frozenset(catalog.origins([(name, column)])) for column in schemas[name]} for name in made}


def _place(aside: Path, folder: Path) -> None:
    try:
        aside.replace(folder)
    except OSError:
        if not (folder / _OUTLINE).is_file():  # else another check was quicker
            raise


def _tidy(home: Path, current: Path) -> None:
    """Remove books of other versions that have not been used for long."""
    for other in home.glob("tiny-*"):
        if other != current and time.time() - other.stat().st_mtime > _UNUSED_DAYS * 86400:
            shutil.rmtree(other, ignore_errors=True)
