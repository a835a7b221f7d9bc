"""A plugin under test: loaded alone, whatever else lies in its folder."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

from cpm_core.model.errors import PluginError

if TYPE_CHECKING:
    from cpm_core.hooks.discovery import Plugin

Given: TypeAlias = "str | Path | ModuleType | Plugin"
"""A plugin's file or folder, the name of an importable module, a module, or a plugin that is loaded."""
FILES = (".py", ".yaml", ".yml")


def plugin_of(given: Given, near: Path | None = None) -> Plugin:
    """Load one plugin, and none of its neighbours.

    Args:
        given: What to load.
        near: A relative path is looked for from this folder upwards; left out: from the working folder.

    Raises:
        PluginError: There is no such file or module, or it does not load; all problems at once.
    """
    from cpm_core.hooks.discovery import Plugin

    if isinstance(given, Plugin):
        return given
    if isinstance(given, ModuleType):
        return _of_module(given)
    path = Path(given)
    if path.suffix in FILES or len(path.parts) > 1 or path.is_absolute():
        return _of_file(_found(path, near or Path.cwd()))
    try:
        return _of_module(importlib.import_module(str(given)))
    except ModuleNotFoundError as error:
        fix = "Name an importable module, or a file as plugins/our_kpis.py."
        raise PluginError(f"there is no plugin {str(given)!r}: {error}", fix=fix) from error


def several(given: Sequence[Given] | Given, near: Path | None = None) -> list[Plugin]:
    """The plugins that are given, be it one or several; see :func:`plugin_of`."""
    if isinstance(given, (list, tuple)):
        return [plugin_of(one, near) for one in given]
    return [plugin_of(given, near)]  # type: ignore[arg-type]  # of sequences there are a text, which is a path, and those above


def _found(path: Path, start: Path) -> Path:
    """The file, looked for from a folder upwards."""
    start = start.resolve()
    tried = [path] if path.is_absolute() else [folder / path for folder in (start, *start.parents)]
    for one in tried:
        if one.exists():
            return one.resolve()
    fix = "Paths of plugins are relative to the folder of the test, or to one above it."
    raise PluginError(f"there is no file {str(path)!r}", where=str(start), fix=fix)


def _of_module(module: ModuleType) -> Plugin:
    from cpm_core.hooks.discovery import Plugin
    from cpm_core.hooks.loading import content_hash

    name = module.__name__.rpartition(".")[2]
    file = str(getattr(module, "__file__", None) or name)
    content = content_hash(Path(file)) if Path(file).is_file() else ""
    return Plugin(name, str(getattr(module, "__version__", "") or content), "installed", file, module, content)


def _of_file(path: Path) -> Plugin:
    from cpm_core.hooks.registry import Registry

    name = _name(path)
    others = [one for one in _names(path.parent) if one != name]
    found = [one for one in Registry.load(path.parent, (), others).plugins if one.origin == "folder"]
    if not found:
        fix = "A plugin is a .py or .yaml file, or a folder with an __init__.py; its name does not begin with _."
        raise PluginError(f"{path.name} is no plugin", where=str(path), fix=fix)
    return found[0]


def _names(folder: Path) -> Iterator[str]:
    """The plugins of a folder, none of which is imported."""
    for path in sorted(folder.iterdir()):
        if (path.suffix in FILES or (path / "__init__.py").is_file()) and not path.name.startswith(("_", ".")):
            yield _name(path)


def _name(path: Path) -> str:
    return path.stem if path.suffix in FILES else path.name
