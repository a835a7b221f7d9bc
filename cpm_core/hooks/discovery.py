"""Find plugins and import them: built-ins, a `plugins/` folder, and entry points that the params name."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cpm_core.hooks import loading
from cpm_core.hooks.blame import guarded
from cpm_core.hooks.loading import YAML, content_hash
from cpm_core.model.errors import PluginError, Problem, UsageError
from cpm_core.model.names import nearest

BUILTIN = "cpm_core.builtin"
ENTRY_POINT_GROUP = "cpm"
BUILT_IN = "built-in"
ORIGINS = (BUILT_IN, "folder", "installed")
"""In the order in which they are loaded."""


@dataclass(frozen=True)
class Plugin:
    """One loaded plugin."""

    name: str
    version: str
    """Its own word (`__version__`, or that of its installed package), else the hash of its files."""
    origin: str
    """One of :data:`ORIGINS`."""
    file: str
    module: Any
    """The module; of an entry point, perhaps an object."""
    content: str = ""
    """A hash of its files; empty for built-ins, whose version is the core's."""

    @property
    def home(self) -> Path:
        """Its file, or the folder that holds all of its files."""
        file = Path(self.file)
        return file.parent if file.name == "__init__.py" else file


@dataclass(frozen=True)
class Quarantined:
    """One plugin that is left out, with all that it would contribute, and why."""

    name: str
    version: str
    origin: str
    file: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Found:
    """What was found, in its fixed order."""

    plugins: tuple[Plugin, ...]
    quarantined: tuple[Quarantined, ...] = ()
    """Those that cannot be imported."""
    disabled: tuple[str, ...] = ()
    """Those that were not even imported."""
    content: str = ""
    """A hash of all files of the folder: plugins may share modules that are none themselves."""


def find_plugins(
    folder: Path | None, entry_points: Collection[str] = (), disabled: Collection[str] = ()
) -> tuple[Plugin, ...]:
    """All plugins in their fixed order: built-ins, the folder by name, then named entry points.

    Raises:
        PluginError: A plugin cannot be imported; all such are told.
        UsageError: There is no such plugin to disable.
    """
    found = discover(folder, entry_points, disabled)
    problems = [problem for one in found.quarantined for problem in one.problems]
    if problems:
        raise PluginError(problems)
    return found.plugins


def discover(folder: Path | None, entry_points: Collection[str] = (), disabled: Collection[str] = ()) -> Found:
    """The same; a plugin that cannot be imported is quarantined, and the others are loaded all the same.

    Args:
        folder: The workbook's `plugins/`.
        entry_points: Names of group `cpm`; of a mapping the values say where each was said.
        disabled: Names that are passed over; of a mapping the values say where each was said.

    Raises:
        UsageError: There is no such plugin to disable.
    """
    candidates = [*_builtins(), *_in_folder(folder), *_installed(entry_points)]
    _check_disabled(disabled, [one.name for one in candidates])
    # What is disabled is not even imported: that is how a broken plugin is got round.
    wanted = [one for one in candidates if one.name not in disabled]
    doubled = _doubled(wanted)
    loaded = [doubled[one.name] if one.name in doubled and one.origin != BUILT_IN else one.load() for one in wanted]
    # Of several of one name there is one entry.
    quarantined = dict.fromkeys(one for one in loaded if isinstance(one, Quarantined))
    plugins = tuple(one for one in loaded if isinstance(one, Plugin))
    content = loading.folder_hash(folder) if folder is not None and folder.is_dir() else ""
    return Found(plugins, tuple(quarantined), tuple(sorted(set(disabled))), content)


@dataclass(frozen=True)
class _Candidate:
    """A plugin before its code runs."""

    name: str
    origin: str
    file: str
    load: Callable[[], Plugin | Quarantined]


def _check_disabled(disabled: Collection[str], names: Sequence[str]) -> None:
    places = disabled if isinstance(disabled, Mapping) else {}
    fix = "See `cpm plugins list`."
    problems = [
        Problem(f"there is no plugin {name!r} to disable", places.get(name, ""), _near(name, names), fix)
        for name in disabled
        if name not in names
    ]
    if problems:
        raise UsageError(problems)


def _near(name: str, names: Sequence[str]) -> tuple[str, ...]:
    return nearest(name, names) or nearest(f"builtin.{name}", names)


def _doubled(candidates: Sequence[_Candidate]) -> dict[str, Quarantined]:
    """Plugins of one name, none of which is loaded but a built-in: a name must say which one is meant."""
    by_name: dict[str, list[_Candidate]] = {}
    for one in candidates:
        by_name.setdefault(one.name, []).append(one)
    found = {}
    for name, several in by_name.items():
        if len(several) > 1:
            files = " and ".join(f"{one.file} ({one.origin})" for one in several)
            fix = "Rename one, or take the installed one out of `plugins: {use: [...]}`."
            last = several[-1]
            problem = Problem(f"two plugins are called {name!r}: {files}", last.file, fix=fix)
            found[name] = Quarantined(name, "", last.origin, last.file, (problem,))
    return found


def _builtins() -> Iterator[_Candidate]:
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
                yield _Candidate(name, "built-in", info.name, partial(load, name, info.name))


def _in_folder(folder: Path | None) -> Iterator[_Candidate]:
    if folder is None or not folder.is_dir():
        return
    package = loading.mount(folder)
    for path in sorted(folder.resolve().iterdir()):
        is_file = path.suffix in loading.SOURCES and path.is_file()
        name = path.stem if is_file else path.name
        # A folder without __init__.py is none: it may be an installable package that lies here.
        if (is_file or (path / "__init__.py").is_file()) and not name.startswith(("_", ".")):
            yield _Candidate(name, "folder", str(path), partial(_load_file, package, name, path))


def _load_file(package: str, name: str, path: Path) -> Plugin | Quarantined:
    content = content_hash(path)
    bring = partial(loading.import_yaml, package, path) if path.suffix in YAML else None
    module, problems = guarded(bring or partial(loading.import_module, package, name), path.parent)
    if problems:
        told = tuple(_with_way_round(problem, name, str(path)) for problem in problems)
        return Quarantined(name, content, "folder", str(path), told)
    version = str(getattr(module, "__version__", "") or content)
    return Plugin(name, version, "folder", str(getattr(module, "__file__", path)), module, content)


def _with_way_round(problem: Problem, name: str, file: str) -> Problem:
    fix = problem.fix or "Mend it"
    words = f"{fix.rstrip('.')}, or turn it off with `plugins: {{disable: [{name}]}}`."
    return Problem(f"plugin {name!r} cannot be loaded: {problem.what}", problem.where or file, problem.nearest, words)


def _installed(names: Collection[str]) -> Iterator[_Candidate]:
    if not names:
        return
    places = names if isinstance(names, Mapping) else {}
    known = {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)}
    for name in sorted(set(names)):
        if name in known:
            yield _Candidate(name, "installed", known[name].value, partial(_load_point, known[name]))
        else:
            place = places.get(name, "plugins.use")
            yield _Candidate(name, "installed", place, partial(_not_installed, name, known, place))


def _not_installed(name: str, known: Collection[str], place: str) -> Quarantined:
    problem = Problem(
        f"no installed package offers the plugin {name!r}",
        place,
        nearest(name, known),
        f"Install its package; it must have an entry point of group {ENTRY_POINT_GROUP!r}.",
    )
    return Quarantined(name, "", "installed", "", (problem,))


def _load_point(point: importlib.metadata.EntryPoint) -> Plugin | Quarantined:
    version = point.dist.version if point.dist else ""
    file = _file_of(point.module)
    loaded, problems = guarded(point.load, Path(file) if file else None)
    if problems:
        told = tuple(_with_way_round(problem, point.name, file or point.value) for problem in problems)
        return Quarantined(point.name, version, "installed", file or point.value, told)
    return Plugin(point.name, version, "installed", file or point.value, loaded, _content_of(point))


def _content_of(point: importlib.metadata.EntryPoint) -> str:
    """A hash of the package that an entry point's module belongs to; empty if that is in no file."""
    file = Path(_file_of(point.module.partition(".")[0]) or _file_of(point.module))
    home = file.parent if file.name == "__init__.py" else file
    return content_hash(home) if file != Path() else ""


def forget_installed(names: Sequence[str]) -> None:
    """Let entry points be imported anew: their packages' modules, and the bytecode that is kept of them, go."""
    points = importlib.metadata.entry_points(group=ENTRY_POINT_GROUP) if names else ()
    tops = {point.module.partition(".")[0] for point in points if point.name in names} - {BUILTIN.partition(".")[0]}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in tops:
            cached = getattr(module, "__cached__", None)
            if cached:
                with contextlib.suppress(OSError):  # what is not ours to delete is judged by its time and size
                    Path(cached).unlink(missing_ok=True)
            del sys.modules[name]
    importlib.invalidate_caches()


def _file_of(module: str) -> str:
    """The file of a module by its name; empty if it has none, or it cannot be told without running it."""
    try:
        spec = importlib.util.find_spec(module)
    except Exception:  # noqa: BLE001  # a broken parent package is told when it is loaded
        return ""
    return str(spec.origin) if spec is not None and spec.has_location and spec.origin else ""
