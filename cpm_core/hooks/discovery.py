"""Find plugin modules: built-ins, a `plugins/` folder, and entry points that the params name."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import pkgutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

from cpm_core.model.errors import PluginError
from cpm_core.model.listing import files_below
from cpm_core.model.names import nearest

BUILTIN = "cpm_core.builtin"
ENTRY_POINT_GROUP = "cpm"


@dataclass(frozen=True)
class Plugin:
    """One loaded plugin module."""

    name: str
    version: str
    origin: str
    """`built-in`, `folder` or `installed`."""
    file: str
    module: ModuleType


def find_plugins(
    folder: Path | None, entry_points: Sequence[str] = (), disabled: Sequence[str] = ()
) -> Iterator[Plugin]:
    """All plugins in their fixed order: built-ins, the folder by name, then named entry points.

    Raises:
        PluginError: A module cannot be imported, or a named entry point or disabled plugin does not exist.
    """
    found = [*_builtins(), *_in_folder(folder), *_installed(entry_points)]
    names = [name for name, _ in found]
    for name in disabled:
        if name not in names:
            raise PluginError(
                f"there is no plugin {name!r} to disable", nearest=nearest(name, names), fix="See `cpm plugins list`."
            )
    twice = [name for index, name in enumerate(names) if name in names[:index] and name not in disabled]
    if twice:
        raise PluginError(
            f"two plugins are called {twice[0]!r}, one of the folder and one of an installed package",
            where=str(folder),
            fix="Rename the one of the folder, or take the other out of `plugins: {use: [...]}`.",
        )
    # What is disabled is not even imported: that is how a broken plugin is got round.
    yield from (load() for name, load in found if name not in disabled)


Found = tuple[str, Callable[[], Plugin]]


def _builtins() -> Iterator[Found]:
    # Named by string and found by walking, so that no room imports a built-in.
    package = importlib.import_module(BUILTIN)
    version = importlib.import_module("cpm_core").__version__

    def load(name: str, path: str) -> Plugin:
        module = importlib.import_module(path)
        return Plugin(name, version, "built-in", str(module.__file__), module)

    for room in pkgutil.iter_modules(package.__path__, BUILTIN + "."):
        for info in pkgutil.iter_modules(importlib.import_module(room.name).__path__, room.name + "."):
            name = f"builtin.{info.name.removeprefix(BUILTIN + '.')}"
            if not info.name.rpartition(".")[2].startswith("_"):  # what the plugins of a folder share
                yield name, partial(load, name, info.name)


def _in_folder(folder: Path | None) -> Iterator[Found]:
    if folder is None or not folder.is_dir():
        return
    package = _mount(folder)

    def load(name: str, path: Path) -> Plugin:
        try:
            module = importlib.import_module(f"{package}.{name}")
        except Exception as error:
            raise PluginError(
                f"plugin {name!r} cannot be loaded: {type(error).__name__}: {error}",
                where=_blame(error, folder) or str(path),
                fix=f"Mend it, or turn it off with `plugins: {{disable: [{name}]}}`.",
            ) from error
        version = str(getattr(module, "__version__", "")) or content_hash(path)
        return Plugin(name, version, "folder", str(module.__file__), module)

    for path in sorted(folder.iterdir()):
        name = path.stem if path.suffix == ".py" else path.name
        is_module = path.suffix == ".py" or (path / "__init__.py").is_file()
        if is_module and not name.startswith(("_", ".")):
            yield name, partial(load, name, path)


def _mount(folder: Path) -> str:
    """Make the folder a package under a synthetic name, so that relative imports and pickling work."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    name = f"cpm_plugins_{digest}"
    if name not in sys.modules:
        package = ModuleType(name, "Plugins of one workbook folder.")
        package.__path__ = [str(folder.resolve())]
        sys.modules[name] = package
    return name


def _blame(error: Exception, folder: Path) -> str:
    """The innermost line of the plugin's own code in a traceback."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    where = ""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(str(folder.resolve())):
            where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where


def content_hash(path: Path) -> str:
    """A short hash of a plugin's Python files: its version, if it does not name one."""
    files = [path] if path.is_file() else files_below(path, "*.py")
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def _installed(names: Sequence[str]) -> Iterator[Found]:
    if not names:
        return
    known = {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)}

    def load(name: str, point: importlib.metadata.EntryPoint) -> Plugin:
        try:
            module = point.load()
        except Exception as error:
            raise PluginError(
                f"plugin {name!r} cannot be loaded: {type(error).__name__}: {error}", where=point.value
            ) from error
        version = point.dist.version if point.dist else ""
        return Plugin(name, version, "installed", str(getattr(module, "__file__", point.value)), module)

    for name in names:
        if name not in known:
            raise PluginError(
                f"no installed package offers the plugin {name!r}",
                where="plugins.use",
                nearest=nearest(name, known),
                fix=f"Install its package; it must have an entry point of group {ENTRY_POINT_GROUP!r}.",
            )
        yield name, partial(load, name, known[name])
