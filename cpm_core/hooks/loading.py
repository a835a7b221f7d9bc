"""Import the modules of a `plugins/` folder from their source, under a package of that folder's own."""

from __future__ import annotations

import hashlib
import importlib
import sys
import types
from collections.abc import Sequence
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType

from cpm_core.model.listing import files_below

PREFIX = "cpm_plugins_"
"""Beginning of the package that a folder is mounted as."""
YAML = (".yaml", ".yml")
SOURCES = (".py", *YAML)
TESTS = "tests"
"""Folder of a plugin that is no part of it."""

_generations: dict[Path, int] = {}


def mount(folder: Path) -> str:
    """Make the folder a package under a synthetic name, so that relative imports and pickling work.

    The name covers the folder and what is in its files: two workbooks of two homes cannot mix modules, and once a
    file was edited, all modules of the folder are imported anew (a workbook that is open keeps its own).
    """
    home = folder.resolve()
    generation = f"{home} {_generations.get(home, 0)}"
    name = f"{PREFIX}{_digest(generation)}_{folder_hash(home)}"
    if name not in sys.modules:
        if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
            sys.meta_path.insert(0, _Finder())
        package = ModuleType(name, "Plugins of one workbook folder.")
        package.__path__ = [str(home)]
        sys.modules[name] = package
    return name


def forget(folder: Path) -> None:
    """Let the next :func:`mount` of a folder import everything anew, though no file was edited."""
    home = folder.resolve()
    _generations[home] = _generations.get(home, 0) + 1


def content_hash(path: Path) -> str:
    """A short hash of a plugin's Python and YAML files, tests left out: its version, if it does not name one."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else files_below(path):
        inside = file.relative_to(path)
        if file.suffix in SOURCES and TESTS not in inside.parts[:-1]:
            # A folder's files by where they lie in it, so that two of one name cannot swap unnoticed.
            name = file.name if path.is_file() else inside.as_posix()
            body = file.read_bytes()
            digest.update(f"{name}\0{len(body)}\0".encode() + body)
    return digest.hexdigest()[:12]


def folder_hash(folder: Path) -> str:
    """A hash of all that may be imported from a folder of plugins: not of an installable package that lies in it."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(".") and not (path / "pyproject.toml").is_file():
            digest.update(f"{path.name} {content_hash(path)}\0".encode())
    return digest.hexdigest()[:12]


def import_module(package: str, name: str) -> ModuleType:
    """A module of a mounted folder; a YAML file becomes one too.

    Raises:
        BaseException: Whatever its code raises.
    """
    return importlib.import_module(f"{package}.{name}")


def import_yaml(package: str, path: Path) -> ModuleType:
    """The module that a YAML file is made into, known under its folder's package, as those of Python files are."""
    from cpm_core.hooks import yaml_plugin

    name = f"{package}.{path.stem}"
    if name not in sys.modules:
        module = yaml_plugin.load(path)
        sys.modules[name] = module
    return sys.modules[name]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class _Source(SourceFileLoader):
    """Compiles what is in the file now.

    Stored bytecode is judged by second and size, so that two edits within a second may go unnoticed; and nobody
    wants compiled files in a folder of plugins.
    """

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        code: types.CodeType = self.source_to_code(self.get_data(path), path)
        return code


class _Finder:
    """Finds the modules of mounted folders."""

    @staticmethod
    def find_spec(
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,  # noqa: ARG004  # the import system's shape
    ) -> ModuleSpec | None:
        """The module's file, looked for anew each time."""
        if path is None or not fullname.startswith(PREFIX):
            return None
        for folder in path:
            found = FileFinder(folder, (_Source, [".py"])).find_spec(fullname)
            # A folder without __init__.py is left to the import system, as are compiled modules.
            if found is not None and found.loader is not None:
                return found
        return None
