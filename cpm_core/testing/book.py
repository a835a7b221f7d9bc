"""The tiny book: a workbook on the tiny tables, or on an author's own."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from cpm_core.api import Delivery, Reject, Source, Text, hookimpl, nearest
from cpm_core.testing.grid import Rows, as_text, grid
from cpm_core.testing.loading import Given as GivenPlugin
from cpm_core.testing.loading import several
from cpm_core.testing.tiny import TINY_PARAMS, TINY_TABLES

if TYPE_CHECKING:
    from cpm_core.hooks.discovery import Plugin
    from cpm_core.hooks.registry import Registry
    from cpm_core.workbook import Workbook

Tables: TypeAlias = Sequence[str] | Mapping[str, Rows] | None
"""Names of tiny tables; or tables; or None, which is all tiny ones."""
SOURCE = "tiny"


def tiny_source(tables: Tables = None, *, name: str = SOURCE) -> Source:
    """A source that delivers the tiny tables, or given ones, complete through the as-of day.

    Args:
        tables: Names of tiny tables, or tables by name; left out: all tiny ones.
        name: Its id.

    Raises:
        ValueError: There is no such tiny table.
    """
    rows = rows_of(tables)

    def fetch(context: Any) -> dict[str, Delivery]:
        return {table: Delivery(delivered(given), loaded_until=context.as_of) for table, given in rows.items()}

    reasons = (Reject("refused", Text(en="refused by the source", zh="被数据源拒绝")),)
    return Source(id=name, title=Text(en="Tiny book", zh="微型数据集"), fetch=fetch, reasons=reasons)


def tiny_book(
    plugins: Sequence[GivenPlugin] | GivenPlugin = (),
    *,
    tables: Tables = None,
    strict: bool = True,
    **params: Any,
) -> Workbook:
    """A workbook on the tiny tables, as of 29 February 2024, in English; only what is asked of it is worked out.

    Nothing is looked for: it has the built-ins and the plugins that it is given, and reads no params file.

    Args:
        plugins: Paths, modules or plugins under test.
        tables: Names of the tiny tables that are delivered (the fewer, the quicker); or tables by name; left out:
            all tiny ones.
        strict: Whether what is wrong with a plugin, or fails of it, is an error.
        **params: Keys of a params file, such as ``kpis=["revenue"]``; they win over `TINY_PARAMS`.

    Raises:
        PluginError: A plugin does not load.
        ParamsError: Params are wrong, or name what nobody provides.
        ValueError: There is no such tiny table.
    """
    from cpm_core.params.schema import Params
    from cpm_core.workbook import Workbook

    said = {**TINY_PARAMS, "strict": strict, "sources": [{"use": SOURCE}], **params}
    found = several(plugins)
    registry = registry_of(found, tables, strict=strict)
    # Of other sources, and of plugins without files, nothing tells whether they are the same as before.
    shared = _shared() if "sources" not in params and all(plugin.content for plugin in found) else None
    return Workbook(Params.model_validate(said), registry, shared=shared)


def registry_of(plugins: Sequence[Plugin], tables: Tables = (), *, strict: bool = True) -> Registry:
    """What the built-ins, plugins and the tiny book's source provide; nothing else is looked for.

    Args:
        plugins: Under test.
        tables: What the source delivers, as of `tiny_source`.
        strict: Whether what is wrong with a plugin is an error; else it is quarantined.

    Raises:
        PluginError: If it is strict, all that is wrong with the plugins.
        ValueError: There is no such tiny table.
    """
    from cpm_core.hooks.registry import Registry

    others = [one for one in builtin_plugins() if all(one.module is not plugin.module for plugin in plugins)]
    return Registry([*others, _as_plugin(tables), *plugins], strict=strict)


def rows_of(tables: Tables) -> dict[str, Rows]:
    """Tables by name.

    Raises:
        ValueError: There is no such tiny table.
    """
    if isinstance(tables, Mapping):
        return dict(tables)
    names = list(TINY_TABLES) if tables is None else list(tables)
    for name in names:
        if name not in TINY_TABLES:
            near = ", ".join(nearest(name, TINY_TABLES) or TINY_TABLES)
            raise ValueError(f"the tiny book has no table {name!r} (nearest: {near}); give its rows: tables={{...}}")
    return {name: TINY_TABLES[name] for name in names}


def delivered(rows: Rows) -> Any:
    """Any of the ways to write a table, as an Ibis one."""
    import ibis

    return ibis.memtable(grid(rows) if isinstance(rows, str) else rows)


@cache
def builtin_plugins() -> tuple[Plugin, ...]:
    """The built-ins; loaded once a process."""
    from cpm_core.hooks.discovery import find_plugins

    return tuple(find_plugins(None))


def as_of(params: Mapping[str, Any]) -> date:
    """The as-of day of a tiny book with these params."""
    return date.fromisoformat(str({**TINY_PARAMS, **params}["as_of"]))


@cache
def _shared() -> Path:
    """Where books of one process find each other's prepared tables, which are half of their time."""
    folder = Path(tempfile.mkdtemp(prefix="cpm-tiny-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _as_plugin(tables: Tables) -> Plugin:
    """The source as a plugin, whose content is what it delivers."""
    from cpm_core.hooks.discovery import Plugin

    module, source = ModuleType("cpm_tiny_source"), tiny_source(tables)

    @hookimpl
    def cpm_sources() -> list[Source]:
        return [source]

    module.cpm_sources = cpm_sources  # type: ignore[attr-defined]  # a module is made of attributes
    told = {name: as_text(rows).to_pydict() for name, rows in rows_of(tables).items()}
    digest = hashlib.sha256(repr(told).encode()).hexdigest()[:12]
    return Plugin("tiny_source", digest, "built-in", __file__, module, digest)
