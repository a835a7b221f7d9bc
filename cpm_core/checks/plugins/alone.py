"""Load one plugin with the built-ins and none of its neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cpm_core.checks.plugins.places import plugins_folder
from cpm_core.hooks.loading import SOURCES
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import Problem, UsageError
from cpm_core.model.names import nearest
from cpm_core.params.paths import shown


@dataclass(frozen=True)
class Target:
    """One plugin to check: of a folder, or (with no folder) an installed one by its entry point."""

    name: str
    folder: Path | None = None

    def load(self) -> Registry:
        """The built-ins and this plugin; what is wrong with it is told as its quarantine."""
        if self.folder is None:
            return Registry.load(None, () if self.name.startswith("builtin.") else (self.name,), strict=False)
        others = {path.stem if path.is_file() else path.name for path in plugins_in(self.folder)} - {self.name}
        return Registry.load(self.folder, (), others, strict=False)


def targets(words: list[str]) -> list[Target]:
    """The plugins that are meant by paths and names.

    Raises:
        UsageError: There is no such file or plugin; all such are told.
    """
    found: list[Target] = []
    problems: list[Problem] = []
    for word in words:
        try:
            found += _meant(word)
        except UsageError as error:
            problems += error.problems
    if problems:
        raise UsageError(problems)
    return list(dict.fromkeys(found))


def plugins_in(folder: Path) -> Iterator[Path]:
    """The plugins of a folder: its files, and the folders in it that are packages."""
    for path in sorted(folder.iterdir()):
        is_file = path.suffix in SOURCES and path.is_file()
        if (is_file or (path / "__init__.py").is_file()) and not path.name.startswith(("_", ".")):
            yield path


def _meant(word: str) -> list[Target]:
    path = Path(word)
    if path.suffix in SOURCES or path.exists():
        return _at(path)
    folder = plugins_folder()
    names = {} if folder is None else {_name(one): folder for one in plugins_in(folder)}
    if word in names:
        return [Target(word, names[word])]
    others = _others()
    if word in others:
        return [Target(word)]
    near = nearest(word, [*names, *others])
    fix = "Name a file, a folder of plugins, or a plugin as `cpm plugins list` shows it."
    raise UsageError(f"there is no plugin {word!r}", where=shown(folder) if folder else "", nearest=near, fix=fix)


def _at(path: Path) -> list[Target]:
    """The plugin of a file or of a folder that is a package; else all that a folder holds."""
    if not path.exists():
        near = nearest(path.name, [one.name for one in plugins_in(path.parent)]) if path.parent.is_dir() else ()
        raise UsageError(f"there is no file {path}", nearest=near)
    whole = path.resolve()
    if whole.is_file() or (whole / "__init__.py").is_file():
        if whole in list(plugins_in(whole.parent)):
            return [Target(_name(whole), whole.parent)]
    elif found := [Target(_name(one), whole) for one in plugins_in(whole)]:
        return found
    fix = "A plugin is a .py or .yaml file, or a folder with an __init__.py; its name does not begin with _."
    raise UsageError(f"{shown(path)} is no plugin, and holds none", fix=fix)


def _name(path: Path) -> str:
    return path.stem if path.is_file() else path.name


def _others() -> list[str]:
    """Plugins that are in no folder: installed ones and the built-ins."""
    import importlib.metadata

    from cpm_core.hooks.discovery import ENTRY_POINT_GROUP

    installed = [point.name for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)]
    return [*installed, *(plugin.name for plugin in Registry.load(None).plugins)]
