"""Writes the demo company as Parquet folders, a chunk of customers at a time."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.api import DataError
from cpm_core.builtin.sources.demo import truths

if TYPE_CHECKING:
    import pyarrow as pa

PART_CHUNKS = 20
"""Chunks of customers in one file: some five million orders."""
NOTE = "demo.json"


def write_demo(
    out: Path,
    customers: int = 2000,
    seed: int = 7,
    half_delivery: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the demo company into the folder ``out`` and return it; the same arguments write the same rows.

    Every base table is a folder of Parquet files and `_dirty.csv`, the planted dirty rows as text;
    `demo.json` says how the company was made. Memory stays bounded at any size. The folder is
    written aside and renamed in at the end; an earlier demo in its place is replaced.

    Args:
        out: The folder; it may exist only if it is empty or a demo.
        customers: How many customers; each has some fourteen orders in three years.
        seed: Chooses the company.
        half_delivery: Deliver only every second order of the last 31 days.
        progress: Called with the customers done and their total.

    Raises:
        DataError: Too few customers, or the folder holds something else.
    """
    if customers < truths.MIN_CUSTOMERS:
        raise DataError(
            f"a demo of {customers} customers is too small", fix=f"Ask for {truths.MIN_CUSTOMERS} customers or more"
        )
    out = Path(out).absolute()
    _refuse_other(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_name(f".{out.name}.{os.getpid()}.new")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        rows = _write_tables(aside, customers, seed, half_delivery, progress)
        _write_note(aside, rows, customers, seed, half_delivery)
        _swap(aside, out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return out


def read_note(folder: Path) -> dict[str, Any] | None:
    """What `demo.json` of a demo folder says; None where there is none."""
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) else None


def _refuse_other(out: Path) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    fix = "Name a new folder, or empty this one"
    if not out.is_dir():
        raise DataError("it is a file, not a folder", where=str(out), fix=fix)
    others = sorted(entry.name for entry in out.iterdir() if entry.name not in (NOTE, *truths.TABLES))
    if others or read_note(out) is None:
        raise DataError("the folder holds something else than a demo", where=str(out), nearest=others[:3], fix=fix)


def _write_tables(
    aside: Path, customers: int, seed: int, half: bool, progress: Callable[[int, int], None] | None
) -> dict[str, int]:
    from cpm_core.builtin.sources.demo.company import CHUNK
    from cpm_core.builtin.sources.demo.dirty import write_dirty
    from cpm_core.builtin.sources.demo.parts import Parts

    with Parts(aside, PART_CHUNKS) as parts:
        for done, tables in enumerate(_chunks(customers, seed, half)):
            for name, table in tables.items():
                parts.write(name, table)
                if done == 0:
                    write_dirty(aside / name, name, table)
            if progress:
                progress(min(customers, (done + 1) * CHUNK), customers)
    return parts.rows


def _chunks(customers: int, seed: int, half: bool) -> Iterator[dict[str, pa.Table]]:
    """The tables of each chunk in turn; the next one is drawn while the caller writes this one."""
    from cpm_core.builtin.sources.demo.company import CHUNK, chunk_tables
    from cpm_core.builtin.sources.demo.contacts import costs_table

    chunks = -(-customers // CHUNK)
    with ThreadPoolExecutor(max_workers=1) as ahead:
        coming = ahead.submit(chunk_tables, seed, 0, customers, half)
        for chunk in range(chunks):
            tables = coming.result()
            if chunk + 1 < chunks:
                coming = ahead.submit(chunk_tables, seed, chunk + 1, customers, half)
            yield tables | ({"costs": costs_table(seed, customers)} if chunk == 0 else {})


def _write_note(folder: Path, rows: dict[str, int], customers: int, seed: int, half: bool) -> None:
    note = {
        "customers": customers,
        "seed": seed,
        "half_delivery": half,
        "as_of": truths.AS_OF.isoformat(),
        "rows": rows,
        "planted": {table: dict(reasons) for table, reasons in truths.DIRTY.items()},
        "not_yet": dict(truths.NOT_YET),
    }
    (folder / NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")


def _swap(aside: Path, out: Path) -> None:
    """Rename the new folder in; a folder that is not empty cannot be renamed over, so the old one steps aside."""
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    aside.rename(out)
    shutil.rmtree(old, ignore_errors=True)
