"""In which line of which file something of a plugin stands."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model.listing import files_below
from cpm_core.model.tables import TableSpec

if TYPE_CHECKING:
    from cpm_core.hooks.discovery import Plugin
    from cpm_core.hooks.examine import Implementation

PLACES = "__places__"
"""A module that is made of another file than Python may say where its things stand: lines by id."""
_FUNCTIONS = ("compute", "build", "value", "assign", "fetch", "render", "judge", "send", "when")
"""Fields of contributions that hold the function of a plugin."""
_MAKERS = frozenset(
    "Action Check DerivedTable Kpi LifecycleRule ProfileColumn Publisher Section Source TableSpec TierRule".split()
)


def line_of(function: Any) -> int:
    """The line of a function's `def` or of a class; 0 if it is not known."""
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    if code is None:
        return _class_line(function) if isinstance(function, type) else 0
    first = int(code.co_firstlineno)
    # With decorators the first line is that of the first of them.
    for number, line in enumerate(_lines(code.co_filename)[first - 1 :], start=first):
        if line.lstrip().startswith(("def ", "async def ", "class ")) or "lambda" in line:
            return number
    return first


def assigned(file: str, name: str) -> int:
    """The line in which a module gives a name its value; 0 if it is not written there."""
    targets = (
        (target, node.lineno)
        for node in _parsed("".join(_lines(file))).body
        for target in (node.targets if isinstance(node, ast.Assign) else ())
    )
    return next((line for target, line in targets if isinstance(target, ast.Name) and target.id == name), 0)


def _class_line(cls: type) -> int:
    try:
        return inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return 0


def _lines(file: str) -> list[str]:
    linecache.checkcache(file)
    return linecache.getlines(file)


def place_of(item: Any, plugin: Plugin, hook: Implementation) -> tuple[str, int]:
    """File and line of a contribution: where its id or its function stands, else the hook that returns it."""
    name = str(getattr(item, "id", ""))
    said = getattr(plugin.module, PLACES, {}).get(name)
    if said:
        return plugin.file, int(said)
    function = function_of(item)
    code = getattr(inspect.unwrap(function), "__code__", None) if function else None
    if plugin.origin == "built-in":  # nobody blames them, and reading them all takes time
        return (code.co_filename, code.co_firstlineno) if code else (plugin.file, hook.line)
    for file in _files(plugin, hook.file):
        if line := _written(file).get(name):
            return file, line
    if code is not None and Path(code.co_filename).is_relative_to(plugin.home):
        return code.co_filename, line_of(function)
    return hook.file, hook.line


def function_of(item: Any) -> Callable[..., Any] | None:
    """The function of the plugin that a contribution holds; None if it has none."""
    if isinstance(item, TableSpec):
        return None
    found = (getattr(item, name, None) for name in _FUNCTIONS)
    return next((function for function in found if callable(function)), None)


def _files(plugin: Plugin, first: str) -> list[str]:
    """The plugin's Python files, that of the hook first."""
    others = files_below(plugin.home, "*.py") if plugin.origin == "folder" and plugin.home.is_dir() else ()
    return [first, *(str(file) for file in others if str(file) != first)]


def _written(file: str) -> dict[str, int]:
    """Lines in which things are made by `Something(id="…")`, by id."""
    return _calls("".join(_lines(file)))


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:  # it has changed since it was loaded
        return ast.Module([], [])


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", "") or getattr(node.func, "attr", "")


@lru_cache(maxsize=64)
def _calls(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.Call) and _called(node) in _MAKERS:
            values = [word.value for word in node.keywords if word.arg == "id"] or node.args[:1]
            for value in values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.setdefault(value.value, node.lineno)
    return found
