"""The hook functions of a plugin, and what only looks like one: pluggy would pass it over in silence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from cpm_core.hooks import specs
from cpm_core.hooks.discovery import Plugin
from cpm_core.hooks.lines import assigned, line_of
from cpm_core.model.errors import Problem
from cpm_core.model.markers import PROJECT
from cpm_core.model.names import nearest

MARK = f"{PROJECT}_impl"
HOOKS: Mapping[str, tuple[str, ...]] = {
    name: tuple(inspect.signature(spec).parameters)
    for name, spec in vars(specs).items()
    if name.startswith(f"{PROJECT}_")
}
"""The hooks and their arguments."""
_OPTIONS = ("wrapper", "hookwrapper", "optionalhook", "tryfirst", "trylast")
_PLUGGY = frozenset((*_OPTIONS, "specname"))
_HOOKIMPL = "Write @hookimpl of cpm_core.api above it."


@dataclass(frozen=True)
class Implementation:
    """One hook function of a plugin."""

    hook: str
    function: Callable[..., Any]
    file: str
    line: int

    @property
    def where(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}" if self.line else self.file


def implementations(plugin: Plugin) -> Iterator[Implementation]:
    """The hook functions of a plugin that can be called as its hooks are, in the order of the specifications."""
    found: dict[str, Implementation] = {}
    for name, value in _members(plugin.module):
        hook = _hook_of(name, value)
        if _is_marked(value) and hook in HOOKS and not list(_wrong(hook, value, plugin)):
            found[hook] = Implementation(hook, value, *_place(value, plugin))
    yield from (found[hook] for hook in HOOKS if hook in found)


def near_misses(plugin: Plugin) -> Iterator[Problem]:
    """All that is named or marked like a hook and is none, or could not be called as one."""
    for one in _near_misses(plugin):
        yield replace(one, what=one.what if repr(plugin.name) in one.what else f"plugin {plugin.name!r}: {one.what}")


def _near_misses(plugin: Plugin) -> Iterator[Problem]:
    yield from _api_version(plugin)
    if isinstance(plugin.module, type):
        what = f"the entry point {plugin.name!r} names the class {plugin.module.__name__}"
        yield Problem(what, _where(plugin.module, plugin), fix="Let it name a module, or an object of the class.")
        return
    for name, value in _members(plugin.module):
        if isinstance(value, type) and not name.startswith(f"{PROJECT}_"):
            yield from _inside_class(value, plugin)
        elif _is_marked(value) or (name.startswith(f"{PROJECT}_") and _is_own(value, plugin)):
            yield from _near_miss(name, value, plugin)


def _api_version(plugin: Plugin) -> Iterator[Problem]:
    from cpm_core.api import API_VERSION

    wanted = getattr(plugin.module, "CPM_API", API_VERSION)
    if wanted == API_VERSION:
        return
    what = f"plugin {plugin.name!r} is written for version {wanted!r} of the API, and this core has {API_VERSION}"
    newer = isinstance(wanted, int) and wanted > API_VERSION
    fix = (
        "Install a newer cpm-core, or an older version of the plugin."
        if newer
        else f"Bring the plugin to version {API_VERSION} (docs/plugins.md), and write `CPM_API = {API_VERSION}`."
    )
    yield Problem(what, _at(plugin, "CPM_API"), fix=fix)


def _at(plugin: Plugin, name: str) -> str:
    """Where a plugin in Python gives a name its value."""
    line = assigned(plugin.file, name) if plugin.file.endswith(".py") else 0
    return f"{plugin.file}:{line}" if line else plugin.file


def _members(plugin: Any) -> list[tuple[str, Any]]:
    """Names and values of a module, or of an object: of that its methods, and no property is run."""
    if isinstance(plugin, ModuleType):
        return list(vars(plugin).items())
    names = dict.fromkeys([*vars(type(plugin)), *getattr(plugin, "__dict__", {})])
    kept = [name for name in names if not isinstance(inspect.getattr_static(plugin, name, None), property)]
    return [(name, getattr(plugin, name, None)) for name in kept if not name.startswith("__")]


def _is_marked(value: Any) -> bool:
    return inspect.isroutine(value) and isinstance(getattr(value, MARK, None), Mapping)


def _hook_of(name: str, value: Any) -> str:
    """The hook that a function says it is."""
    options = getattr(value, MARK, None)
    said = options.get("specname") if isinstance(options, Mapping) else None
    return said or name


def _is_own(value: Any, plugin: Plugin) -> bool:
    """Whether something is written in the plugin, and not imported by it."""
    if isinstance(value, ModuleType):
        return False
    home = getattr(plugin.module, "__name__", type(plugin.module).__module__)
    module = getattr(value, "__module__", None) if callable(value) else None
    return module is None or module == home or module.startswith(f"{home}.")


def _near_miss(name: str, value: Any, plugin: Plugin) -> Iterator[Problem]:
    hook, where = _hook_of(name, value), _where(value, plugin)
    if hook not in HOOKS:
        if callable(value):
            yield Problem(f"there is no hook {hook!r}", where, nearest(hook, HOOKS), "Rename the function.")
        return
    if not inspect.isroutine(value):
        what = "a class" if isinstance(value, type) else f"a {type(value).__name__}"
        where = where if isinstance(value, type) else _at(plugin, name)
        yield Problem(f"{name} is {what}, not a function", where, fix="Write a function that returns it as a list.")
    elif not _is_marked(value):
        other = _other_mark(value)
        what = (
            f"{name} is marked as a hook of {other!r}, not of {PROJECT!r}"
            if other
            else "{name} is not marked as a hook"
        )
        yield Problem(what.format(name=name), where, fix=_HOOKIMPL)
    else:
        yield from _wrong(hook, value, plugin)


def _other_mark(value: Any) -> str:
    """The pluggy project whose marker a function carries; empty if there is none."""
    for name, options in getattr(value, "__dict__", {}).items():
        if name.endswith("_impl") and isinstance(options, Mapping) and _PLUGGY & set(options):
            return str(name.removesuffix("_impl"))
    return ""


def _wrong(hook: str, function: Callable[..., Any], plugin: Plugin) -> Iterator[Problem]:
    """Why a marked function cannot be called as its hook is."""
    where = _where(function, plugin)
    options = {name: on for name, on in getattr(function, MARK).items() if name in _OPTIONS and on}
    if options:
        said = ", ".join(f"{name}={on}" for name, on in options.items())
        yield Problem(f"{hook}: {said} means nothing here: no hook wraps or precedes another", where, fix=_HOOKIMPL)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield Problem(f"{hook} is an async function", where, fix="Write `def` without `async`.")
    elif inspect.isgeneratorfunction(function) and hook.startswith(f"{PROJECT}_run_"):
        yield Problem(f"{hook} has a `yield`, so that its body would never run", where, fix="Take the `yield` out.")
    for argument in inspect.signature(function).parameters.values():
        yield from _wrong_argument(hook, argument, where)


def _wrong_argument(hook: str, argument: inspect.Parameter, where: str) -> Iterator[Problem]:
    given = HOOKS[hook]
    fix = f"Write `def {hook}({', '.join(given)})`" + (", or fewer of its arguments." if given else ".")
    if argument.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        star = "*" if argument.kind is inspect.Parameter.VAR_POSITIONAL else "**"
        yield Problem(f"{hook} takes {star}{argument.name}, which would always be empty", where, fix=fix)
    elif argument.name not in given:
        what = f"{hook} asks for {argument.name!r}, which it is not given"
        yield Problem(what, where, nearest(argument.name, given), fix)
    elif argument.kind is inspect.Parameter.KEYWORD_ONLY:
        yield Problem(f"{hook} takes {argument.name!r} by keyword only, and is called by position", where, fix=fix)
    elif argument.default is not inspect.Parameter.empty:
        yield Problem(f"{hook} has a default for {argument.name!r}, which is always given", where, fix=fix)


def _inside_class(cls: type, plugin: Plugin) -> Iterator[Problem]:
    """Hooks that are written as methods of a class, which nobody calls."""
    if not _is_own(cls, plugin) or isinstance(plugin.module, cls):
        return
    for name, value in vars(cls).items():
        function = getattr(value, "__func__", value)
        if inspect.isroutine(function) and (name in HOOKS or hasattr(function, MARK)):
            what = f"{name} stands inside the class {cls.__name__}, where nobody calls it"
            yield Problem(what, _where(function, plugin), fix="Write it as a function of the module.")


def _place(value: Any, plugin: Plugin) -> tuple[str, int]:
    """File and line of a function or class; no line where the plugin is not written in Python."""
    if not plugin.file.endswith(".py"):
        return plugin.file, 0
    code = getattr(inspect.unwrap(value), "__code__", None) if callable(value) else None
    return (str(code.co_filename) if code is not None else plugin.file), line_of(value)


def _where(value: Any, plugin: Plugin) -> str:
    file, line = _place(value, plugin)
    return f"{file}:{line}" if line else file


def arguments_of(function: Callable[..., Any]) -> Sequence[inspect.Parameter]:
    """The arguments of a function; none if it does not tell them."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []
