"""The source `demo`: a synthetic company with every base table and planted truths (`docs/demo.md`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cpm_core.api import DataError, Delivery, Source, Text, hookimpl
from cpm_core.builtin.sources.demo import truths


def _options() -> type:
    from cpm_core.builtin.sources.demo.options import DemoOptions

    return DemoOptions


def _fetch(context: Any) -> Mapping[str, Delivery]:
    """Every base table of a written demo, or of one written into the run's scratch folder first."""
    folder = _given(context) if context.options.path else _written(context)
    return {name: Delivery(_table(context, folder, name), loaded_until=truths.AS_OF) for name in truths.TABLES}


def _given(context: Any) -> Path:
    from cpm_core.builtin.sources.demo.write import NOTE, read_note

    folder = Path(context.path(context.options.path))
    if read_note(folder) is None:
        raise DataError(
            f"there is no demo (no readable {NOTE})", where=str(folder), fix=f"Write one: cpm demo --out {folder}"
        )
    return folder


def _written(context: Any) -> Path:
    from cpm_core.builtin.sources.demo.write import write_demo

    options = context.options
    return write_demo(Path(context.work) / "demo", options.customers, options.seed, options.half_delivery)


def _table(context: Any, folder: Path, name: str) -> Any:
    """Clean and dirty rows of one table. Only columns that hold words where they should not are text."""
    clean = context.read_parquet(str(folder / name / "*.parquet"))
    clean = clean.mutate(**{column: clean[column].cast("string") for column in truths.TEXT_COLUMNS.get(name, ())})
    dirty = context.read_csv(str(folder / name / truths.DIRTY_FILE))
    cells = {column: dirty[column].nullif("").cast(kind) for column, kind in clean.schema().items()}
    return clean.union(dirty.select(**cells))


DEMO = Source(
    id="demo",
    title=Text(en="Synthetic demo company", zh="模拟演示公司"),
    fetch=_fetch,
    options=_options,
)


@hookimpl
def cpm_sources() -> list[Source]:
    """The demo company."""
    return [DEMO]
